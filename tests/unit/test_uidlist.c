#include "common/store/uidlist.h"
#include "tests/unit/unit.h"

#define GUID "0123456789abcdef0123456789abcdef"

static void
headers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t validity, next;
		const char *guid, *again;
	} rows[] = {
		{ "3 V5 N7 G" GUID "\n", true, 5, 7, GUID,
		    "3 V5 N7 G" GUID "\n" },
		{ "3 N7 V5\n", true, 5, 7, "", "3 V5 N7 G\n" },
		{ "3 Xa V5 Yb N7 Zc\n", true, 5, 7, "",
		    "3 V5 N7 G Xa Yb Zc\n" },
		{ "3 V5 N7 Gshort\n", true, 5, 7, "", "3 V5 N7 G\n" },
		{ "1 5 7\n", true, 5, 7, "", "3 V5 N7 G\n" },
		{ "3 V4294967295 N4294967295\n", true, UINT32_MAX, UINT32_MAX,
		    "", NULL },
		{ "3 V4294967296 N7\n", false, 0, 0, NULL, NULL },
		{ "3 V5 N7", false, 0, 0, NULL, NULL },
		{ "3 V0 N7\n", false, 0, 0, NULL, NULL },
		{ "3 V5 N0\n", false, 0, 0, NULL, NULL },
		{ "3 V5\n", false, 0, 0, NULL, NULL },
		{ "3 V N7\n", false, 0, 0, NULL, NULL },
		{ "3 \n", false, 0, 0, NULL, NULL },
		{ "2 V5 N7\n", false, 0, 0, NULL, NULL },
		{ "4 V5 N7\n", false, 0, 0, NULL, NULL },
		{ "", false, 0, 0, NULL, NULL },
		{ "\n", false, 0, 0, NULL, NULL },
		{ "1 5\n", false, 0, 0, NULL, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice rest = slice_from(rows[i].text);
		struct uidlist_header header;
		STR_AUTO again = STR_INIT;
		bool good = uidlist_eat_header(&rest, &header);

		UNIT_CHECK(i, good == rows[i].good);
		if (!good)
			continue;
		UNIT_CHECK(i, rest.len == 0);
		UNIT_CHECK(i, header.uidvalidity == rows[i].validity);
		UNIT_CHECK(i, header.nextuid == rows[i].next);
		UNIT_CHECK(i, strcmp(header.guid, rows[i].guid) == 0);
		uidlist_put_header(&header, &again);
		UNIT_CHECK(i, rows[i].again == NULL ||
				  slice_is(str_slice(&again), rows[i].again));
	}
}

