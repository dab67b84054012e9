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

static void
read_set(const char *text, struct seqset *set)
{
	assert_true(seqset_parse(slice_from(text), set));
	seqset_resolve(set, UINT32_MAX);
}

static const struct {
	const char *set;
	uint64_t first, last;
	const char *part;
} cut_rows[] = {
	{ "2:4,9,12:20", 1, 1, "2" },
	{ "2:4,9,12:20", 3, 4, "4,9" },
	{ "2:4,9,12:20", 4, 4, "9" },
	{ "2:4,9,12:20", 5, 6, "12:13" },
	{ "2:4,9,12:20", 13, 13, "20" },
	{ "2:4,9,12:20", 13, 99, "20" },
	{ "2:4,9,12:20", 14, 99, "" },
	{ "2:4,9,12:20", 1, 0, "" },
	{ "2:4,9,12:20", 1, UINT64_MAX, "2:4,9,12:20" },
	{ "1:4294967295", 4294967295, 4294967295, "4294967295" },
	{ "1:4294967295", 2, 3, "2:3" },
};

static void
cutting(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(cut_rows); i++) {
		STR_AUTO printed = STR_INIT;
		struct seqset set = { 0 }, part = { 0 };

		read_set(cut_rows[i].set, &set);
		seqset_cut(&set, cut_rows[i].first, cut_rows[i].last, &part);
		seqset_print(&part, &printed);
		UNIT_CHECK(i, slice_is(str_slice(&printed), cut_rows[i].part));
		seqset_release(&set);
		seqset_release(&part);
	}
}

static const struct {
	const char *a, *b, *common;
	uint64_t size;
} common_rows[] = {
	{ "1:10", "3:4,9:20", "3:4,9:10", 4 },
	{ "5", "1:4,6", "", 0 },
	{ "1:3,5:7", "2:6", "2:3,5:6", 4 },
	{ "1:4294967295", "4294967295", "4294967295", 1 },
	{ "1:4294967295", "1:4294967295", "1:4294967295", UINT32_MAX },
};

static void
intersecting(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(common_rows); i++) {
		STR_AUTO printed = STR_INIT;
		struct seqset a = { 0 }, b = { 0 }, both = { 0 };

		read_set(common_rows[i].a, &a);
		read_set(common_rows[i].b, &b);
		seqset_intersect(&a, &b, &both);
		seqset_print(&both, &printed);
		UNIT_CHECK(
		    i, slice_is(str_slice(&printed), common_rows[i].common));
		UNIT_CHECK(i, seqset_size(&both) == common_rows[i].size);
		seqset_release(&both);
		seqset_intersect(&b, &a, &both);
		UNIT_CHECK(i, seqset_size(&both) == common_rows[i].size);
		seqset_release(&a);
		seqset_release(&b);
		seqset_release(&both);
	}
}

/* Ranges that are added anywhere are put in order afterwards. */
static void
ranges(void **state)
{
	STR_AUTO printed = STR_INIT;
	struct seqset set = { 0 };

	(void)state;
	seqset_add_range(&set, 20, 30);
	seqset_add_range(&set, 5, 5);
	seqset_add_range(&set, 6, 8);
	seqset_add_range(&set, 29, 31);
	seqset_add_range(&set, 7, 7);
	seqset_resolve(&set, UINT32_MAX);
	seqset_print(&set, &printed);
	assert_string_equal(str_cstr(&printed), "5:8,20:31");
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
		cmocka_unit_test(cutting),
		cmocka_unit_test(intersecting),
		cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
