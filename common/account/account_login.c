#include <errno.h>
#include <stdlib.h>

#include "common/account/account_sql_own.h"
#include "common/account/idna.h"
#include "common/account/passhash.h"

#define PASSWORD_DOMAIN 2 /* column of password_query */

/* Somebody's hash, to learn what hashes are like here. */
static const char sample_query[] =
    "SELECT password FROM users ORDER BY id LIMIT 1";

/* Only the hash that was checked is replaced. */
static const char rehash_update[] =
    "UPDATE users SET password = ? "
    "WHERE name = ? AND domain = ? AND password = ?";

static void
see_password(void *ctx, const struct db_row *row)
{
	struct password_row *found = ctx;

	if (found->login)
		return; /* the first row that is his counts */
	found->login =
	    account_sql_login_name(row, found->name, PASSWORD_DOMAIN);
	if (found->login)
		str_append(&found->hash, account_sql_column(row, 1));
}

bool
account_sql_find_password(struct account_sql *sql,
    const struct account_name *name, struct password_row *ret_row,
    struct err *err)
{
	*ret_row = (struct password_row){ .name = name };
	return account_sql_read(
	    sql, PASSWORD_QUERY, name, see_password, ret_row, err);
}

void
password_row_release(struct password_row *row)
{
	free(row->login);
	str_wipe(&row->hash);
}

static void
see_sample(void *ctx, const struct db_row *row)
{
	struct account_sql *sql = ctx;

	str_set(&sql->sample, account_sql_column(row, 0));
}

/* Before the first login of a connection, whoever logs in: what would it take
 * to check a password here?  Tables of another shape do not tell. */
void
account_sql_learn_sample(struct account_sql *sql)
{
	struct sql_run run = { sample_query, NULL, 0, see_sample, sql, 0 };
	struct err ignored;

	if (sql->sampled)
		return;
	sql->sampled = sql_link_run(sql->link, &run, &ignored) != DB_LOST;
}

/* Checks, or takes as long: an unknown user, or a hash that cannot be. */
static bool
check(struct account_sql *sql, struct slice hash, struct slice password)
{
	if (passhash_is_usable(hash)) {
		if (sql->sample.len == 0)
			str_set(&sql->sample, hash);
		return passhash_check(hash, password);
	}
	passhash_waste(str_slice(&sql->sample), password);
	return false;
}

/* Was the old hash replaced? */
static bool
store_hash(struct account_sql *sql, const struct account_name *name,
    struct slice old, struct slice made, struct err *err)
{
	const struct db_value values[] = { db_text(made), db_text(name->local),
		db_text(name->domain), db_text(old) };
	struct sql_run run = { rehash_update, values, 4, NULL, NULL, 0 };
	const char *strict = sql_link_driver(sql->link)->strict;

	if (strict && sql_link_exec(sql->link, strict, err) != DB_OK)
		return false;
	if (sql_link_run(sql->link, &run, err) != DB_OK)
		return false;
	(void)err_set(err, 0, "its row is of another shape"); /* if it is */
	return run.affected > 0;
}

/* The password was right: keeps it better.  Strict mode makes a column that is
 * too narrow refuse the new hash; a failure leaves the old one.  True when
 * hash is a new one. */
static bool
rehash(struct account_sql *sql, const struct account_name *name,
    struct str *hash, struct slice password)
{
	const char *scheme = sql->config->rehash_scheme;
	struct str made = STR_INIT;
	struct err err;
	bool stored;

	if (!sql->config->rehash ||
	    !passhash_is_weaker(str_slice(hash), scheme))
		return false;
	stored = passhash_make(scheme, password, &made, &err) == 0 &&
		 store_hash(sql, name, str_slice(hash), str_slice(&made), &err);
	if (stored)
		str_set(hash, str_slice(&made));
	else
		account_sql_notice(sql, "user %.*s keeps the old hash: %s",
		    SLICE_FMT(name->user), err.text);
	str_wipe(&made);
	return stored;
}

/* The password fits the row: now its user. */
static enum account_outcome
log_in(struct account_sql *sql, struct password_row *found,
    struct slice password, struct account_user *ret_user, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	enum account_outcome outcome;
	bool renewed;

	if (!account_name_parse(slice_from(found->login), &buffer, &name)) {
		(void)err_set(err, EINVAL, "password_query gives no name");
		return ACCOUNT_TEMPFAIL;
	}
	outcome = account_sql_find_user(sql, &name, ret_user, err);
	if (outcome == ACCOUNT_UNKNOWN)
		return ACCOUNT_DENIED;
	if (outcome == ACCOUNT_FOUND && ret_user->disabled) {
		account_user_release(ret_user);
		return ACCOUNT_DISABLED;
	}
	if (outcome != ACCOUNT_FOUND)
		return outcome;
	renewed = rehash(sql, &name, &found->hash, password);
	if (sql->config->scram_store || (sql->config->scram && renewed))
		account_sql_renew_scram(sql, found, password);
	return outcome;
}

/* Reads the row under both forms of a domain beyond ASCII, the second also when
 * the first has it: what is there is not to be told by the time it takes. */
static enum account_outcome
find_under_forms(struct account_sql *sql, const struct account_name *name,
    struct password_row *ret_row, struct err *err)
{
	struct idna_forms forms = { STR_INIT, STR_INIT };
	enum account_outcome outcome =
	    idna_find_forms(name->domain, &forms, err);
	struct str *const domains[] = { &forms.ascii, &forms.utf8 };
	size_t i;

	*ret_row = (struct password_row){ .name = name };
	for (i = 0; i < 2 && outcome == ACCOUNT_FOUND; i++) {
		struct password_row row = { .name = name };
		STR_AUTO text = STR_INIT;
		STR_AUTO buffer = STR_INIT;
		struct account_name form;

		str_append(&text, name->local);
		str_append_char(&text, '@');
		str_append(&text, str_slice(domains[i]));
		if (!account_name_parse(str_slice(&text), &buffer, &form))
			continue;
		if (!account_sql_find_password(sql, &form, &row, err))
			outcome = ACCOUNT_TEMPFAIL;
		row.name = name; /* form is gone soon */
		if (ret_row->login) {
			password_row_release(&row);
		} else {
			password_row_release(ret_row);
			*ret_row = row;
		}
	}
	idna_forms_release(&forms);
	return outcome;
}

/* UNKNOWN: there is none, and could be none. */
static enum account_outcome
find_row(struct account_sql *sql, const struct account_name *name,
    struct password_row *ret_row, struct err *err)
{
	if (idna_is_needed(name->domain))
		return find_under_forms(sql, name, ret_row, err);
	return account_sql_find_password(sql, name, ret_row, err)
		   ? ACCOUNT_FOUND
		   : ACCOUNT_TEMPFAIL;
}

enum account_outcome
account_sql_login(struct account_sql *sql, struct slice name,
    struct slice password, struct account_user *ret_user, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;
	struct password_row found;
	enum account_outcome outcome = ACCOUNT_DENIED;

	if (!account_name_parse(name, &buffer, &parsed)) {
		passhash_waste(str_slice(&sql->sample), password);
		return ACCOUNT_DENIED;
	}
	account_sql_learn_sample(sql);
	if (find_row(sql, &parsed, &found, err) == ACCOUNT_TEMPFAIL)
		outcome = ACCOUNT_TEMPFAIL;
	else if (check(sql, str_slice(&found.hash), password) && found.login)
		outcome = log_in(sql, &found, password, ret_user, err);
	password_row_release(&found);
	return outcome;
}
