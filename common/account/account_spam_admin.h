/* The administrator's side of the table spam_prefs; account_admin.h says what
 * the functions' results mean.  Never checks that a score is one. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SPAM_ADMIN_H
#define NJIWA_ACCOUNT_ACCOUNT_SPAM_ADMIN_H

#include "common/account/account_admin.h"

/* A row of spam_prefs: numbers or never, "" for the site's. */
struct account_spam_row {
	const char *name;
	const char *tag, *junk, *reject;
};

typedef void account_spam_seen(void *ctx, const struct account_spam_row *row);

/* Replaces what is not NULL, and makes the row when it is missing; -ENOENT
 * without such a user. */
int account_admin_spam_set(struct account_admin *admin,
    const struct account_spam_row *row, struct err *err);
int account_admin_spam_remove(
    struct account_admin *admin, const char *name, struct err *err);
/* name "" lists all; -ENOENT when that one has no row. */
int account_admin_spam_list(struct account_admin *admin, const char *name,
    account_spam_seen *seen, void *ctx, struct err *err);

#endif
