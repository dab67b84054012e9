/* What spamd or a filter answers, taken octet by octet as it comes: the
 * verdict and the X-Spam-... fields.  Never keeps more than its bounds. */
#ifndef NJIWA_PROTO_SPAM_ANSWER_H
#define NJIWA_PROTO_SPAM_ANSWER_H

#include "common/proto/spamd.h"

#define SPAM_FIELD_LINE_MAX                                                    \
	8192 /* octets of a header line that is looked at                      \
	      */
#define SPAM_PROTOCOL_LINES_MAX                                                \
	32 /* lines of spamd's own before the header                           \
	    */

enum spam_answer_state {
	SPAM_ANSWER_STATUS,   /* "SPAMD/1.1 0 EX_OK" */
	SPAM_ANSWER_PROTOCOL, /* "Spam: ...", "Content-length: ..." */
	SPAM_ANSWER_HEADER,   /* of the message, marked */
	SPAM_ANSWER_DONE      /* nothing of interest comes any more */
};

struct spam_answer {
	enum spam_answer_state state;
	struct spam_verdict verdict;
	struct str line;    /* begun, its end not yet seen */
	bool overlong;      /* the line is dropped up to its end */
	bool in_field;      /* the lines now are of an X-Spam-... field */
	bool full;          /* no more fields are taken */
	size_t field_start; /* of that field in verdict.headers */
	size_t lines;       /* of spamd's own */
	bool counted;       /* left is known */
	uint64_t left;      /* octets up to the end of the answer */
};

/* Begins an answer of spamd, or of a filter (the message alone). */
void spam_answer_init(struct spam_answer *answer, bool from_spamd);

/* Takes the next octets.  0; or -errno with err filled: -EAGAIN for a spamd
 * that says it cannot now, -EPROTO for anything else that is no verdict. */
int spam_answer_feed(
    struct spam_answer *answer, struct slice octets, struct err *err);

/* The answer has ended.  0 when there is a verdict, else as above. */
int spam_answer_end(struct spam_answer *answer, struct err *err);

/* Gives its memory back. */
void spam_answer_release(struct spam_answer *answer);

#endif
