#include "cmd/imapd/parse.h"

#include "tests/unit/unit.h"

enum kind { ATOM, ASTRING, STRING, NSTRING, FLAG, PATTERN, NAME };

static bool
take(enum kind kind, struct args *args, struct slice *value)
{
	switch (kind) {
	case ATOM:
		return args_atom(args, value);
	case ASTRING:
		return args_astring(args, value);
	case STRING:
		return args_string(args, value);
	case NSTRING:
		return args_nstring(args, value);
	case FLAG:
		return args_flag(args, value);
	case PATTERN:
		return args_pattern(args, value);
	case NAME:
		return args_name(args, true, value);
	}
	return false;
}

/* Text, and the value and what is left; value NULL: refused. */
static const struct row {
	enum kind kind;
	const char *text;
	const char *value;
	const char *rest;
} rows[] = {
	{ ATOM, "abc def", "abc", " def" },
	{ ATOM, "BODY[x", "BODY[x", "" },
	{ ATOM, "a]", "a", "]" },
	{ ATOM, "(a", NULL, NULL },
	{ ATOM, "", NULL, NULL },
	{ ATOM, "\x80", NULL, NULL },
	{ ATOM, "\x7f", NULL, NULL },
	{ ATOM, "a\x01", "a", "\x01" },
	{ ASTRING, "a]b c", "a]b", " c" },
	{ ASTRING, "\"\"", "", "" },
	{ ASTRING, "\"a b\" c", "a b", " c" },
	{ ASTRING, "\"a\\\"b\\\\c\"", "a\"b\\c", "" },
	{ ASTRING, "\"a\\nb\"", NULL, NULL },
	{ ASTRING, "\"a", NULL, NULL },
	{ ASTRING, "\"a\\", NULL, NULL },
	{ ASTRING, "\"a\\\"", NULL, NULL },
	{ ASTRING, "\"a\x01\"", NULL, NULL },
	{ ASTRING, "\"a\tb\"", "a\tb", "" },
	{ ASTRING, "\"h\xc3\xa9\"", "h\xc3\xa9", "" },
	{ ASTRING, "{3}\r\nabc d", "abc", " d" },
	{ ASTRING, "{3+}\r\na\nc", "a\nc", "" },
	{ ASTRING, "{0}\r\n", "", "" },
	{ ASTRING, "{4}\r\nabc", NULL, NULL },
	{ ASTRING, "{3}abc", NULL, NULL },
	{ ASTRING, "{x}\r\nabc", NULL, NULL },
	{ ASTRING, "{}\r\nabc", NULL, NULL },
	{ ASTRING, "{1} {3}\r\nabc", NULL, NULL },
	{ ASTRING, "{-3}\r\nabc", NULL, NULL },
	{ ASTRING, "{99999999999999999999}\r\nabc", NULL, NULL },
	{ ASTRING, "~{3}\r\nabc", "~", "{3}\r\nabc" },
	{ ASTRING, "*", NULL, NULL },
	{ STRING, "abc", NULL, NULL },
	{ NSTRING, "nil x", NULL, " x" },
	{ NSTRING, "\"NIL\"", "NIL", "" },
	{ FLAG, "\\Seen)", "\\Seen", ")" },
	{ FLAG, "$Label1 ", "$Label1", " " },
	{ FLAG, "\\", NULL, NULL },
	{ FLAG, "\\*", NULL, NULL },
	{ PATTERN, "a/%*", "a/%*", "" },
	{ PATTERN, "\"%\"", "%", "" },
	{ NAME, "HEADER.FIELDS (", "HEADER.FIELDS", " (" },
	{ NAME, "]", "", "]" },
};

static void
elements(void **state)
{
	struct str scratch = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct slice value = { NULL, 0 };
		struct args args;
		bool good;

		args_init(&args, slice_from(r->text), &scratch);
		good = take(r->kind, &args, &value);
		UNIT_CHECK(i, good == (r->rest != NULL));
		UNIT_CHECK(i, args.bad == !good);
		if (!good)
			continue;
		UNIT_CHECK(i, slice_is(args.rest, r->rest));
		if (r->value == NULL)
			UNIT_CHECK(i, value.ptr == NULL);
		else
			UNIT_CHECK(i, slice_is(value, r->value));
	}
	str_release(&scratch);
}

/* Two strings with escapes do not overwrite each other. */
static void
escapes_stay(void **state)
{
	struct str scratch = STR_INIT;
	struct slice a, b;
	struct args args;

	(void)state;
	args_init(&args, slice_from("\"a\\\"\" \"\\\\b\""), &scratch);
	assert_true(args_string(&args, &a));
	assert_true(args_space(&args));
	assert_true(args_string(&args, &b));
	assert_true(args_end(&args));
	assert_true(slice_is(a, "a\""));
	assert_true(slice_is(b, "\\b"));
	str_release(&scratch);
}

