#include "cmd/imapd/seqset.h"

#include "tests/unit/unit.h"

/* A set, the greatest number there is, and what it comes to. */
static void
sets(void **state)
{
	static const struct {
		const char *text;
		uint32_t last;
		const char *printed; /* NULL: refused */
	} rows[] = {
		{ "1", 9, "1" },
		{ "*", 9, "9" },
		{ "1:*", 9, "1:9" },
		{ "*:1", 9, "1:9" },
		{ "5:2", 9, "2:5" },
		{ "12:*", 9, "9:12" },
		{ "*:*", 9, "9" },
		{ "1,3,5", 9, "1,3,5" },
		{ "5,3,1", 9, "1,3,5" },
		{ "1,2,3", 9, "1:3" },
		{ "1:3,2:5", 9, "1:5" },
		{ "1:9,2", 9, "1:9" },
		{ "7,*,1:2", 7, "1:2,7" },
		{ "4294967295", 9, "4294967295" },
		{ "4294967294:4294967295,1", 9, "1,4294967294:4294967295" },
		{ "*", 0, "" },
		{ "1:*", 0, "" },
		{ "1:*,4", 0, "4" },
		{ "0", 9, NULL },
		{ "1:0", 9, NULL },
		{ "", 9, NULL },
		{ ",", 9, NULL },
		{ "1,", 9, NULL },
		{ ",1", 9, NULL },
		{ "1::2", 9, NULL },
		{ "1:", 9, NULL },
		{ ":1", 9, NULL },
		{ "1:2:3", 9, NULL },
		{ "a", 9, NULL },
		{ "-1", 9, NULL },
		{ "1 2", 9, NULL },
		{ "**", 9, NULL },
		{ "4294967296", 9, NULL },
		{ "$", 9, NULL },
	};
	struct seqset set = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO printed = STR_INIT;
		bool good = seqset_parse(slice_from(rows[i].text), &set);

		UNIT_CHECK(i, good == (rows[i].printed != NULL));
		if (!good)
			continue;
		seqset_resolve(&set, rows[i].last);
		seqset_print(&set, &printed);
		UNIT_CHECK(i, slice_is(str_slice(&printed), rows[i].printed));
	}
	seqset_release(&set);
}

static void
membership(void **state)
{
	struct seqset set = { 0 };
	uint32_t i;

	(void)state;
	assert_true(seqset_parse(slice_from("2:4,9,12:*"), &set));
	seqset_resolve(&set, 14);
	for (i = 1; i < 20; i++)
		assert_int_equal(seqset_has(&set, i),
		    (i >= 2 && i <= 4) || i == 9 || (i >= 12 && i <= 14));
	assert_int_equal(seqset_last(&set), 14);
	seqset_release(&set);
	assert_false(seqset_has(&set, 1));
	assert_int_equal(seqset_last(&set), 0);
}

/* At the limit of ranges, and one past it. */
static void
range_limit(void **state)
{
	STR_AUTO text = STR_INIT;
	struct seqset set = { 0 };
	unsigned i;

	(void)state;
	for (i = 1; i <= SEQSET_RANGES_MAX; i++)
		str_appendf(&text, "%s%u", i > 1 ? "," : "", 2 * i);
	assert_true(seqset_parse(str_slice(&text), &set));
	seqset_resolve(&set, 1);
	assert_int_equal(set.count, SEQSET_RANGES_MAX);
	str_append_cstr(&text, ",1");
	assert_false(seqset_parse(str_slice(&text), &set));
	seqset_release(&set);
}

static void
building(void **state)
{
	static const uint32_t numbers[] = { 1, 2, 3, 7, 9, 10, UINT32_MAX };
	STR_AUTO printed = STR_INIT;
	struct seqset set = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(numbers); i++)
		seqset_add(&set, numbers[i]);
	seqset_print(&set, &printed);
	assert_string_equal(str_cstr(&printed), "1:3,7,9:10,4294967295");
	seqset_release(&set);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
		cmocka_unit_test(membership),
		cmocka_unit_test(range_limit),
		cmocka_unit_test(building),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
