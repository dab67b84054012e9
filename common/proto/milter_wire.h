/* The milter protocol's packets, versions 2 to 6, as a mail server writes and
 * reads them: a length, a letter, what belongs to it.  Never reads more than
 * MILTER_PACKET_MAX of one, and never believes a text to have an end. */
#ifndef NJIWA_PROTO_MILTER_WIRE_H
#define NJIWA_PROTO_MILTER_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/str.h"
#include "common/proto/milter_flags.h"

#define MILTER_VERSION 6
#define MILTER_VERSION_MIN 2
#define MILTER_CHUNK_MAX 65535         /* octets of a piece of body */
#define MILTER_PACKET_MAX (256 * 1024) /* octets of a packet we read */
#define MILTER_REPLY_MAX 8192          /* octets of a reply's text */
#define MILTER_REPLY_LINES_MAX 32      /* lines of it */
#define MILTER_SYMBOLS_MAX 1024        /* octets of one stage's macros */

/* What a mail server says. */
enum milter_command {
	MILTER_OPTNEG = 'O',
	MILTER_MACRO = 'D',
	MILTER_CONNECT = 'C',
	MILTER_HELO = 'H',
	MILTER_MAIL = 'M',
	MILTER_RCPT = 'R',
	MILTER_DATA = 'T',
	MILTER_HEADER = 'L',
	MILTER_EOH = 'N',
	MILTER_BODY = 'B',
	MILTER_EOM = 'E',
	MILTER_ABORT = 'A',
	MILTER_QUIT = 'Q',
	MILTER_UNKNOWN = 'U'
};

/* Stages that have macros of their own, as SETSYMLIST counts them. */
enum milter_stage {
	MILTER_AT_CONNECT,
	MILTER_AT_HELO,
	MILTER_AT_MAIL,
	MILTER_AT_RCPT,
	MILTER_AT_DATA,
	MILTER_AT_EOM,
	MILTER_AT_EOH,
	MILTER_STAGES
};

/* What a milter says. */
enum milter_kind {
	MILTER_CONTINUES,
	MILTER_ACCEPTS,
	MILTER_DISCARDS,
	MILTER_REJECTS,
	MILTER_TEMPFAILS,
	MILTER_REPLIES,    /* code, text */
	MILTER_SHUTS_DOWN, /* the client's connection: 421 */
	MILTER_SKIPS,      /* wants no more of the body */
	MILTER_PROGRESSES, /* is at work still */
	MILTER_EDITS,      /* edit: at the end of a message only */
	MILTER_AGREES      /* to OPTNEG: options */
};

enum milter_edit_kind {
	MILTER_EDIT_ADD_HEADER,    /* name, text */
	MILTER_EDIT_INSERT_HEADER, /* index, name, text */
	MILTER_EDIT_CHANGE_HEADER, /* index, name, text; "" deletes */
	MILTER_EDIT_BODY,          /* text: a piece of the new body */
	MILTER_EDIT_FROM,          /* name: the path, text: parameters */
	MILTER_EDIT_ADD_RCPT,      /* likewise */
	MILTER_EDIT_DELETE_RCPT,   /* name: the path */
	MILTER_EDIT_QUARANTINE     /* text: why */
};

/* A change of the message; the slices borrow from the packet. */
struct milter_edit {
	enum milter_edit_kind kind;
	uint32_t index;
	struct slice name, text;
};

struct milter_options {
	uint32_t version, actions, steps;
	struct slice symbols; /* SETSYMLIST: stage, names, NUL; again */
};

/* A packet of a milter's; the slices borrow from it. */
struct milter_said {
	enum milter_kind kind;
	unsigned code;     /* of MILTER_REPLIES: 400 to 599 */
	struct slice text; /* its lines, each with its code, parted by \n */
	struct milter_edit edit;
	struct milter_options options;
};

/* Appends a packet: its letter, and octets. */
void milter_put(
    enum milter_command command, struct slice octets, struct str *out);

/* Append to a packet's octets: a number, a text with its NUL (NULs within it
 * become blanks). */
void milter_put_u32(struct str *out, uint32_t value);
void milter_put_text(struct str *out, struct slice text);

/*
 * Cuts the packet at the start of in: its octets, letter first, and into
 * *ret_used how many of in it took.  1; 0 when it is not complete; -EMSGSIZE
 * when it is longer than MILTER_PACKET_MAX or has no letter.
 */
int milter_cut(struct slice in, struct slice *ret_packet, size_t *ret_used);

/* What a packet says.  False when it is none of a milter's, or malformed. */
bool milter_parse(struct slice packet, struct milter_said *ret_said);

/* Cuts the next stage's names off the symbols of an option: false at the end,
 * and when they are malformed, which sets *ret_bad. */
bool milter_next_symbols(struct slice *rest, uint32_t *ret_stage,
    struct slice *ret_names, bool *ret_bad);

#endif
