/* Accounts in SQL: the queries of the settings over one connection.
 * Never gives a name back that did not come out of the row. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SQL_H
#define NJIWA_ACCOUNT_ACCOUNT_SQL_H

#include "common/account/account_config.h"
#include "common/account/account_expire.h"
#include "common/account/account_spam.h"
#include "common/account/source.h"

/* Something that the administrator should mend. */
typedef void account_notice(void *ctx, const char *text);

struct account_sql;

/* Compiles the queries; connects to nothing yet.  config is borrowed.
 * 0, or -EINVAL with err filled. */
int account_sql_new(const struct account_config *config, account_notice *notice,
    void *ctx, struct account_sql **ret_sql, struct err *err);
void account_sql_free(struct account_sql *sql);

/* To be called before each request: it may find the connection lost once. */
void account_sql_begin_request(struct account_sql *sql);

/* Is there a connection to the database, as far as is known? */
bool account_sql_is_connected(const struct account_sql *sql);

/* From now on trace is told of each step of a look-up; NULL ends it. */
void account_sql_trace(
    struct account_sql *sql, account_notice *trace, void *ctx);

/* Statements that were run for look-ups, to see what they cost. */
uint64_t account_sql_questions(const struct account_sql *sql);

/* As account_resolve. */
enum account_outcome account_sql_resolve(struct account_sql *sql,
    struct slice address, struct account_targets *ret_targets, struct err *err);

/* As account_lookup: the mailbox of that very name. */
enum account_outcome account_sql_lookup(struct account_sql *sql,
    struct slice name, struct account_user *ret_user, struct err *err);

/* As account_login.  A weaker hash is replaced when the settings say so. */
enum account_outcome account_sql_login(struct account_sql *sql,
    struct slice name, struct slice password, struct account_user *ret_user,
    struct err *err);

/* As account_spam_prefs. */
enum account_outcome account_sql_spam_prefs(struct account_sql *sql,
    struct slice name, struct account_spam_prefs *ret_prefs, struct err *err);

/* As account_expire. */
enum account_outcome account_sql_expire(struct account_sql *sql,
    struct slice name, const struct account_expiry *expiry, struct err *err);

/* One of several additions that come together. */
struct account_quota_add {
	const char *name;
	int64_t octets, messages;
	bool refused; /* answer: not this one, and a notice says why */
};

/* Adds all n in one transaction: FOUND, or TEMPFAIL with err filled, and none
 * was added. */
enum account_outcome account_sql_quota_add(struct account_sql *sql,
    struct account_quota_add *adds, size_t n, struct err *err);

#endif
