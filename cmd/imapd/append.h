/* APPEND (RFC 3501 section 6.3.11) with MULTIAPPEND (RFC 3502), CATENATE
 * (RFC 4469), BINARY (RFC 3516) and UTF8 (RFC 9755), and the tail of REPLACE:
 * messages go from the client to their files piece by piece, and into the
 * mailbox all together.  Never holds a message in memory. */
#ifndef NJIWA_CMD_IMAPD_APPEND_H
#define NJIWA_CMD_IMAPD_APPEND_H

#include "cmd/imapd/imap.h"
#include "common/store/incoming.h"

#define APPEND_MESSAGES_MAX                                                    \
	200                 /* of one command, each of them an open file       \
			     */
#define APPEND_STALL 300000 /* ms without an octet of a literal */

/* Takes the carriage return out of each CRLF; zeroed at the start. */
struct append_filter {
	bool cr;  /* the last octet was one, and is not yet out */
	bool nul; /* there was a NUL */
};
void append_filter(
    struct append_filter *filter, struct slice octets, struct str *out);

/* Appends what is still held back at the end. */
void append_filter_end(struct append_filter *filter, struct str *out);

/* An APPEND or REPLACE under way: the command's text comes in pieces, each up
 * to a literal that is still on the line. */
struct append {
	struct imap *im;
	struct args args;          /* what of the text is here */
	struct incoming_one *list; /* the messages so far */
	size_t count, cap;
	struct mailbox *keywords; /* the folder, once it had to be opened */
	uint64_t octets;          /* of all messages, as they came, */
	uint64_t message;         /* and of the one that comes */
	struct slice name;        /* of the sole message's file; "": any */
	uint64_t freed;           /* that the quota has back when all is done */
	/* of the message that comes: */
	struct append_filter filter;
	struct str lines; /* of a piece, filtered */
	int failed;       /* -errno of the first write that failed */
};

/* Begins with the arguments: the name of a folder, into im->name, which must
 * be there.  False with the reply set. */
bool append_open(struct append *append, struct slice argument);

/*
 * Takes the messages, the first of which begins at append->args, for the folder
 * im->name.  False with the reply set, or the connection over; true: they wait
 * for append_deliver.  append_release ends it either way.
 */
bool append_take(struct append *append);

/* Puts the messages into the folder.  0; -errno with the reply set. */
int append_deliver(struct append *append, struct incoming_uids *ret_uids);
void append_release(struct append *append);

/* Says why: TRYCREATE for a folder that there is not, or imap_fail. */
void append_fail(struct imap *im, int rc, const struct err *err);

/* ---- append_literal.c: for append.c and catenate.c ---- */

/* Is the literal's header all that is left of the text? */
bool append_at_literal(const struct append *append, struct literal *ret);

/* May octets more of the message come?  False, and the reply is TOOBIG or
 * OVERQUOTA. */
bool append_has_room(struct append *append, uint64_t octets);

/* Writes octets of the message; a body_put.  False when that has failed, or it
 * is larger than may be. */
bool append_put(void *append, struct slice octets);

/* Reads the literal at hand as octets of the message, then the text behind it.
 * False with the reply set, or the connection over. */
bool append_literal(struct append *append);

/* The same, as they come, for append_binary to look at. */
bool append_literal_raw(struct append *append);

/* Reads a literal of at most max octets into out. */
bool append_literal_text(struct append *append, size_t max, struct str *out);

/* Makes the message, which came as literal8, lines without NUL (RFC 3516
 * section 4.4).  False with the reply set. */
bool append_binary(struct append *append);

/* The octets held back at a message's end. */
void append_put_end(struct append *append);

/* catenate.c: the parts of CATENATE, behind that word.  False with the reply
 * set. */
bool append_catenate(struct append *append);

#endif
