#include <stdlib.h>

#include "common/base/str.h"
#include "tests/unit/unit.h"

static void
append(void **state)
{
	STR_AUTO s = STR_INIT;

	(void)state;
	assert_string_equal(str_cstr(&s), "");
	assert_int_equal(str_slice(&s).len, 0);
	str_append_cstr(&s, "ab");
	str_append_char(&s, '\0');
	str_append(&s, slice_of("cdX", 2));
	str_append_mem(&s, NULL, 0);
	str_appendf(&s, "-%d", 42);
	assert_int_equal(s.len, 8);
	assert_memory_equal(s.ptr, "ab\0cd-42", 9);
	str_set(&s, slice_from("new"));
	assert_string_equal(s.ptr, "new");
	str_clear(&s);
	assert_int_equal(s.len, 0);
	assert_string_equal(str_cstr(&s), "");
}

static void
append_quoted(void **state)
{
	STR_AUTO s = STR_INIT;

	(void)state;
	str_append_quoted(&s, slice_from(""));
	assert_string_equal(s.ptr, "\"\"");
	str_append_quoted(&s, slice_from("a\"b\\ c"));
	assert_string_equal(s.ptr, "\"\"\"a\\\"b\\\\ c\"");
}

/* Every length around the sizes where the memory is moved. */
static void
grow(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < 300; len++) {
		STR_AUTO s = STR_INIT, f = STR_INIT;
		size_t i;

		for (i = 0; i < len; i++)
			str_append_char(&s, (char)('a' + i % 26));
		str_appendf(&f, "<%.*s>", SLICE_FMT(str_slice(&s)));
		UNIT_CHECK(len, s.len == len && f.len == len + 2);
		UNIT_CHECK(len, strlen(str_cstr(&s)) == len);
		UNIT_CHECK(len, memcmp(f.ptr + 1, str_cstr(&s), len) == 0);
		UNIT_CHECK(len, f.ptr[f.len - 1] == '>' && !f.ptr[f.len]);
	}
}

static void
cut(void **state)
{
	/* text, drop, truncate, what is left */
	static const struct {
		const char *text;
		size_t drop, truncate;
		const char *left;
	} rows[] = {
		{ "abcdef", 0, 6, "abcdef" },
		{ "abcdef", 2, 3, "cde" },
		{ "abcdef", 6, 1, "" },
		{ "abcdef", 7, 1, "" },
		{ "abcdef", 1, 99, "bcdef" },
		{ "", 1, 0, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO s = STR_INIT;

		str_append_cstr(&s, rows[i].text);
		str_drop(&s, rows[i].drop);
		str_truncate(&s, rows[i].truncate);
		UNIT_CHECK(i, slice_is(str_slice(&s), rows[i].left));
		UNIT_CHECK(i, str_cstr(&s)[s.len] == '\0');
	}
}

static void
take(void **state)
{
	struct str s = STR_INIT;
	char *text = str_take(&s);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	str_append_cstr(&s, "mine");
	text = str_take(&s);
	assert_string_equal(text, "mine");
	assert_null(s.ptr);
	assert_int_equal(s.len, 0);
	free(text);
	str_wipe(&s);
}

static void
slices(void **state)
{
	struct slice s = slice_from("Mail From"), empty = { NULL, 0 };

	(void)state;
	assert_true(slice_is_ascii(slice_from("")));
	assert_true(slice_is_ascii(slice_from("a\177")));
	assert_false(slice_is_ascii(slice_from("\200b")));
	assert_true(slice_equal(empty, slice_from("")));
	assert_true(slice_is_nocase(s, "MAIL FROM"));
	assert_false(slice_is(s, "MAIL FROM"));
	assert_false(slice_is(s, "Mail Fro"));
	assert_true(slice_starts(s, "Mail") && slice_starts(s, ""));
	assert_false(slice_starts(s, "Mail From:"));
	assert_true(slice_starts_nocase(s, "mAIL f"));
	assert_true(slice_is(slice_skip(s, 5), "From"));
	assert_int_equal(slice_skip(s, 99).len, 0);
	assert_true(slice_is(slice_head(s, 4), "Mail"));
	assert_true(slice_is(slice_head(s, 99), "Mail From"));
	assert_int_equal(slice_find(s, ' '), 4);
	assert_int_equal(slice_find(s, '!'), s.len);
	assert_int_equal(slice_find(empty, '!'), 0);
	assert_true(slice_is(slice_trim(slice_from(" \t a b\t ")), "a b"));
	assert_int_equal(slice_trim(slice_from(" \t ")).len, 0);
}

static void
fields(void **state)
{
	/* text, its fields with '|' between, cut at ',' */
	static const char *const rows[][2] = {
		{ "a,b", "a|b|" },
		{ "", "|" },
		{ ",", "||" },
		{ "a,,b,", "a||b||" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice rest = slice_from(rows[i][0]), field;
		STR_AUTO seen = STR_INIT;

		while (slice_next(&rest, ',', &field)) {
			str_append(&seen, field);
			str_append_char(&seen, '|');
		}
		UNIT_CHECK(i, slice_is(str_slice(&seen), rows[i][1]));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(append),
		cmocka_unit_test(append_quoted),
		cmocka_unit_test(grow),
		cmocka_unit_test(cut),
		cmocka_unit_test(take),
		cmocka_unit_test(slices),
		cmocka_unit_test(fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
