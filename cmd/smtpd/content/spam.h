/* The filter stage: has the message looked at, marks it, or says no.
 * Never loses a message because a filter is down, unless the site wants so. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_SPAM_H
#define NJIWA_CMD_SMTPD_CONTENT_SPAM_H

#include "cmd/smtpd/front/reception.h"

#define SPAM_SCORE_MAX 32 /* octets of a score as text */

struct spam_result {
	const char *verdict; /* "clean", "spam", ... for the log; NULL: off */
	char score[SPAM_SCORE_MAX]; /* "" when nobody looked */
	bool spam;                  /* at or above spam_tag_score */
};

/* Checks the message, which is on disk, and marks it there.  NULL, or the
 * reply that refuses it. */
const struct reply *spam_check(
    struct smtp *s, struct reception *r, struct spam_result *ret_result);

#endif
