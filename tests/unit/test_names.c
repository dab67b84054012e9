#include "cmd/njiwa/names.h"
#include "tests/unit/unit.h"

#define A63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define A61 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"

struct row {
	const char *text;
	const char *stored; /* NULL: refused */
};

static void
domains(void **state)
{
	static const struct row rows[] = {
		{ "test.dev", "test.dev" },
		{ "Test.DEV", "test.dev" },
		{ "localhost", "localhost" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ A63 ".de", A63 ".de" },
		{ A63 "h.de", NULL },
		{ A63 "." A63 "." A63 "." A61, A63 "." A63 "." A63 "." A61 },
		{ A63 "." A63 "." A63 "." A61 "b", NULL },
		{ "", NULL },
		{ ".", NULL },
		{ ".de", NULL },
		{ "a..de", NULL },
		{ "a.de.", NULL },
		{ "-a.de", NULL },
		{ "a-.de", NULL },
		{ "a_b.de", NULL },
		{ "a b.de", NULL },
		{ "a/b.de", NULL },
		{ "../b", NULL },
		{ "b\xc3\xbc"
		  "cher.de",
		    NULL },
		{ "a\n.de", NULL },
		{ "a'b.de", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		struct err err = { 0 };
		int rc = names_domain(rows[i].text, &out, &err);

		UNIT_CHECK(i, (rc == 0) == (rows[i].stored != NULL));
		UNIT_CHECK(i, (rc == 0) == (err.text[0] == '\0'));
		if (rc == 0)
			assert_string_equal(str_cstr(&out), rows[i].stored);
	}
}

static void
addresses(void **state)
{
	static const struct row rows[] = {
		{ "a@b", "a@b" },
		{ "A.b@Test.Dev", "A.b@test.dev" },
		{ "a+x!#$&'+-=?^_`{}~@b", "a+x!#$&'+-=?^_`{}~@b" },
		{ "a%b@c", NULL },
		{ "a*@c", NULL },
		{ A63 "h@b", A63 "h@b" },
		{ A63 "hi@b", NULL },
		{ "", NULL },
		{ "a", NULL },
		{ "@b", NULL },
		{ "a@", NULL },
		{ "a@b@c", NULL },
		{ ".a@b", NULL },
		{ "a.@b", NULL },
		{ "a..b@c", NULL },
		{ "..@c", NULL },
		{ "a/b@c", NULL },
		{ "a|b@c", NULL },
		{ "a b@c", NULL },
		{ "\"a\"@c", NULL },
		{ "a\\b@c", NULL },
		{ "<a@c>", NULL },
		{ "a\t@c", NULL },
		{ "a\x7f@c", NULL },
		{ "\xc3\xbc@c", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		struct err err = { 0 };
		int rc = names_address(rows[i].text, &out, &err);

		UNIT_CHECK(i, (rc == 0) == (rows[i].stored != NULL));
		if (rc == 0)
			assert_string_equal(str_cstr(&out), rows[i].stored);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
