#include "common/msg/xtext.h"
#include "tests/unit/unit.h"

static void
decodes(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: it is none */
		bool printable;
	} rows[] = {
		{ "a@b.c", "a@b.c", true },
		{ "a+20b", "a b", true },
		{ "a+09b", "a\tb", true },
		{ "a+2B+3Db", "a+=b", true },
		{ "a+0Ab", "a\nb", false },
		{ "+C3+BC", "\xc3\xbc", false },
		{ "+7F", "\x7f", false },
		{ "", NULL, false },
		{ "a b", NULL, false },
		{ "a=b", NULL, false },
		{ "a+", NULL, false },
		{ "a+4", NULL, false },
		{ "a+4g", NULL, false },
		{ "a+4a", NULL, false }, /* lower case */
		{ "\xc3\xbc", NULL, false },
		{ "\x7f", NULL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice in = slice_from(rows[i].in);
		STR_AUTO out = STR_INIT;

		UNIT_CHECK(i, xtext_decode(in, &out) == (rows[i].out != NULL));
		UNIT_CHECK(i, xtext_is_valid(in) == (rows[i].out != NULL));
		UNIT_CHECK(i, xtext_is_printable(in) == rows[i].printable);
		if (rows[i].out)
			UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].out));
		else
			UNIT_CHECK(i, out.len == 0);
	}
}

static void
atoms(void **state)
{
	(void)state;
	assert_true(xtext_is_atom(slice_from("rfc822")));
	assert_true(xtext_is_atom(slice_from("utf-8")));
	assert_false(xtext_is_atom(slice_from("")));
	assert_false(xtext_is_atom(slice_from("a b")));
	assert_false(xtext_is_atom(slice_from("a;b")));
	assert_false(xtext_is_atom(slice_from("a\"b")));
	assert_false(xtext_is_atom(slice_of("a\0b", 3)));
	assert_false(xtext_is_ascii(slice_from("\xc3\xbc")));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(atoms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
