/* Where resolve.c looks: functions over a database, or over a test's tables.
 * Never answers UNKNOWN for what it could not look up. */
#ifndef NJIWA_ACCOUNT_SOURCE_H
#define NJIWA_ACCOUNT_SOURCE_H

#include "common/account/account.h"

/* A name taken apart: local part as given, domain in lower case. */
struct account_name {
	struct slice user;   /* whole */
	struct slice local;  /* before the last @ */
	struct slice domain; /* behind it, "" when there is none */
};

/* Takes address apart; buffer holds the copy that ret_name borrows from.
 * False when it is empty, above ACCOUNT_NAME_MAX, or has an octet that no name
 * has (control, DEL, not UTF-8), or a blank in the domain. */
bool account_name_parse(
    struct slice address, struct str *buffer, struct account_name *ret_name);

/* Each function: FOUND, UNKNOWN, or TEMPFAIL with err filled. */
struct account_source {
	/* Is the domain ours? */
	enum account_outcome (*domain)(
	    void *ctx, const struct account_name *name, struct err *err);
	/* The mailbox of that very name. */
	enum account_outcome (*user)(void *ctx, const struct account_name *name,
	    struct account_user *ret_user, struct err *err);
	/* Its alias: FOUND appends the targets, separated by |; or DROP. */
	enum account_outcome (*alias)(void *ctx,
	    const struct account_name *name, struct str *targets,
	    struct err *err);
	/* Something that the administrator should mend; may be NULL. */
	void (*notice)(void *ctx, const char *text);
	void *ctx;
};

/*
 * Where does mail for the address go?  As account_resolve.  An address of
 * another's domain is NOT_LOCAL, what is no address at all UNKNOWN.  Targets
 * come once each.  Targets that do not exist are left out with a notice while
 * any other is there; an alias that leads nowhere, too deep or to too many is
 * TEMPFAIL, for that is a mistake which somebody will mend.  One that leads to
 * drops alone is DROP.
 */
enum account_outcome account_expand(const struct account_source *source,
    struct slice address, struct account_targets *ret_targets, struct err *err);

#endif
