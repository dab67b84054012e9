/* Accounts from the migrations on. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/account/passhash.h"
#include "tests/unit/database_fixture.h"

#define HASH "$1$DpBbHS.2$vHGFpWG4V0aR24JpkiusC/" /* thepassword */
#define MEGABYTE (1 << 20)

struct fixture {
	struct database db;
	struct str notices;
};

static void
hear(void *ctx, const char *text)
{
	struct fixture *f = ctx;

	str_append_cstr(&f->notices, text);
	str_append_char(&f->notices, '\n');
}

static void
add_user(struct fixture *f, const char *name, const char *quota)
{
	const struct account_row row = { .name = name,
		.hash = HASH,
		.home = "/home",
		.quota = quota,
		.uid = 8,
		.gid = 8 };
	struct err err = { 0, "" };

	if (account_admin_user_add(f->db.admin, &row, &err) < 0)
		fail_msg("%s", err.text);
}

static void
add_alias(struct fixture *f, const char *address, const char *action,
    const char *targets)
{
	const struct account_alias alias = { address, action, targets };
	struct err err = { 0, "" };

	if (account_admin_alias_add(f->db.admin, &alias, &err) < 0)
		fail_msg("%s", err.text);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	database_open(&f->db, hear, f);
	*state = f;
	return 0;
}

static void
count_alias(void *ctx, const struct account_alias *alias)
{
	struct str *names = ctx;

	str_append_cstr(names, alias->address);
	str_append_char(names, '\n');
}

static void
see_user(void *ctx, const struct account_row *row)
{
	struct str *names = ctx;

	str_appendf(names, "%s %s %lld %lld\n", row->name, row->quota,
	    (long long)row->used, (long long)row->messages);
}

/* The tables are emptied, for a server keeps them. */
static void
empty_tables(struct fixture *f)
{
	STR_AUTO names = STR_INIT;
	struct slice rest, name;
	struct err err;

	assert_int_equal(
	    account_admin_alias_list(f->db.admin, count_alias, &names, &err),
	    0);
	rest = str_slice(&names);
	while (slice_next(&rest, '\n', &name))
		if (name.len) {
			char *text = strndup(name.ptr, name.len);

			(void)account_admin_alias_remove(
			    f->db.admin, text, &err);
			free(text);
		}
	str_clear(&names);
	assert_int_equal(
	    account_admin_user_list(f->db.admin, "", see_user, &names, &err),
	    0);
	rest = str_slice(&names);
	while (slice_next(&rest, '\n', &name))
		if (name.len) {
			char *text = strndup(name.ptr, slice_find(name, ' '));

			assert_int_equal(
			    account_admin_user_remove(f->db.admin, text, &err),
			    0);
			free(text);
		}
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	empty_tables(f);
	database_remove(&f->db);
	str_release(&f->notices);
	free(f);
	return 0;
}

static enum account_outcome
resolve(struct fixture *f, const char *address, struct str *out)
{
	struct account_targets targets = { NULL, 0 };
	struct err err = { 0, "" };
	enum account_outcome outcome;
	size_t i;

	account_sql_begin_request(f->db.sql);
	outcome =
	    account_sql_resolve(f->db.sql, slice_from(address), &targets, &err);
	for (i = 0; i < targets.count; i++)
		str_appendf(out, "%s ",
		    targets.list[i].local ? targets.list[i].user.name
					  : targets.list[i].address);
	if (outcome == ACCOUNT_TEMPFAIL)
		str_append_cstr(out, err.text);
	account_targets_release(&targets);
	return outcome;
}

