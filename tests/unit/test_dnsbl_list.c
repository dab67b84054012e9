/* The setting dnsbl: its words, and which answers say "listed". */
#include "common/svc/check/dnsbl_list.h"
#include "tests/unit/unit.h"

static void
parses(void **state)
{
	static const struct {
		const char *text;
		const char *zone, *filter; /* zone NULL: no list */
		int score;
	} rows[] = {
		{ "zen.example", "zen.example", "", 100 },
		{ "zen.example*3", "zen.example", "", 300 },
		{ "wl.example*-2.5", "wl.example", "", -250 },
		{ "zen.example=127.0.0.2", "zen.example", "127.0.0.2", 100 },
		{ "a.b=127.0.[0..255].[1;3..4]*-2", "a.b",
		    "127.0.[0..255].[1;3..4]", -200 },
		{ "", NULL, NULL, 0 },
		{ "*3", NULL, NULL, 0 },
		{ "a b*", "a", "", 100 },
		{ "a*x", NULL, NULL, 0 },
		{ "a*", NULL, NULL, 0 },
		{ "a=", NULL, NULL, 0 },
		{ "a=127.0.0", NULL, NULL, 0 },
		{ "a=127.0.0.2.3", NULL, NULL, 0 },
		{ "a=127.0.0.256", NULL, NULL, 0 },
		{ "a=127.0.0.[2", NULL, NULL, 0 },
		{ "a=127.0.0.[]", NULL, NULL, 0 },
		{ "a=127.0.0.[3..2]", NULL, NULL, 0 },
		{ "a=127.0.0.[2..]", NULL, NULL, 0 },
		{ "a=127.0.0.[2;]", NULL, NULL, 0 },
		{ "a..b", NULL, NULL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice rest = slice_from(rows[i].text);
		struct dnsbl_list list = { { "", 0 }, { "", 0 }, 0 };
		int rc = dnsbl_list_next(&rest, &list);

		UNIT_CHECK(i, (rc == 1) == (rows[i].zone != NULL));
		if (rc != 1)
			continue;
		UNIT_CHECK(i, slice_is(list.zone, rows[i].zone));
		UNIT_CHECK(i, slice_is(list.filter, rows[i].filter));
		UNIT_CHECK(i, list.score == rows[i].score);
	}
}

static void
several(void **state)
{
	struct slice rest = slice_from(" a.example*2, b.example\tbad=\n c ");
	struct dnsbl_list list;

	(void)state;
	assert_int_equal(dnsbl_list_next(&rest, &list), 1);
	assert_true(slice_is(list.zone, "a.example"));
	assert_int_equal(dnsbl_list_next(&rest, &list), 1);
	assert_true(slice_is(list.zone, "b.example"));
	assert_int_equal(list.score, 100);
	assert_int_equal(dnsbl_list_next(&rest, &list), -1);
	assert_true(slice_starts(list.zone, "bad"));
	assert_int_equal(dnsbl_list_next(&rest, &list), 1);
	assert_true(slice_is(list.zone, "c"));
	assert_int_equal(dnsbl_list_next(&rest, &list), 0);
}

static void
matches(void **state)
{
	static const struct {
		const char *text;
		unsigned char address[4];
		bool matches, complaint;
	} rows[] = {
		{ "a", { 127, 0, 0, 2 }, true, false },
		{ "a", { 127, 255, 255, 254 }, false, true },
		{ "a", { 127, 255, 255, 0 }, false, true },
		{ "a", { 127, 255, 254, 2 }, true, false },
		{ "a", { 192, 0, 2, 1 }, false, true },
		{ "a=127.0.0.2", { 127, 0, 0, 2 }, true, false },
		{ "a=127.0.0.2", { 127, 0, 0, 3 }, false, false },
		{ "a=127.0.0.2", { 127, 0, 1, 2 }, false, false },
		{ "a=127.0.0.[2..4;9]", { 127, 0, 0, 2 }, true, false },
		{ "a=127.0.0.[2..4;9]", { 127, 0, 0, 4 }, true, false },
		{ "a=127.0.0.[2..4;9]", { 127, 0, 0, 5 }, false, false },
		{ "a=127.0.0.[2..4;9]", { 127, 0, 0, 9 }, true, false },
		{ "a=127.255.255.[0..255]", { 127, 255, 255, 252 }, false,
		    true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice rest = slice_from(rows[i].text);
		struct dnsbl_list list;

		UNIT_CHECK(i, dnsbl_list_next(&rest, &list) == 1);
		UNIT_CHECK(i, dnsbl_list_matches(&list, rows[i].address) ==
				  rows[i].matches);
		UNIT_CHECK(i,
		    dnsbl_is_complaint(rows[i].address) == rows[i].complaint);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(several),
		cmocka_unit_test(matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
