/* What the files of account_admin share.  Never included by others. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_ADMIN_OWN_H
#define NJIWA_ACCOUNT_ACCOUNT_ADMIN_OWN_H

#include "common/account/account_admin.h"
#include "common/account/sql_link.h"
#include "common/account/source.h"

struct account_admin {
	const struct account_config *config;
	struct sql_link *link;
	struct str where;
};

/* Runs a statement; 0 or the errno of account_admin.h. */
int account_admin_run(
    struct account_admin *admin, struct sql_run *run, struct err *err);

/* One statement of our own without values. */
int account_admin_exec(
    struct account_admin *admin, const char *sql, struct err *err);

/* COMMIT when rc is 0, ROLLBACK otherwise; rc, or the commit's failure. */
int account_admin_end(struct account_admin *admin, int rc, struct err *err);

/* BEGIN, in the driver's words. */
int account_admin_begin(struct account_admin *admin, struct err *err);

/* Runs a statement that must change a row: -ENOENT, saying what, when there
 * was none. */
int account_admin_change(struct account_admin *admin, struct sql_run *run,
    const char *what, struct err *err);

/* Removes what other tables have of a login name; within a transaction. */
int account_admin_forget(
    struct account_admin *admin, struct slice login, struct err *err);

/* Is there a row?  1, 0 or negative. */
int account_admin_has_row(struct account_admin *admin, const char *sql,
    const struct db_value *values, size_t n, struct err *err);

/* Takes local@domain, or a domain, apart; 0 or -EINVAL.  Stricter than what
 * mail is taken for: new names must be safe as folders. */
int account_admin_parse_name(const char *text, struct str *buffer,
    struct account_name *ret_name, struct err *err);
int account_admin_parse_domain(const char *text, struct str *buffer,
    struct slice *ret_domain, struct err *err);

/* The octets of a column, NULL being "". */
struct slice account_admin_column(const struct db_row *row, size_t i);

#endif
