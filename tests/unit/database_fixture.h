/* A database for the time of a test: SQLite in a folder of its own; and MySQL
 * when NJIWA_TEST_MYSQL names a host (test_accounts.py does, with a server of
 * its own): one and the same test.  Never a test itself. */
#ifndef NJIWA_TESTS_DATABASE_FIXTURE_H
#define NJIWA_TESTS_DATABASE_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/account/account_admin.h"
#include "common/account/account_sql.h"
#include "tests/unit/unit.h"

struct database {
	struct account_config config;
	struct account_admin *admin;
	struct account_sql *sql;
	char folder[32], file[48];
};

static inline const char *
database_env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value ? value : otherwise;
}

/* Where the drivers and the migrations of this tree are. */
static inline void
database_find_tree(void)
{
	char *here = realpath(".", NULL);
	char *sql = NULL;

	assert_true(asprintf(&sql, "%s/sql", database_env("srcdir", ".")) > 0);
	assert_int_equal(setenv("NJIWA_LIBDIR", here, 0), 0);
	assert_int_equal(setenv("NJIWA_SQLDIR", sql, 0), 0);
	free(here);
	free(sql);
}

/* The default queries; the database in a new folder, or the server's. */
static inline void
database_configure(struct database *d)
{
	strcpy(d->folder, "/tmp/njiwa-test-XXXXXX");
	assert_non_null(mkdtemp(d->folder));
	(void)snprintf(d->file, sizeof d->file, "%s/db", d->folder);
	d->config = (struct account_config){
		.db = {
			.hosts = database_env("NJIWA_TEST_MYSQL", ""),
			.user = database_env("NJIWA_TEST_MYSQL_USER", "root"),
			.password = database_env("NJIWA_TEST_MYSQL_PASS", ""),
			.database =
			    database_env("NJIWA_TEST_MYSQL_DATABASE", "mail"),
			.socket = "",
			.tls_ca = "",
			.port = 3306,
			.connect_timeout = 5000,
			.query_timeout = 5000,
			.sqlite_file = d->file,
		},
		.user_query = ACCOUNT_USER_QUERY,
		.password_query = "SELECT name, password, domain FROM users "
				  "WHERE name = %n AND domain = %d",
		.alias_query = ACCOUNT_ALIAS_QUERY,
		.domain_query = "",
		.quota_query = ACCOUNT_QUOTA_QUERY,
		.quota_update = "",
		.domain_alias_query = ACCOUNT_DOMAIN_ALIAS_QUERY,
		.disabled_query = ACCOUNT_DISABLED_QUERY,
		.subaddress_delimiter = "+",
		.host_list = "",
		.rehash_scheme = "$6$",
	};
}

/* With all migrations; notice hears what account_sql_new says it does. */
static inline void
database_open(
    struct database *d, void (*notice)(void *ctx, const char *text), void *ctx)
{
	struct err err = { 0, "" };

	database_find_tree();
	database_configure(d);
	if (account_admin_open(&d->config, &d->admin, &err) < 0 ||
	    account_admin_migrate(d->admin, NULL, NULL, &err) < 0 ||
	    account_sql_new(&d->config, notice, ctx, &d->sql, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void
database_remove(struct database *d)
{
	char command[160];

	account_sql_free(d->sql);
	account_admin_free(d->admin);
	(void)snprintf(command, sizeof command, "rm -rf %s", d->folder);
	assert_int_equal(system(command), 0);
}

#endif
