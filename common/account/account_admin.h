/* The administrator's way to the accounts, for the tool njiwa: the back end is
 * opened directly, njiwa-accountd has no part in it.  It works on the tables
 * of sql/, whatever the queries of the settings say.
 * Never reads or prints a password in clear. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_ADMIN_H
#define NJIWA_ACCOUNT_ACCOUNT_ADMIN_H

#include "common/account/account_config.h"
#include "common/base/err.h"

/*
 * All functions give 0, or a negative errno with err filled:
 *   -ENOENT  no such domain, user or alias
 *   -EEXIST  there is one already
 *   -EINVAL  that cannot be a name (local@domain), a domain, a quota
 *   -EAGAIN  the database is not to be had now
 *   -EIO     the database refused
 */
struct account_admin;

/* Connects to the back end of config, which is borrowed. */
int account_admin_open(const struct account_config *config,
    struct account_admin **ret_admin, struct err *err);
void account_admin_free(struct account_admin *admin);

/* The back end, for people: "SQLite /var/lib/...", "MySQL mail at db:3306". */
const char *account_admin_where(const struct account_admin *admin);

/* ---- the schema: numbered files of sql/mysql or sql/sqlite ---- */

struct account_migration {
	unsigned int number;
	const char *name; /* "predecessor" of 0001_predecessor.sql */
	bool applied;
};

typedef void account_migration_seen(
    void *ctx, const struct account_migration *migration);

/* Applies what is missing, in order; seen (may be NULL) is told of each one
 * that was applied now.  Used by db init and db migrate alike: existing tables
 * of the predecessor are taken as they are. */
int account_admin_migrate(struct account_admin *admin,
    account_migration_seen *seen, void *ctx, struct err *err);

/* Tells seen of every migration there is, applied or not. */
int account_admin_status(struct account_admin *admin,
    account_migration_seen *seen, void *ctx, struct err *err);

/* ---- domains ---- */

typedef void account_domain_seen(void *ctx, const char *domain);

/* A domain is kept in lower case. */
int account_admin_domain_add(
    struct account_admin *admin, const char *domain, struct err *err);
/* -ENOTEMPTY while it has users. */
int account_admin_domain_remove(
    struct account_admin *admin, const char *domain, struct err *err);
/* In alphabetical order, as every list here. */
int account_admin_domain_list(struct account_admin *admin,
    account_domain_seen *seen, void *ctx, struct err *err);

/* ---- users ---- */

/* A row of users; borrowed by callee or callback.  NULL texts are NULL in the
 * row, "" when listed. */
struct account_row {
	const char *name; /* local@domain */
	const char *hash; /* not listed */
	const char *home;
	const char *gecos;
	const char *quota;      /* as in the row: MB, "" or "0" unlimited */
	int64_t uid, gid;       /* -1: NULL */
	int64_t used, messages; /* listed only, */
	bool disabled;          /* likewise */
};

typedef void account_row_seen(void *ctx, const struct account_row *row);

/* hash is what passhash_make gave.  The domain is added when it is missing. */
int account_admin_user_add(struct account_admin *admin,
    const struct account_row *row, struct err *err);
/* The user's quota row goes too; the mail stays. */
int account_admin_user_remove(
    struct account_admin *admin, const char *name, struct err *err);
int account_admin_user_show(struct account_admin *admin, const char *name,
    account_row_seen *seen, void *ctx, struct err *err);
/* domain "" lists all. */
int account_admin_user_list(struct account_admin *admin, const char *domain,
    account_row_seen *seen, void *ctx, struct err *err);
int account_admin_password_set(struct account_admin *admin, const char *name,
    const char *hash, struct err *err);
/* quota is MB as text; "" or "0" unlimited. */
int account_admin_limit_set(struct account_admin *admin, const char *name,
    const char *quota, struct err *err);
/* Switches the account off or on; -EEXIST when it is so already. */
int account_admin_user_disable(
    struct account_admin *admin, const char *name, bool yes, struct err *err);

/* Makes keys for SCRAM of the password, whose hash was set, where a setting
 * wants them; else does nothing.  -EIO also for a password of which none can be
 * made. */
int account_admin_scram_set(struct account_admin *admin, const char *name,
    const char *hash, const char *password, struct err *err);

/* ---- whom a user may send as ---- */

typedef void account_sender_seen(
    void *ctx, const char *login, const char *sender);

/* sender is an address, or @domain for all of a domain. */
int account_admin_sender_add(struct account_admin *admin, const char *login,
    const char *sender, struct err *err);
int account_admin_sender_remove(struct account_admin *admin, const char *login,
    const char *sender, struct err *err);
int account_admin_sender_list(struct account_admin *admin,
    account_sender_seen *seen, void *ctx, struct err *err);

/* ---- aliases ---- */

struct account_alias {
	const char *address;
	const char *action;  /* alias or drop */
	const char *targets; /* separated by |, "" for drop */
};

typedef void account_alias_seen(void *ctx, const struct account_alias *alias);

/* Replaces the alias when it is there. */
int account_admin_alias_add(struct account_admin *admin,
    const struct account_alias *alias, struct err *err);
int account_admin_alias_remove(
    struct account_admin *admin, const char *address, struct err *err);
int account_admin_alias_list(struct account_admin *admin,
    account_alias_seen *seen, void *ctx, struct err *err);
/* Those (address alone) that are mailboxes as well. */
int account_admin_alias_shared(struct account_admin *admin,
    account_alias_seen *seen, void *ctx, struct err *err);

/* ---- quota in use ---- */

/* What the user's quota row says; 0 when there is no row. */
int account_admin_quota_get(struct account_admin *admin, const char *name,
    int64_t *ret_octets, int64_t *ret_messages, struct err *err);
/* Replaces it, after a recount. */
int account_admin_quota_set(struct account_admin *admin, const char *name,
    int64_t octets, int64_t messages, struct err *err);

#endif
