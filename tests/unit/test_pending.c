#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/accountd/pending.h"
#include "common/account/account_admin.h"
#include "common/base/clock.h"
#include "tests/unit/unit.h"

struct fixture {
	struct account_config config;
	struct account_admin *admin;
	struct account_sql *sql;
	char folder[64], file[96], away[96];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const char *source = getenv("srcdir");
	struct err err = { 0, "" };
	char *here = realpath(".", NULL);
	char *sql = NULL;

	assert_true(asprintf(&sql, "%s/sql", source ? source : ".") > 0);
	assert_int_equal(setenv("NJIWA_LIBDIR", here, 0), 0);
	assert_int_equal(setenv("NJIWA_SQLDIR", sql, 0), 0);
	free(here);
	free(sql);
	strcpy(f->folder, "/tmp/njiwa-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->file, sizeof f->file, "%s/db", f->folder);
	(void)snprintf(f->away, sizeof f->away, "%s/away", f->folder);
	f->config = (struct account_config){
		.db = { .hosts = "", .sqlite_file = f->file },
		.user_query = "SELECT %u",
		.password_query = "SELECT %u",
		.alias_query = "",
		.domain_query = "",
		.domain_alias_query = "",
		.quota_query = "SELECT %u",
		.quota_update = "",
		.disabled_query = "",
		.subaddress_delimiter = "",
		.scram_query = "",
		.host_list = "",
		.rehash_scheme = "$6$",
	};
	if (account_admin_open(&f->config, &f->admin, &err) < 0 ||
	    account_admin_migrate(f->admin, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	account_admin_free(f->admin);
	if (account_sql_new(&f->config, NULL, NULL, &f->sql, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(
	    rename(f->file, f->away), 0); /* the database is away */
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	char command[160];

	account_sql_free(f->sql);
	(void)snprintf(command, sizeof command, "rm -rf %s", f->folder);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static const struct err away = { 1, "away" };

static void
keep(struct pending *pending, const char *name, int64_t octets)
{
	const struct account_quota_add add = { name, octets, 1, false };

	pending_keep(pending, &add, 1, &away);
}

/* All of a user is one addition, up to so many users. */
static void
ceilings(void **state)
{
	struct fixture *f = *state;
	struct pending pending = { 0 };
	char name[32];
	int i;

	assert_int_equal(pending_left(&pending), -1);
	for (i = 0; i < PENDING_USERS_MAX; i++) {
		(void)snprintf(name, sizeof name, "u%d@one.dev", i);
		keep(&pending, name, 1);
	}
	keep(&pending, "u0@one.dev", 5);
	assert_int_equal(pending.count, PENDING_USERS_MAX);
	assert_int_equal(pending.list[0].octets, 6);
	assert_int_equal(pending.list[0].messages, 2);
	assert_int_equal(pending.lost, 0);
	keep(&pending, "another@one.dev", 1);
	assert_int_equal(pending.lost, 1);
	keep(&pending, "u0@one.dev", INT64_MAX);
	assert_int_equal(pending.lost, 2);
	assert_int_equal(pending.list[0].octets, 6);
	assert_true(pending_is_waiting(&pending));
	assert_true(pending_left(&pending) > 0);
	pending_end(&pending, f->sql);
	assert_int_equal(pending.count, 0);
}

static void
expect_use(struct fixture *f, const char *name, int64_t octets, int64_t n)
{
	const struct account_row row = {
		.name = name, .hash = "*", .uid = -1, .gid = -1
	};
	struct account_admin *admin;
	int64_t got_octets = 0, got_messages = 0;
	struct err err = { 0, "" };

	if (account_admin_open(&f->config, &admin, &err) < 0 ||
	    account_admin_user_add(admin, &row, &err) < 0 ||
	    account_admin_quota_get(
		admin, name, &got_octets, &got_messages, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(got_octets, octets);
	assert_int_equal(got_messages, n);
	account_admin_free(admin);
}

/* Nothing is asked before its time; then all are made, once. */
static void
comes_back(void **state)
{
	struct fixture *f = *state;
	struct pending pending = { 0 };
	int64_t retry;

	keep(&pending, "ann@one.dev", 100);
	keep(&pending, "bob@one.dev", 7);
	keep(&pending, "ann@one.dev", -30);
	retry = pending.retry;
	pending_retry(&pending, f->sql, true); /* in vain */
	assert_int_equal(pending.count, 2);
	assert_true(pending.retry >= retry);
	assert_int_equal(rename(f->away, f->file), 0);
	pending_retry(&pending, f->sql, false); /* too soon */
	assert_int_equal(pending.count, 2);
	pending.retry = CLOCK_PAST;
	assert_int_equal(pending_left(&pending), 0);
	pending_retry(&pending, f->sql, false);
	assert_int_equal(pending.count, 0);
	assert_false(pending_is_waiting(&pending));
	pending_end(&pending, f->sql); /* nothing is left */
	expect_use(f, "ann@one.dev", 70, 2);
	expect_use(f, "bob@one.dev", 7, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ceilings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(comes_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
