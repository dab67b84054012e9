#include <errno.h>
#include <stdlib.h>

#include "common/account/account_scram.h"
#include "common/account/account_sql_own.h"
#include "common/base/driver.h"
#include "common/base/enc.h"
#include "common/base/mem.h"
#include "common/base/num.h"

/* The secret has the row of nobody: no login name is empty. */
static const char read_secret[] = "SELECT salt FROM scram_keys WHERE name = ''";
static const char make_secret[] =
    "INSERT INTO scram_keys "
    "(name, salt, iterations, stored_key, server_key, digest) "
    "VALUES ('', ?, 0, '', '', '')";

struct account_scram {
	struct account_sql *sql;
	const struct scram_driver *driver;
	struct scram *exchange;
	char *login;     /* of the row; NULL: nobody's keys were given */
	bool failed;     /* the keys could not be looked for */
	struct err *err; /* of the call that runs */
};

/* ---- keys that are there ---- */

struct keys_row {
	struct scram_keys keys;
	struct str digest;
	bool digested; /* the query has a column for it */
	bool found;
};

/* A key or salt as it is stored, if it is one of len octets (0: any). */
static bool
take_text(struct slice text, size_t len, char ret[SCRAM_TEXT_MAX])
{
	STR_AUTO octets = STR_INIT;

	if (text.len == 0 || text.len >= SCRAM_TEXT_MAX ||
	    !enc_base64_decode(text, &octets) || (len && octets.len != len))
		return false;
	memcpy(ret, text.ptr, text.len);
	ret[text.len] = '\0';
	return true;
}

static void
see_keys(void *ctx, const struct db_row *db)
{
	struct keys_row *row = ctx;
	uint64_t iterations = 0;

	if (row->found)
		return;
	row->found = take_text(account_sql_column(db, 0), 0, row->keys.salt) &&
		     num_parse(account_sql_column(db, 1), SCRAM_ITERATIONS_MAX,
			 &iterations) &&
		     iterations > 0 &&
		     take_text(account_sql_column(db, 2), SCRAM_KEY_LEN,
			 row->keys.stored_key) &&
		     take_text(account_sql_column(db, 3), SCRAM_KEY_LEN,
			 row->keys.server_key);
	row->keys.iterations = (unsigned int)iterations;
	row->digested = db->count > 4;
	str_set(&row->digest, account_sql_column(db, 4));
}

/* The keys of that login name; false when they could not be looked for. */
static bool
read_keys(struct account_sql *sql, struct slice login, struct keys_row *row,
    struct err *err)
{
	STR_AUTO key = STR_INIT;
	STR_AUTO buffer = STR_INIT;
	struct account_name name;

	*row = (struct keys_row){ .found = false };
	account_scram_name(login, &key);
	if (!account_name_parse(str_slice(&key), &buffer, &name))
		return true;
	name.user = str_slice(&key);
	return account_sql_read(sql, SCRAM_QUERY, &name, see_keys, row, err);
}

/* Were the keys made of the password that the hash is of? */
static bool
is_current(const struct scram_driver *driver, const struct keys_row *row,
    struct slice hash)
{
	return row->found && hash.len > 0 &&
	       (!row->digested || account_scram_fits(driver, row->keys.salt,
				      hash, str_slice(&row->digest)));
}

/* ---- keys of nobody ---- */

static void
see_secret(void *ctx, const struct db_row *row)
{
	str_set(ctx, account_sql_column(row, 0));
}

static enum db_fault
run_secret(struct account_sql *sql, const char *text,
    const struct db_value *value, struct str *out)
{
	struct sql_run run = { text, value, value != NULL, see_secret, out, 0 };
	struct err ignored; /* the caller can do without */

	return sql_link_run(sql->link, &run, &ignored);
}

/* What nobody else knows and stays the same.  Where the keys are in a table of
 * another's, or ours must not be written, a user's hash is such a thing too,
 * until it changes. */
static struct slice
secret(struct account_sql *sql, const struct scram_driver *driver)
{
	struct str *known = &sql->scram_secret;
	char made[SCRAM_TEXT_MAX];

	if (known->len)
		return str_slice(known);
	if (run_secret(sql, read_secret, NULL, known) == DB_OK &&
	    known->len == 0 && driver->random(made) == 0) {
		const struct db_value value = db_text(slice_from(made));

		/* another may have been faster: what is there counts */
		(void)run_secret(sql, make_secret, &value, known);
		(void)run_secret(sql, read_secret, NULL, known);
	}
	if (known->len)
		return str_slice(known);
	account_sql_learn_sample(sql);
	return str_slice(&sql->sample);
}

/* A salt that is always the same for the name, and keys that fit nothing. */
static bool
fake_keys(
    struct account_scram *scram, struct slice name, struct scram_keys *ret_keys)
{
	static const char labels[3] = { 'a', 'b', 'c' };
	struct slice key = secret(scram->sql, scram->driver);
	struct scram_keys keys = {
		.iterations = scram->sql->config->scram_iterations,
	};
	char *const texts[] = { keys.salt, keys.stored_key, keys.server_key };
	STR_AUTO labelled = STR_INIT;
	STR_AUTO salt = STR_INIT;
	size_t i;

