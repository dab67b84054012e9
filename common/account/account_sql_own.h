/* What the files of account_sql share: the connection, the compiled queries.
 * Never included by others. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SQL_OWN_H
#define NJIWA_ACCOUNT_ACCOUNT_SQL_OWN_H

#include "common/account/account_sql.h"
#include "common/account/host_list.h"
#include "common/account/query.h"
#include "common/account/sql_link.h"

enum account_query {
	USER_QUERY,
	PASSWORD_QUERY,
	ALIAS_QUERY,
	DOMAIN_QUERY,
	DOMAIN_ALIAS_QUERY,
	QUOTA_QUERY,
	QUOTA_UPDATE,
	DISABLED_QUERY,
	SPAM_QUERY,
	JOINED_QUERY,      /* user, quota, disabled: all by default */
	JOINED_UNMIGRATED, /* without the latter */
	SCRAM_QUERY,
	SENDER_QUERY,
	QUERIES
};

struct account_sql {
	const struct account_config *config;
	struct sql_link *link;
	struct query queries[QUERIES]; /* sql "" where the setting is "" */
	struct host_list host_list;
	struct account_source source; /* over the functions below */
	struct str sample; /* a hash as they are here, for unknown users */
	bool sampled;
	bool is_joined;          /* JOINED_QUERY serves for the three */
	uint64_t questions;      /* statements that were run */
	int64_t unmigrated_till; /* clock_ms: it was seen to be so */
	struct str scram_secret; /* from which salts of nobody are made */
	account_notice *notice;
	void *notice_ctx;
	account_notice *trace; /* NULL: nobody listens */
	void *trace_ctx;
};

/* Runs a query for name, with the numbers of add (NULL: it has none). */
enum db_fault account_sql_run(struct account_sql *sql, struct sql_run *run,
    enum account_query which, const struct account_name *name,
    const struct account_quota_add *add, struct err *err);

/* The same for queries that give rows: were they all read? */
bool account_sql_read(struct account_sql *sql, enum account_query which,
    const struct account_name *name, sql_row_seen *seen, void *ctx,
    struct err *err);

/* Tells the notice of account_sql_new. */
void account_sql_notice(struct account_sql *sql, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A column's text, "" for SQL NULL and for a column that is not there. */
struct slice account_sql_column(const struct db_row *row, size_t i);

/* The row's login name, its first column without blanks around it; without an @
 * the domain that was asked for is added.  Such a row must be of that very name
 * but for the case of ASCII letters, and so its domain, the column of that
 * number: a database takes more for equal (accents, blanks at the end), which
 * would each be another folder.  NULL when it is another's.  Owned by the
 * caller. */
char *account_sql_login_name(const struct db_row *row,
    const struct account_name *name, size_t domain_column);

/* A row of password_query. */
struct password_row {
	const struct account_name *name;
	char *login;     /* NULL: there is none */
	struct str hash; /* "" then */
};

/* Reads it; false, and err filled, when it could not be looked for. */
bool account_sql_find_password(struct account_sql *sql,
    const struct account_name *name, struct password_row *ret_row,
    struct err *err);
void password_row_release(struct password_row *row);

/* Reads some row's hash into the sample, once. */
void account_sql_learn_sample(struct account_sql *sql);

/* The password was right: makes keys of it where the row has none that were
 * made beside its hash.  A failure is a notice, no more. */
void account_sql_renew_scram(struct account_sql *sql,
    const struct password_row *row, struct slice password);

/* What struct account_source wants, over struct account_sql. */
enum account_outcome account_sql_find_domain(void *ctx,
    const struct account_name *name, struct str *alias_of, struct err *err);
enum account_outcome account_sql_find_user(void *ctx,
    const struct account_name *name, struct account_user *ret_user,
    struct err *err);
enum account_outcome account_sql_find_alias(void *ctx,
    const struct account_name *name, struct str *targets, struct err *err);

#endif
