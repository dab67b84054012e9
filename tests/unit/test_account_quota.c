/* What the quota counts: one addition, several, many at once. */
#include <errno.h>
#include <stdio.h>

#include "common/account/db.h"
#include "tests/unit/database_fixture.h"

#define MEGABYTE (1 << 20)
#define MANY (2 * DB_QUOTA_MANY + 1)

static int
set_up(void **state)
{
	struct database *d = calloc(1, sizeof *d);

	database_open(d, NULL, NULL);
	*state = d;
	return 0;
}

static int
tear_down(void **state)
{
	struct database *d = *state;

	database_remove(d);
	free(d);
	return 0;
}

/* Adds a user, whom a test before may have left on a server. */
static void
add_user(struct database *d, const char *name, const char *quota)
{
	const struct account_row row = { .name = name,
		.hash = "*",
		.home = "/home",
		.quota = quota,
		.uid = 8,
		.gid = 8 };
	struct err err = { 0, "" };

	(void)account_admin_user_remove(d->admin, name, &err);
	if (account_admin_user_add(d->admin, &row, &err) < 0)
		fail_msg("%s", err.text);
}

static void
expect_use(
    struct database *d, const char *name, int64_t octets, int64_t messages)
{
	int64_t got_octets, got_messages;
	struct err err;

	assert_int_equal(account_admin_quota_get(
			     d->admin, name, &got_octets, &got_messages, &err),
	    0);
	assert_int_equal(got_octets, octets);
	assert_int_equal(got_messages, messages);
}

static void
quota(void **state)
{
	struct database *d = *state;
	struct account_quota_add adds[] = {
		{ "ann@one.dev", 1000, 1, false },
		{ "cat@one.dev", 5, 1, false },
		{ "ann@one.dev", INT64_C(1) << 53, 1, false },
		{ "ann@one.dev", 1, 0, false },
		{ "", 1, 1, false },
		{ "cat@one.dev", -100, -7, false },
	};
	struct account_user user = { 0 };
	struct err err = { 0, "" };

	add_user(d, "ann@one.dev", "3");
	add_user(d, "cat@one.dev", "");
	account_sql_begin_request(d->sql);
	assert_int_equal(
	    account_sql_quota_add(d->sql, adds, UNIT_COUNT(adds), &err),
	    ACCOUNT_FOUND);
	assert_true(adds[4].refused);
	expect_use(d, "ann@one.dev", 1001 + (INT64_C(1) << 53), 2);
	expect_use(d, "cat@one.dev", 0, 0);
	account_sql_begin_request(d->sql);
	assert_int_equal(
	    account_sql_quota_add(d->sql, adds, 1, &err), ACCOUNT_FOUND);
	assert_int_equal(
	    account_sql_lookup(d->sql, slice_from("ann@one.dev"), &user, &err),
	    ACCOUNT_FOUND);
	assert_int_equal(user.quota_limit, 3 * MEGABYTE);
	assert_int_equal(user.quota_used, 2001 + (INT64_C(1) << 53));
	assert_int_equal(user.quota_messages, 3);
	assert_int_equal(user.uid, 8);
	account_user_release(&user);
	assert_int_equal(
	    account_admin_quota_set(d->admin, "ann@one.dev", 7, 1, &err), 0);
	expect_use(d, "ann@one.dev", 7, 1);
	assert_int_equal(
	    account_admin_quota_set(d->admin, "bob@one.dev", 7, 1, &err),
	    -ENOENT);
}

static void
add_all(struct database *d, struct account_quota_add *adds, size_t n)
{
	struct err err = { 0, "" };
	size_t i;

	account_sql_begin_request(d->sql);
	assert_int_equal(
	    account_sql_quota_add(d->sql, adds, n, &err), ACCOUNT_FOUND);
	for (i = 0; i < n; i++)
		assert_false(adds[i].refused);
}

static void
many_add(void **state)
{
	struct database *d = *state;
	struct account_quota_add adds[MANY];
	char names[MANY][16];
	unsigned i, round;

	for (i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "u%02u@one.dev", i);
		add_user(d, names[i], "");
		adds[i] =
		    (struct account_quota_add){ names[i], 10 + i, 1, false };
	}
	for (round = 1; round <= 3; round++) { /* the first makes the rows */
		add_all(d, adds, MANY);
		for (i = 0; i < MANY; i++)
			expect_use(d, names[i], round * (10 + i), round);
	}
}

/* One whose row is gone takes nothing from the others, nor do they get it
 * twice. */
static void
many_add_where_one_has_no_row(void **state)
{
	struct database *d = *state;
	struct account_quota_add adds[] = {
		{ "u1@one.dev", 5, 1, false },
		{ "u2@one.dev", 6, 1, false },
		{ "u3@one.dev", -7, -1, false },
	};
	size_t i;

	for (i = 0; i < UNIT_COUNT(adds); i++)
		add_user(d, adds[i].name, "");
	add_all(d, adds, 2);
	add_all(d, adds, UNIT_COUNT(adds));
	expect_use(d, "u1@one.dev", 10, 2);
	expect_use(d, "u2@one.dev", 12, 2);
	expect_use(d, "u3@one.dev", 0, 0);
}

/* A server's collation takes both names for one: both are added to it. */
static void
many_add_by_two_names_of_one(void **state)
{
	struct database *d = *state;
	struct account_quota_add adds[] = {
		{ "ANN@one.dev", 5, 1, false },
		{ "ann@one.dev", 7, 1, false },
	};
	int64_t round;

	if (d->config.db.hosts[0] == '\0')
		skip();
	add_user(d, "ann@one.dev", "");
	for (round = 1; round <= 2; round++) {
		add_all(d, adds, UNIT_COUNT(adds));
		expect_use(d, "ann@one.dev", round * 12, round * 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(quota, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_add, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    many_add_where_one_has_no_row, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    many_add_by_two_names_of_one, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
