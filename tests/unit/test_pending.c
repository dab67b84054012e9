#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/accountd/pending.h"
#include "common/base/clock.h"
#include "tests/unit/database_fixture.h"

struct fixture {
	struct database db;
	char away[64]; /* where its file is while there is no database */
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	database_open(&f->db, NULL, NULL);
	account_admin_free(f->db.admin); /* all is in the one file then */
	f->db.admin = NULL;
	(void)snprintf(f->away, sizeof f->away, "%s/away", f->db.folder);
	assert_int_equal(rename(f->db.file, f->away), 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	database_remove(&f->db);
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
	pending_end(&pending, f->db.sql);
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

	if (account_admin_open(&f->db.config, &admin, &err) < 0 ||
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
	pending_retry(&pending, f->db.sql, true); /* in vain */
	assert_int_equal(pending.count, 2);
	assert_true(pending.retry >= retry);
	assert_int_equal(rename(f->away, f->db.file), 0);
	pending_retry(&pending, f->db.sql, false); /* too soon */
	assert_int_equal(pending.count, 2);
	pending.retry = CLOCK_PAST;
	assert_int_equal(pending_left(&pending), 0);
	pending_retry(&pending, f->db.sql, false);
	assert_int_equal(pending.count, 0);
	assert_false(pending_is_waiting(&pending));
	pending_end(&pending, f->db.sql); /* nothing is left */
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
