#include <errno.h>

#include "common/account/query.h"
#include "common/base/str.h"
#include "tests/unit/unit.h"

#define U QUERY_USER
#define N QUERY_NAME
#define D QUERY_DOMAIN
#define B QUERY_OCTETS
#define M QUERY_MESSAGES

struct row {
	const char *text;
	enum query_numbers numbers;
	const char *sql; /* NULL: refused */
	size_t count;
	enum query_token tokens[4];
};

static void
compiles(void **state)
{
	/* clang-format off */
	static const struct row rows[] = {
		{ "SELECT 1", QUERY_TEXTS, "SELECT 1", 0, { 0 } },
		{ "", QUERY_TEXTS, "", 0, { 0 } },
		{ "a=%n AND b=%d", QUERY_TEXTS, "a=? AND b=?", 2, { N, D } },
		{ "a='%n' AND b=\"%d\"", QUERY_TEXTS, "a=? AND b=?", 2, { N, D } },
		{ "%u%u", QUERY_TEXTS, "??", 2, { U, U } },
		{ "x=%b,%m,%u", QUERY_NUMBERS, "x=?,?,?", 3, { B, M, U } },
		{ "x=%b", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "x=%m", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='%b'", QUERY_TEXTS, "a='%b'", 0, { 0 } },
		{ "a=%x", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a % 2", QUERY_TEXTS, "a % 2", 0, { 0 } },
		{ "a %% 2", QUERY_TEXTS, "a % 2", 0, { 0 } },
		{ "a %%u", QUERY_TEXTS, "a %u", 0, { 0 } },
		{ "%%%u", QUERY_TEXTS, "%?", 1, { U } },
		{ "a LIKE 'x%%'", QUERY_TEXTS, "a LIKE 'x%'", 0, { 0 } },
		{ "a LIKE '%%u'", QUERY_TEXTS, "a LIKE '%u'", 0, { 0 } },
		{ "a='x%n'", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='%n@%d'", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='%n'''", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='it''s %%' AND b=%d", QUERY_TEXTS, "a='it''s %' AND b=?", 1, { D } },
		{ "a='?' ", QUERY_TEXTS, "a='?' ", 0, { 0 } },
		{ "a=?", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='it\\'s' AND b='%u'", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='open", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "a='%u", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "`%u`=1", QUERY_TEXTS, NULL, 0, { 0 } },
		{ "`my col`=%u", QUERY_TEXTS, "`my col`=?", 1, { U } },
		{ "a %", QUERY_TEXTS, "a %", 0, { 0 } },
		{ "a '%", QUERY_TEXTS, NULL, 0, { 0 } },
	};
	/* clang-format on */
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct query query = { 0 };
		struct err err = { 0, "" };
		int rc =
		    query_compile(rows[i].text, rows[i].numbers, &query, &err);

		UNIT_CHECK(i, rc == (rows[i].sql ? 0 : -EINVAL));
		if (rc < 0) {
			UNIT_CHECK(i, query.sql == NULL && err.text[0]);
			continue;
		}
		assert_string_equal(query.sql, rows[i].sql);
		UNIT_CHECK(i, query.count == rows[i].count);
		for (k = 0; k < query.count; k++)
			UNIT_CHECK(i, query.tokens[k] == rows[i].tokens[k]);
		query_release(&query);
	}
}

static void
bounds(void **state)
{
	STR_AUTO text = STR_INIT;
	struct query query = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < QUERY_PARAMS_MAX; i++)
		str_append_cstr(&text, "%u");
	assert_int_equal(
	    query_compile(str_cstr(&text), QUERY_TEXTS, &query, &err), 0);
	assert_int_equal(query.count, QUERY_PARAMS_MAX);
	query_release(&query);
	str_append_cstr(&text, "%u");
	assert_int_equal(
	    query_compile(str_cstr(&text), QUERY_TEXTS, &query, &err), -EINVAL);
	str_clear(&text);
	for (i = 0; i < QUERY_TEXT_MAX; i++)
		str_append_char(&text, 'x');
	assert_int_equal(
	    query_compile(str_cstr(&text), QUERY_TEXTS, &query, &err), 0);
	query_release(&query);
	str_append_char(&text, 'x');
	assert_int_equal(
	    query_compile(str_cstr(&text), QUERY_TEXTS, &query, &err), -EINVAL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiles),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
