/* The bits that a mail server and a milter agree upon, by the names of what
 * they mean.  Never more than numbers. */
#ifndef NJIWA_PROTO_MILTER_FLAGS_H
#define NJIWA_PROTO_MILTER_FLAGS_H

/* What a milter may do at the end of a message (SMFIF_). */
enum {
	MILTER_ADD_HEADERS = 0x1,
	MILTER_CHANGE_BODY = 0x2,
	MILTER_ADD_RCPT = 0x4,
	MILTER_DELETE_RCPT = 0x8,
	MILTER_CHANGE_HEADERS = 0x10,
	MILTER_QUARANTINE = 0x20,
	MILTER_CHANGE_FROM = 0x40,
	MILTER_ADD_RCPT_ARGS = 0x80,
	MILTER_SET_SYMBOLS = 0x100,
	MILTER_ACTIONS = 0x1ff
};

/* What it leaves out of the conversation (SMFIP_). */
enum {
	MILTER_NO_CONNECT = 0x1,
	MILTER_NO_HELO = 0x2,
	MILTER_NO_MAIL = 0x4,
	MILTER_NO_RCPT = 0x8,
	MILTER_NO_BODY = 0x10,
	MILTER_NO_HEADERS = 0x20,
	MILTER_NO_EOH = 0x40,
	MILTER_NR_HEADER = 0x80, /* NR: it does not answer */
	MILTER_NO_UNKNOWN = 0x100,
	MILTER_NO_DATA = 0x200,
	MILTER_CAN_SKIP = 0x400, /* it may answer SKIP to BODY */
	MILTER_NR_CONNECT = 0x1000,
	MILTER_NR_HELO = 0x2000,
	MILTER_NR_MAIL = 0x4000,
	MILTER_NR_RCPT = 0x8000,
	MILTER_NR_DATA = 0x10000,
	MILTER_NR_UNKNOWN = 0x20000,
	MILTER_NR_EOH = 0x40000,
	MILTER_NR_BODY = 0x80000,
	MILTER_LEADING_SPACE = 0x100000, /* header values keep their blank */
	MILTER_STEPS = 0x1ff7ff /* all of them: what version 6 offers */
};

#endif
