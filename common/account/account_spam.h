/* What a mailbox has instead of the site's thresholds for spam.  Never judges a
 * message. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SPAM_H
#define NJIWA_ACCOUNT_ACCOUNT_SPAM_H

#include "common/account/account.h"

#define ACCOUNT_SCORE_MAX 32 /* octets of a threshold, with its NUL */

/* A row: numbers or never; "" where the site's counts. */
struct account_spam_prefs {
	char tag[ACCOUNT_SCORE_MAX];
	char junk[ACCOUNT_SCORE_MAX];
	char reject[ACCOUNT_SCORE_MAX];
};

/* A mailbox's row by spam_query: FOUND fills prefs, UNKNOWN where there is
 * none or no query, TEMPFAIL fills err. */
enum account_outcome account_spam_prefs(struct account_client *client,
    const char *name, struct account_spam_prefs *ret_prefs, struct err *err);

#endif
