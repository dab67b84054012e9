/* Ceilings of what imapd tells and takes, at the limit and one past it; the
 * table of all of them is in tests/e2e/test_imap_limits.py. */
#include "cmd/imapd/bodystructure.h"
#include "cmd/imapd/envelope.h"
#include "cmd/imapd/fetch.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/response.h"
#include "tests/unit/unit.h"

/* How often what stands in text. */
static size_t
count(struct str *text, const char *what)
{
	const char *at = str_cstr(text);
	size_t n = 0;

	while ((at = strstr(at, what)) != NULL) {
		at += strlen(what);
		n++;
	}
	return n;
}

/* n times what, with a comma between. */
static void
repeat(struct str *out, const char *what, size_t n)
{
	str_clear(out);
	while (n-- > 0)
		str_appendf(out, "%s%s", what, n ? "," : "");
}

static void
addresses(void **state)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO out = STR_INIT;

	(void)state;
	repeat(&text, "a@b", ENVELOPE_ADDRESSES_MAX);
	envelope_addresses(str_slice(&text), &out);
	assert_int_equal(count(&out, "\"a\" \"b\")"), ENVELOPE_ADDRESSES_MAX);
	str_append_cstr(&text, ",last@b");
	str_clear(&out);
	envelope_addresses(str_slice(&text), &out);
	assert_int_equal(count(&out, "\"a\" \"b\")"), ENVELOPE_ADDRESSES_MAX);
	assert_int_equal(count(&out, "last"), 0);
	assert_string_equal(out.ptr + out.len - 2, "))");
}

/* Comments within comments have no limit, as they are counted alone. */
static void
comments(void **state)
{
	const size_t depth = 100000;
	STR_AUTO text = STR_INIT;
	STR_AUTO out = STR_INIT;
	size_t n;

	(void)state;
	str_append_cstr(&text, "a@b ");
	for (n = 0; n < depth; n++)
		str_append_char(&text, '(');
	for (n = 0; n < depth; n++)
		str_append_char(&text, ')');
	str_append_cstr(&text, ", c@d");
	envelope_addresses(str_slice(&text), &out);
	assert_int_equal(
	    count(&out, " NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))"), 1);
}

static void
languages(void **state)
{
	size_t n;

	(void)state;
	for (n = 100; n <= 101; n++) { /* LANGUAGES_MAX */
		struct mime mime = { NULL, 0, 0 };
		STR_AUTO list = STR_INIT;
		STR_AUTO text = STR_INIT;
		STR_AUTO out = STR_INIT;

		repeat(&list, "xx", n);
		str_appendf(&text, "Content-Language: %s\n\n", str_cstr(&list));
		mime_parse(str_slice(&text), &mime);
		bodystructure_append(&mime, str_slice(&text), true, &out);
		assert_int_equal(count(&out, "\"xx\""), 100);
		mime_release(&mime);
	}
}

static void
quoted_strings(void **state)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO out = STR_INIT;

	(void)state;
	while (text.len < RESPONSE_QUOTED_MAX)
		str_append_char(&text, 'x');
	response_string(&out, str_slice(&text));
	assert_int_equal(out.ptr[0], '"');
	assert_int_equal(out.len, RESPONSE_QUOTED_MAX + 2);
	str_append_char(&text, 'x');
	str_clear(&out);
	response_string(&out, str_slice(&text));
	assert_int_equal(count(&out, "{1001}\r\nx"), 1);
	assert_int_equal(out.len, RESPONSE_QUOTED_MAX + 1 + 8);
}

static void
mailbox_names(void **state)
{
	struct str scratch = STR_INIT;
	STR_AUTO text = STR_INIT;
	STR_AUTO name = STR_INIT;
	struct args args;
	bool valid;

	(void)state;
	while (text.len < MAILBOX_NAME_MAX)
		str_append_char(&text, 'x');
	args_init(&args, str_slice(&text), &scratch);
	assert_true(mailbox_name_argument(&args, &name, &valid));
	assert_true(valid);
	assert_int_equal(name.len, MAILBOX_NAME_MAX);
	str_append_char(&text, 'x');
	args_init(&args, str_slice(&text), &scratch);
	assert_true(mailbox_name_argument(&args, &name, &valid));
	assert_false(valid);
	str_release(&scratch);
}

/* Is the item taken? */
static bool
is_item(const struct str *text)
{
	struct str scratch = STR_INIT;
	struct fetch_plan plan;
	struct args args;
	bool good;

	args_init(&args, str_slice(text), &scratch);
	good = fetch_parse(&args, &plan) == NULL;
	fetch_plan_release(&plan);
	str_release(&scratch);
	return good;
}

static void
header_fields(void **state)
{
	size_t past, n;

	(void)state;
	for (past = 0; past < 2; past++) {
		STR_AUTO text = STR_INIT;

		str_append_cstr(&text, "BODY[HEADER.FIELDS (a");
		for (n = 1; n < FETCH_FIELDS_MAX + past; n++)
			str_append_cstr(&text, " a");
		str_append_cstr(&text, ")]");
		UNIT_CHECK(past, is_item(&text) == (past == 0));
	}
}

static void
part_numbers(void **state)
{
	size_t past, n;

	(void)state;
	for (past = 0; past < 2; past++) {
		STR_AUTO text = STR_INIT;

		str_append_cstr(&text, "BODY[1");
		for (n = 1; n < FETCH_NUMBERS_MAX + past; n++)
			str_append_cstr(&text, ".1");
		str_append_cstr(&text, "]");
		UNIT_CHECK(past, is_item(&text) == (past == 0));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(comments),
		cmocka_unit_test(languages),
		cmocka_unit_test(quoted_strings),
		cmocka_unit_test(mailbox_names),
		cmocka_unit_test(header_fields),
		cmocka_unit_test(part_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
