#include "common/account/account_scram.h"
#include "common/base/driver.h"
#include "common/base/enc.h"

static const char update[] =
    "UPDATE scram_keys SET salt = ?, iterations = ?, stored_key = ?, "
    "server_key = ?, digest = ? WHERE name = ?";
static const char insert[] =
    "INSERT INTO scram_keys "
    "(salt, iterations, stored_key, server_key, digest, name) "
    "VALUES (?, ?, ?, ?, ?, ?)";

void
account_scram_name(struct slice login, struct str *out)
{
	size_t i;

	for (i = 0; i < login.len; i++) {
		char c = login.ptr[i];

		str_append_char(
		    out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
}

bool
account_scram_fits(const struct scram_driver *driver, const char *salt,
    struct slice hash, struct slice digest)
{
	char made[SCRAM_TEXT_MAX];

	return driver->digest(salt, hash, made) == 0 &&
	       enc_equal_secret(slice_from(made), digest);
}

/* Two may do it at the same time: who comes second has the same password, or
 * its row fits no hash and is made again at the next login. */
static enum db_fault
put(struct sql_link *link, const struct db_value *values, size_t n,
    struct err *err)
{
	struct sql_run run = { update, values, n, NULL, NULL, 0 };
	enum db_fault fault = sql_link_run(link, &run, err);

	if (fault != DB_OK || run.affected > 0)
		return fault;
	run = (struct sql_run){ insert, values, n, NULL, NULL, 0 };
	fault = sql_link_run(link, &run, err);
	return fault == DB_EXISTS ? DB_OK : fault;
}

enum db_fault
account_scram_store(struct sql_link *link, const struct account_scram_new *keys,
    struct err *err)
{
	const struct scram_driver *driver =
	    driver_load(SCRAM_DRIVER, SCRAM_DRIVER_SYMBOL, err);
	struct scram_keys made = { .iterations = keys->iterations };
	char digest[SCRAM_TEXT_MAX];
	STR_AUTO name = STR_INIT;

	if (driver == NULL || driver->derive(keys->password, &made, err) < 0)
		return DB_REFUSED;
	if (driver->digest(made.salt, keys->hash, digest) < 0) {
		(void)err_set(err, 0, "no digest"); /* the fault says it */
		return DB_REFUSED;
	}
	account_scram_name(keys->login, &name);
	{
		const struct db_value values[] = {
			db_text(slice_from(made.salt)),
			db_number(made.iterations),
			db_text(slice_from(made.stored_key)),
			db_text(slice_from(made.server_key)),
			db_text(slice_from(digest)),
			db_text(str_slice(&name)),
		};

		return put(link, values, sizeof values / sizeof values[0], err);
	}
}