static void
resolving(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *address;
		enum account_outcome outcome;
		const char *targets;
	} rows[] = {
		{ "ann@one.dev", ACCOUNT_FOUND, "ann@one.dev " },
		{ "ann@ONE.dev", ACCOUNT_FOUND, "ann@one.dev " },
		{ "ANN@one.dev", ACCOUNT_FOUND, "ann@one.dev " },
		{ "bob@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "ann@two.dev", ACCOUNT_UNKNOWN, "" },
		{ "ann@three.dev", ACCOUNT_NOT_LOCAL, "" },
		{ "ann@one.dev ", ACCOUNT_UNKNOWN, "" },
		{ "ann@ one.dev", ACCOUNT_UNKNOWN, "" },
		{ "ann @one.dev", ACCOUNT_UNKNOWN, "" },
		{ "\xc3\xa1nn@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "all@one.dev", ACCOUNT_FOUND,
		    "ann@one.dev cat@two.dev x@far.org " },
		{ "gone@one.dev", ACCOUNT_DROP, "" },
		{ "' OR '1'='1@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "a\" -- @one.dev", ACCOUNT_UNKNOWN, "" },
		{ "\\' OR 1=1 #@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "%u@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "ann@one.dev'; DROP TABLE users; --", ACCOUNT_UNKNOWN, "" },
		{ "ann@one.dev';DROP/**/TABLE/**/users;--", ACCOUNT_NOT_LOCAL,
		    "" },
		{ "\xf0\x9f\x98\x80@one.dev", ACCOUNT_UNKNOWN, "" },
	};
	size_t i;

	add_user(f, "ann@one.dev", "1");
	add_user(f, "cat@two.dev", "");
	add_alias(
	    f, "all@one.dev", "alias", "ann@one.dev | cat@two.dev|x@far.org");
	add_alias(f, "gone@one.dev", "drop", "");
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		UNIT_CHECK(
		    i, resolve(f, rows[i].address, &out) == rows[i].outcome);
		if (strcmp(str_cstr(&out), rows[i].targets) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
	}
}

static enum account_outcome
login(struct fixture *f, const char *name, const char *password)
{
	struct account_user user = { 0 };
	struct err err = { 0, "" };
	enum account_outcome outcome;

	account_sql_begin_request(f->db.sql);
	outcome = account_sql_login(
	    f->db.sql, slice_from(name), slice_from(password), &user, &err);
	if (outcome == ACCOUNT_FOUND)
		assert_string_equal(user.home, "/home");
	account_user_release(&user);
	return outcome;
}

static void
logins(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name, *password;
		enum account_outcome outcome;
	} rows[] = {
		{ "ann@one.dev", "thepassword", ACCOUNT_FOUND },
		{ "ANN@One.Dev", "thepassword", ACCOUNT_FOUND },
		{ "ann@one.dev", "thepasswore", ACCOUNT_DENIED },
		{ "ann@one.dev", "", ACCOUNT_DENIED },
		{ "ann@one.dev", "' OR '1'='1", ACCOUNT_DENIED },
		{ "bob@one.dev", "thepassword", ACCOUNT_DENIED },
		{ "ann", "thepassword", ACCOUNT_DENIED },
		{ "", "thepassword", ACCOUNT_DENIED },
		{ "' OR 1=1 -- @one.dev", "thepassword", ACCOUNT_DENIED },
		{ "ann@one.dev\n", "thepassword", ACCOUNT_DENIED },
		/* what MySQL takes for equal */
		{ "ann@one.dev ", "thepassword", ACCOUNT_DENIED },
		{ "ann @one.dev", "thepassword", ACCOUNT_DENIED },
		{ "\xc3\xa1nn@one.dev", "thepassword", ACCOUNT_DENIED },
		{ "ann@\xc3\xb6ne.dev", "thepassword", ACCOUNT_DENIED },
	};
	size_t i;

	add_user(f, "ann@one.dev", "1");
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, login(f, rows[i].name, rows[i].password) ==
				  rows[i].outcome);
}

/* The hash is replaced once, and the new one is right. */
static void
rehashing(void **state)
{
	struct fixture *f = *state;

	add_user(f, "ann@one.dev", "1");
	f->db.config.rehash = true;
	assert_int_equal(login(f, "ann@one.dev", "wrong"), ACCOUNT_DENIED);
	assert_int_equal(login(f, "ann@one.dev", "thepassword"), ACCOUNT_FOUND);
	f->db.config.rehash_scheme = "NOSUCH"; /* a notice if it were tried */
	assert_int_equal(login(f, "ann@one.dev", "thepassword"), ACCOUNT_FOUND);
	assert_int_equal(login(f, "ann@one.dev", "wrong"), ACCOUNT_DENIED);
	assert_string_equal(str_cstr(&f->notices), "");
}

