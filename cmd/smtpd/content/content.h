/* The filters of a message's content, one after another (chain.h): milters,
 * clamd, spamd, commands.  Never costs anything where none is configured. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_CONTENT_H
#define NJIWA_CMD_SMTPD_CONTENT_CONTENT_H

#include "common/svc/content/chain.h"
#include "cmd/smtpd/front/reception.h"
#include "cmd/smtpd/wire_content.h"

#define CONTENT_SCORE_MAX 32 /* octets of a score as text */

/* What the filters found. */
struct content_result {
	const char *verdict; /* "clean", "spam", ... for the log; NULL: off */
	char filter[PIPE_NAME_MAX + 1]; /* which one said so; "": none */
	bool notable; /* the verdict is more than that it passes */
	char score_text[CONTENT_SCORE_MAX]; /* "" when nobody looked */
	int64_t score;       /* thousandths, or WIRE_SCORE_NONE */
	bool junk;           /* to be filed as such whatever the score */
	bool discard;        /* to be accepted and forgotten */
	bool quarantine;     /* to be delivered into quarantine_folder */
	struct str argument; /* of the reply that refuses it; "" for none */
};

#define CONTENT_RESULT_INIT                                                    \
	{                                                                      \
		.score = WIRE_SCORE_NONE                                       \
	}

/* Gives its memory back. */
void content_result_release(struct content_result *result);

/*
 * Has every filter of the profile look at the message, which is complete, in
 * their order; each sees what those before it changed.  NULL, or the reply that
 * refuses it.
 */
const struct reply *content_check(
    struct smtp *s, struct reception *r, struct content_result *result);

/* What the message's commit says of it. */
struct wire_commit content_commit(const struct content_result *result);

/* Where such a message goes, for the log; NULL: that is each mailbox's own. */
const char *content_where(
    const struct smtp *s, const struct content_result *result);

/* ---- for the filters ---- */

/* One of the chain.  NULL: the next one, if the message is still there. */
typedef const struct reply *content_filter(
    struct smtp *s, struct reception *r, struct content_result *result);
content_filter milters_check, virus_check, spam_check;

/* The same of a command, by its number in the chain's list (pipes.c). */
const struct reply *pipe_check(struct smtp *s, struct reception *r,
    const struct chain *chain, size_t number, struct content_result *result);

/* A filter's verdict, for the log; that a message passes is not told when
 * another has found something. */
void content_found(
    struct content_result *result, const char *filter, const char *verdict);
void content_passed(
    struct content_result *result, const char *filter, const char *verdict);

/* A descriptor of a filter: its number of descriptors, or -1 when the keeper
 * has none (which it has logged). */
int content_open(
    struct smtp *s, enum wire_filter which, struct ipc_msg *answer);

/* Puts fields, LF ended, between our trace and the message's own header.  NULL,
 * or the reply that says why not. */
const struct reply *content_mark(struct reception *r, struct slice fields);

/* The reply for a message whose file could not be written: rc is -errno. */
const struct reply *content_failure(int rc);

#endif