static void
entries(void **state)
{
	static const struct {
		const char *text;
		unsigned version;
		const char *again; /* the good ones, as written */
		uint32_t last;
		bool damaged, torn;
	} rows[] = {
		{ "1 :a\n2 :b\n", 3, "1 :a\n2 :b\n", 2, false, false },
		{ "1 P12 Xq :a\n", 3, "1 P12 Xq :a\n", 1, false, false },
		{ "1 P: :a\n", 3, "1 P: :a\n", 1, false, false },
		{ "1 :a b\n", 3, "1 :a b\n", 1, false, false },
		{ "1 :a:2,S\n", 3, "1 :a\n", 1, false, false },
		{ "7 a\n9 b\n", 1, "7 :a\n9 :b\n", 9, false, false },
		{ "1 :a\n1 :b\n2 :c\n", 3, "1 :a\n2 :c\n", 2, true, false },
		{ "5 :a\n4 :b\n", 3, "5 :a\n", 5, true, false },
		{ "x\n1 :a\n", 3, "1 :a\n", 1, true, false },
		{ "0 :a\n", 3, "", 0, true, false },
		{ "1 :\n", 3, "", 0, true, false },
		{ "1 :a/b\n", 3, "", 0, true, false },
		{ "1 :.a\n", 3, "", 0, true, false },
		{ "1 5 :a\n", 3, "", 0, true, false },
		{ "1 a\n", 3, "", 0, true, false },
		{ "1:a\n", 3, "", 0, true, false },
		{ "\n", 3, "", 0, true, false },
		{ "1 :a\n22 :b", 3, "1 :a\n", 22, false, true },
		{ "3 :a\n2", 3, "3 :a\n", 3, false, true },
		{ "4294967294 :a\n", 3, "4294967294 :a\n", 4294967294, false,
		    false },
		{ "4294967295 :a\n", 3, "", 0, true, false },
		{ "4294967297 :a\n", 3, "", 0, true, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct uidlist_reader reader = { .version = rows[i].version,
			.rest = slice_from(rows[i].text) };
		struct uidlist_entry entry;
		STR_AUTO again = STR_INIT;

		while (uidlist_next(&reader, &entry))
			uidlist_put_entry(&entry, &again);
		UNIT_CHECK(i, slice_is(str_slice(&again), rows[i].again));
		UNIT_CHECK(i, reader.last_uid == rows[i].last);
		UNIT_CHECK(i, reader.damaged == rows[i].damaged);
		UNIT_CHECK(i, reader.torn == rows[i].torn);
	}
}

static void
long_lines(void **state)
{
	STR_AUTO text = STR_INIT;
	struct uidlist_reader reader = { .version = 3 };
	struct uidlist_entry entry;

	(void)state;
	str_append_cstr(&text, "1 P");
	while (text.len < UIDLIST_LINE_MAX - 3)
		str_append_char(&text, 'x');
	str_append_cstr(&text, " :a\n");
	reader.rest = str_slice(&text);
	assert_true(uidlist_next(&reader, &entry));
	text.ptr[1] = '1';
	text.ptr[2] = ' ';
	str_clear(&text);
	str_append_cstr(&text, "1 P");
	while (text.len < UIDLIST_LINE_MAX - 2)
		str_append_char(&text, 'x');
	str_append_cstr(&text, " :a\n");
	reader =
	    (struct uidlist_reader){ .version = 3, .rest = str_slice(&text) };
	assert_false(uidlist_next(&reader, &entry));
	assert_true(reader.damaged);
}

static void
fields(void **state)
{
	struct uidlist_entry entry = { .fields = slice_from("P12 Xq W") };

	(void)state;
	assert_true(slice_is(uidlist_field(&entry, 'P'), "12"));
	assert_true(slice_is(uidlist_field(&entry, 'X'), "q"));
	assert_non_null(uidlist_field(&entry, 'W').ptr);
	assert_int_equal(uidlist_field(&entry, 'W').len, 0);
	assert_null(uidlist_field(&entry, 'Q').ptr);
}

static void
peek(void **state)
{
	static const struct {
		const char *head, *tail;
		bool good;
		uint32_t next;
	} rows[] = {
		{ "3 V5 N7 G" GUID "\n", "3 V5 N7 G" GUID "\n", true, 7 },
		{ "3 V5 N7 G" GUID "\n1 :a\n", "\n1 :a\n", true, 7 },
		{ "3 V5 N1 G" GUID "\n1 :a\n", "\n9 :a\n", true, 10 },
		{ "3 V5 N1 G" GUID "\n", "\n9 :a\n", true, 10 },
		{ "3 V5 N1 G" GUID "\n1 :a", "\n9 :a", false, 0 },
		{ "3 V5 N1 G" GUID "\n1 :a", "9 :a\n", false, 0 },
		{ "3 V5 N1 G" GUID "\n1 :a\n", "\nx\n", false, 0 },
		{ "3 V5 N1\n", "3 V5 N1\n", false, 0 },
		{ "1 5 1\n", "1 5 1\n", false, 0 },
		{ "", "", false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct uidlist_header header;
		uint32_t next = 0;
		bool good = uidlist_peek(slice_from(rows[i].head),
		    slice_from(rows[i].tail), &header, &next);

		UNIT_CHECK(i, good == rows[i].good);
		UNIT_CHECK(i, next == rows[i].next);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(entries),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(fields),
		cmocka_unit_test(peek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
