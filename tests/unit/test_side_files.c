#include <errno.h>

#include "common/store/keywords.h"
#include "common/store/subscriptions.h"
#include "tests/unit/unit.h"

static void
keyword_files(void **state)
{
	static const struct {
		const char *text, *again;
	} rows[] = {
		{ "", "" },
		{ "0 a\n1 $Junk\n", "0 a\n1 $Junk\n" },
		{ "25 z", "25 z\n" },
		{ "26 z\n", "" },
		{ "3 c\n0 a\n", "0 a\n3 c\n" },
		{ "0 a\n0 b\n", "0 b\n" },
		{ "x\n\n0\n0 \n-1 a\n1 a b\n2 \x01\n", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct keywords keywords = { { NULL } };
		STR_AUTO again = STR_INIT;

		keywords_parse(slice_from(rows[i].text), &keywords);
		keywords_format(&keywords, &again);
		UNIT_CHECK(i, slice_is(str_slice(&again), rows[i].again));
		keywords_release(&keywords);
	}
}

static void
keyword_add(void **state)
{
	struct keywords keywords = { { NULL } };
	char name[KEYWORDS_NAME_MAX + 2];
	int i;

	(void)state;
	memset(name, 'x', sizeof name);
	assert_int_equal(
	    keywords_add(&keywords, slice_of(name, KEYWORDS_NAME_MAX), 0), 0);
	assert_int_equal(
	    keywords_add(&keywords, slice_of(name, KEYWORDS_NAME_MAX + 1), 0),
	    -EINVAL);
	assert_int_equal(
	    keywords_add(&keywords, slice_from("a b"), 0), -EINVAL);
	assert_int_equal(keywords_add(&keywords, slice_from(""), 0), -EINVAL);
	assert_int_equal(keywords_add(&keywords, slice_from("k"), 2), 2);
	assert_int_equal(keywords_find(&keywords, slice_from("K")), 2);
	assert_int_equal(keywords_find(&keywords, slice_from("kk")), -1);
	for (i = 3; i < MAILBOX_KEYWORDS_MAX + 1; i++) {
		name[0] = (char)('a' + i - 3);
		assert_int_equal(keywords_add(&keywords, slice_of(name, 1), 0),
		    i == 3 ? 1 : i - 1);
	}
	assert_int_equal(
	    keywords_add(&keywords, slice_from("more"), 0), -ENOSPC);
	keywords_release(&keywords);
}

static void
subscription_names(void **state)
{
	static const struct {
		const char *text, *names;
	} rows[] = {
		{ "", "" },
		{ "INBOX\na.b\n", "INBOX|a/b|" },
		{ "V\t2\n\nINBOX\na\tb\nK&APY-ln\n", "INBOX|a/b|K\xc3\xb6ln|" },
		{ "V\t2\n\nK\xc3\xb6ln\n", "K\xc3\xb6ln|" },
		{ "V\t2\n\na.b\n\n\t\nok", "ok|" },
		{ "inbox\n", "INBOX|" },
		{ "a/b\nok\n", "ok|" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice rest = slice_from(rows[i].text);
		STR_AUTO name = STR_INIT;
		STR_AUTO names = STR_INIT;
		unsigned version = 0;

		while (subscriptions_next(&rest, &version, &name)) {
			str_append(&names, str_slice(&name));
			str_append_char(&names, '|');
		}
		UNIT_CHECK(i, slice_is(str_slice(&names), rows[i].names));
	}
}

static void
subscription_changes(void **state)
{
	static const struct {
		const char *text, *name;
		bool yes, changed;
		const char *want;
	} rows[] = {
		{ "", "a/b", true, true, "V\t2\n\na\tb\n" },
		{ "", "inbox", true, true, "V\t2\n\nINBOX\n" },
		{ "x.y\n", "a/b", true, true, "x.y\na.b\n" },
		{ "V\t2\n\nx\n", "K\xc3\xb6ln", true, true,
		    "V\t2\n\nx\nK&APY-ln\n" },
		{ "V\t2\n\na\tb\n", "a/b", true, false, "V\t2\n\na\tb\n" },
		{ "V\t2\n\na\tb\nx\n", "a/b", false, true, "V\t2\n\nx\n" },
		{ "V\t2\n\nx\n", "a/b", false, false, "V\t2\n\nx\n" },
		{ "V\t2\n\nodd.one\nx\n", "x", false, true,
		    "V\t2\n\nodd.one\n" },
		{ "x", "y", true, true, "x\ny\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		bool changed = subscriptions_set(slice_from(rows[i].text),
		    slice_from(rows[i].name), rows[i].yes, &out);

		UNIT_CHECK(i, changed == rows[i].changed);
		UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].want));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keyword_files),
		cmocka_unit_test(keyword_add),
		cmocka_unit_test(subscription_names),
		cmocka_unit_test(subscription_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