static void
nul_in_literal(void **state)
{
	static const char text[] = "{3}\r\na\0c";
	struct str scratch = STR_INIT;
	struct slice value;
	struct args args;

	(void)state;
	args_init(&args, slice_of(text, sizeof text - 1), &scratch);
	assert_false(args_astring(&args, &value));
	str_release(&scratch);
}

static unsigned
count_list(const char *text, bool *ret_good)
{
	struct str scratch = STR_INIT;
	struct slice word;
	struct args args;
	unsigned n = 0;

	args_init(&args, slice_from(text), &scratch);
	(void)args_open(&args); /* sticks */
	while (args_more(&args, n == 0) && args_atom(&args, &word))
		n++;
	*ret_good = args_end(&args);
	str_release(&scratch);
	return n;
}

static void
lists(void **state)
{
	static const struct {
		const char *text;
		bool good;
		unsigned count;
	} lists[] = {
		{ "()", true, 0 },
		{ "(a)", true, 1 },
		{ "(a b c)", true, 3 },
		{ "(a  b)", false, 0 },
		{ "( a)", false, 0 },
		{ "(a )", false, 0 },
		{ "(a", false, 0 },
		{ "a)", false, 0 },
		{ "(a)b", false, 0 },
		{ "(a))", false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(lists); i++) {
		bool good;
		unsigned n = count_list(lists[i].text, &good);

		UNIT_CHECK(i, good == lists[i].good);
		UNIT_CHECK(i, !good || n == lists[i].count);
	}
}

/* At the limits of depth and number, and one past them. */
static void
limits(void **state)
{
	STR_AUTO text = STR_INIT;
	struct str scratch = STR_INIT;
	struct args args;
	bool good;
	unsigned i;

	(void)state;
	for (i = 0; i <= ARGS_DEPTH_MAX; i++)
		str_append_char(&text, '(');
	args_init(&args, str_slice(&text), &scratch);
	for (i = 0; i < ARGS_DEPTH_MAX; i++)
		assert_true(args_open(&args));
	assert_false(args_open(&args));

	str_set(&text, slice_from("(a"));
	for (i = 2; i < ARGS_COUNT_MAX; i++) /* the list counts too */
		str_append_cstr(&text, " a");
	str_append_char(&text, ')');
	assert_int_equal(
	    count_list(str_cstr(&text), &good), ARGS_COUNT_MAX - 1);
	assert_true(good);
	str_truncate(&text, text.len - 1);
	str_append_cstr(&text, " a)");
	(void)count_list(str_cstr(&text), &good); /* good is what matters */
	assert_false(good);
	str_release(&scratch);
}

static void
literal_ends(void **state)
{
	static const struct {
		const char *line;
		bool found, sync, binary;
		uint64_t size;
	} ends[] = {
		{ "a {0}", true, true, false, 0 },
		{ "a {12}", true, true, false, 12 },
		{ "a {12+}", true, false, false, 12 },
		{ "a ~{12+}", true, false, true, 12 },
		{ "{9223372036854775807}", true, true, false, INT64_MAX },
		{ "{9223372036854775808}", true, true, false, UINT64_MAX },
		{ "{99999999999999999999+}", true, false, false, UINT64_MAX },
		{ "{00000000000000000012}", true, true, false, 12 },
		{ "{}", false, false, false, 0 },
		{ "{+}", false, false, false, 0 },
		{ "}", false, false, false, 0 },
		{ "12}", false, false, false, 0 },
		{ "", false, false, false, 0 },
		{ "{12} ", false, false, false, 0 },
		{ "{1 2}", false, false, false, 0 },
		{ "{-1}", false, false, false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(ends); i++) {
		struct literal literal = { 0, false, false };
		bool found = literal_at_end(slice_from(ends[i].line), &literal);

		UNIT_CHECK(i, found == ends[i].found);
		UNIT_CHECK(i, literal.size == ends[i].size);
		UNIT_CHECK(i, literal.sync == ends[i].sync);
		UNIT_CHECK(i, literal.binary == ends[i].binary);
	}
}

static void
tags(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} tags[] = {
		{ "a1", true },
		{ "A]", true },
		{ "", false },
		{ "a+", false },
		{ "*", false },
		{ "a b", false },
		{ "\"a\"", false },
		{ "a{", false },
		{ "\xc3\xa9", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(tags); i++)
		UNIT_CHECK(
		    i, parse_is_tag(slice_from(tags[i].text)) == tags[i].good);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements),
		cmocka_unit_test(escapes_stay),
		cmocka_unit_test(nul_in_literal),
		cmocka_unit_test(lists),
		cmocka_unit_test(limits),
		cmocka_unit_test(literal_ends),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
