/* What a command of content_commands has written about a message: lines of a
 * verb and what belongs to it.  Never changes a message; never believes a field
 * that is none. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_PIPE_ANSWER_H
#define NJIWA_CMD_SMTPD_CONTENT_PIPE_ANSWER_H

#include "common/base/err.h"
#include "common/base/str.h"

#define PIPE_ANSWER_MAX 65536 /* octets of an answer */
#define PIPE_EDITS_MAX 100    /* changes of the header */
#define PIPE_REPLY_MAX 200    /* octets of a reply's text; more are cut */

struct pipe_answer {
	char reply[PIPE_REPLY_MAX + 1]; /* printable ASCII; "" for none */
	bool junk, quarantine, discard;
	bool changed;   /* the header is another: */
	struct str top; /* fields in front of it, LF ended, */
	struct str own; /* and itself */
};

/*
 * Takes an answer, and a copy of the message's own header (LF ended, the empty
 * line with it) to change: "add NAME: VALUE", "replace NAME: VALUE" (in the
 * place of the first such field, else in front; others of that name go),
 * "remove NAME", "reply TEXT", "junk", "quarantine", "discard"; a line that
 * begins with a blank goes on with the field before it.  Empty lines are
 * nothing.  0, or -EPROTO with err filled for anything else.
 */
int pipe_answer_parse(struct slice answer, struct slice header,
    struct pipe_answer *ret_answer, struct err *err);

/* Gives its memory back; zeroed is empty. */
void pipe_answer_release(struct pipe_answer *answer);

#endif