static void
administration(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = { "", "ann", "@one.dev", "ann@",
		"../x@one.dev", ".x@one.dev", "a/b@one.dev", "ann@one/dev",
		"ann@.dev", "ann@one..dev", "a|b@one.dev", "a b@one.dev",
		"ann@one.dev\n" };
	struct account_row row = { .hash = HASH, .uid = -1, .gid = -1 };
	STR_AUTO names = STR_INIT;
	struct err err;
	size_t i;

	for (i = 0; i < UNIT_COUNT(bad); i++) {
		row.name = bad[i];
		UNIT_CHECK(i,
		    account_admin_user_add(f->db.admin, &row, &err) == -EINVAL);
	}
	add_user(f, "cat@one.dev", "2");
	add_user(f, "ann@one.dev", "");
	row.name = "ann@one.dev";
	assert_int_equal(
	    account_admin_user_add(f->db.admin, &row, &err), -EEXIST);
	row.name = "bob@one.dev";
	row.quota = "a lot";
	assert_int_equal(
	    account_admin_user_add(f->db.admin, &row, &err), -EINVAL);
	assert_int_equal(account_admin_user_list(
			     f->db.admin, "one.dev", see_user, &names, &err),
	    0);
	assert_string_equal(
	    str_cstr(&names), "ann@one.dev  0 0\ncat@one.dev 2 0 0\n");
	assert_int_equal(
	    account_admin_domain_remove(f->db.admin, "one.dev", &err),
	    -ENOTEMPTY);
	assert_int_equal(
	    account_admin_user_remove(f->db.admin, "bob@one.dev", &err),
	    -ENOENT);
	assert_int_equal(
	    account_admin_limit_set(f->db.admin, "ann@one.dev", "5", &err), 0);
	assert_int_equal(
	    account_admin_password_set(f->db.admin, "ann@one.dev", "*", &err),
	    0);
	assert_int_equal(
	    login(f, "ann@one.dev", "thepassword"), ACCOUNT_DENIED);
}

static void
see_domain(void *ctx, const char *domain)
{
	struct str *names = ctx;

	str_append_cstr(names, domain);
	str_append_char(names, ' ');
}

static void
domains(void **state)
{
	struct fixture *f = *state;
	STR_AUTO names = STR_INIT;
	STR_AUTO out = STR_INIT;
	struct err err;

	(void)account_admin_domain_remove(
	    f->db.admin, "one.dev", &err); /* old */
	(void)account_admin_domain_remove(f->db.admin, "two.dev", &err);
	assert_int_equal(resolve(f, "x@zoo.dev", &out), ACCOUNT_NOT_LOCAL);
	assert_int_equal(
	    account_admin_domain_add(f->db.admin, "ZOO.dev", &err), 0);
	(void)account_admin_domain_add(
	    f->db.admin, "zoo.DEV", &err); /* fails */
	assert_int_equal(
	    account_admin_domain_add(f->db.admin, "zoo.DEV", &err), -EEXIST);
	assert_int_equal(
	    account_admin_domain_add(f->db.admin, "a@b", &err), -EINVAL);
	assert_int_equal(resolve(f, "x@zoo.dev", &out), ACCOUNT_UNKNOWN);
	add_user(f, "ann@one.dev", "");
	assert_int_equal(
	    account_admin_domain_list(f->db.admin, see_domain, &names, &err),
	    0);
	assert_string_equal(str_cstr(&names), "one.dev zoo.dev ");
	assert_int_equal(
	    account_admin_domain_remove(f->db.admin, "zoo.dev", &err), 0);
	assert_int_equal(
	    account_admin_domain_remove(f->db.admin, "zoo.dev", &err), -ENOENT);
}

static void
see_migration(void *ctx, const struct account_migration *migration)
{
	unsigned int *seen = ctx;

	assert_true(migration->applied);
	assert_true(migration->number > *seen);
	*seen = migration->number;
}

static void
migrations(void **state)
{
	struct fixture *f = *state;
	unsigned int seen = 0, last;
	struct err err;

	assert_int_equal(
	    account_admin_status(f->db.admin, see_migration, &seen, &err), 0);
	last = seen;
	assert_int_equal(
	    account_admin_migrate(f->db.admin, see_migration, &seen, &err), 0);
	assert_int_equal(seen, last); /* nothing was left to do */
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(resolving, set_up, tear_down),
		cmocka_unit_test_setup_teardown(logins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rehashing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    administration, set_up, tear_down),
		cmocka_unit_test_setup_teardown(domains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(migrations, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