	str_append_char(&labelled, '?');
	account_scram_name(name, &labelled);
	for (i = 0; i < sizeof labels; i++) {
		labelled.ptr[0] = labels[i];
		if (scram->driver->digest(
			key.ptr, str_slice(&labelled), texts[i]) < 0)
			return false;
	}
	if (!enc_base64_decode(slice_from(keys.salt), &salt))
		return false;
	str_truncate(&salt, SCRAM_SALT_LEN);
	str_clear(&labelled);
	enc_base64(str_slice(&salt), &labelled);
	memcpy(keys.salt, str_cstr(&labelled), labelled.len + 1);
	*ret_keys = keys;
	return true;
}

/* ---- an exchange ---- */

/* Looks for the user's hash and keys; of nobody too, which takes as long. */
static bool
look(struct account_scram *scram, const struct account_name *name,
    struct scram_keys *ret_keys)
{
	struct password_row row;
	struct keys_row keys = { .found = false };
	bool looked =
	    account_sql_find_password(scram->sql, name, &row, scram->err);

	if (looked)
		looked = read_keys(scram->sql,
		    row.login ? slice_from(row.login) : name->user, &keys,
		    scram->err);
	if (looked && is_current(scram->driver, &keys, str_slice(&row.hash))) {
		*ret_keys = keys.keys;
		scram->login = row.login;
		row.login = NULL;
	}
	scram->failed = !looked;
	str_release(&keys.digest);
	explicit_bzero(&keys.keys, sizeof keys.keys);
	password_row_release(&row);
	return looked;
}

static bool
find(void *ctx, const char *user, struct scram_keys *ret_keys)
{
	struct account_scram *scram = ctx;
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	struct scram_keys none;

	if (!fake_keys(scram, slice_from(user), &none))
		return false;
	*ret_keys = none;
	return !account_name_parse(slice_from(user), &buffer, &name) ||
	       look(scram, &name, ret_keys);
}

enum account_outcome
account_sql_scram_begin(struct account_sql *sql,
    const struct account_scram_first *first, struct account_scram **ret_scram,
    struct str *answer, struct err *err)
{
	struct account_scram *scram = mem_zalloc(1, sizeof *scram);
	const struct scram_begin how = { first->plus, first->unique,
		first->exporter, find, scram };
	enum scram_result result = SCRAM_FAILED;

	scram->sql = sql;
	scram->err = err;
	scram->driver = driver_load(SCRAM_DRIVER, SCRAM_DRIVER_SYMBOL, err);
	if (scram->driver)
		scram->exchange = scram->driver->begin(&how, err);
	if (scram->driver && scram->exchange)
		result = scram->driver->step(
		    scram->exchange, first->message, answer);
	scram->failed = scram->failed || scram->exchange == NULL;
	*ret_scram = scram;
	if (scram->failed)
		return ACCOUNT_TEMPFAIL;
	return result == SCRAM_GOES_ON ? ACCOUNT_FOUND : ACCOUNT_DENIED;
}

enum account_outcome
account_sql_scram_finish(struct account_scram *scram, struct slice message,
    struct account_user *ret_user, struct str *answer, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	enum account_outcome outcome;

	if (scram->driver->step(scram->exchange, message, answer) !=
		SCRAM_PROVEN ||
	    scram->login == NULL)
		return ACCOUNT_DENIED;
	if (!account_name_parse(slice_from(scram->login), &buffer, &name)) {
		(void)err_set(err, EINVAL, "password_query gives no name");
		return ACCOUNT_TEMPFAIL;
	}
	outcome = account_sql_find_user(scram->sql, &name, ret_user, err);
	if (outcome == ACCOUNT_FOUND && ret_user->disabled) {
		account_user_release(ret_user);
		return ACCOUNT_DISABLED;
	}
	return outcome == ACCOUNT_UNKNOWN ? ACCOUNT_DENIED : outcome;
}

const char *
account_scram_user(const struct account_scram *scram)
{
	const char *user =
	    scram->exchange ? scram->driver->user(scram->exchange) : NULL;

	return user ? user : "";
}

void
account_scram_free(struct account_scram *scram)
{
	if (scram == NULL)
		return;
	if (scram->exchange)
		scram->driver->free(scram->exchange);
	free(scram->login);
	free(scram);
}

/* ---- at a login with a password ---- */

static bool
store(struct account_sql *sql, const struct password_row *row,
    struct slice password, struct err *err)
{
	struct str clear = STR_INIT;
	struct account_scram_new keys = { slice_from(row->login),
		str_slice(&row->hash), NULL, sql->config->scram_iterations };
	bool stored;

	str_reserve(&clear, password.len + 1); /* never moved: wiped whole */
	str_append(&clear, password);
	keys.password = str_cstr(&clear);
	stored = account_scram_store(sql->link, &keys, err) == DB_OK;
	str_wipe(&clear);
	return stored;
}

void
account_sql_renew_scram(struct account_sql *sql, const struct password_row *row,
    struct slice password)
{
	struct keys_row keys = { .found = false };
	struct err err = { 0, "" };
	const struct scram_driver *driver =
	    driver_load(SCRAM_DRIVER, SCRAM_DRIVER_SYMBOL, &err);
	bool good = driver != NULL &&
		    read_keys(sql, slice_from(row->login), &keys, &err);

	if (good && !is_current(driver, &keys, str_slice(&row->hash)))
		good = store(sql, row, password, &err);
	if (!good)
		account_sql_notice(sql, "user %s gets no keys for SCRAM: %s",
		    row->login, err.text);
	str_release(&keys.digest);
	explicit_bzero(&keys.keys, sizeof keys.keys);
}
