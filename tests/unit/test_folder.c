#include "common/store/folder.h"
#include "common/store/mutf7.h"
#include "common/store/store.h"
#include "tests/unit/unit.h"

static void
mutf7_both_ways(void **state)
{
	static const struct {
		const char *utf8, *mutf7;
	} rows[] = {
		{ "", "" },
		{ "INBOX", "INBOX" },
		{ "a&b", "a&-b" },
		{ "&", "&-" },
		{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
		{ "\xe5\x8f\xb0\xe5\x8c\x97", "&U,BTFw-" },
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c"
		  "\xac\xe8\xaa\x9e",
		    "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
		{ "\xf0\x9f\x98\x80", "&2D3eAA-" },
		{ "\xc3\xbc&\xc3\xbc", "&APw-&-&APw-" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		STR_AUTO back = STR_INIT;

		mutf7_encode(slice_from(rows[i].utf8), &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].mutf7));
		UNIT_CHECK(i, mutf7_decode(slice_from(rows[i].mutf7), &back));
		UNIT_CHECK(i, slice_is(str_slice(&back), rows[i].utf8));
	}
}

static void
mutf7_refused(void **state)
{
	static const char *const rows[] = {
		"&",
		"a&b",
		"&APw",
		"&AGE-",
		"&APw-&APw-",
		"&2D0-",
		"&3gA-",
		"&APx-",
		"&APwA-",
		"&!-",
		"\xc3\xbc",
		"a\tb",
		"&APw=-",
		"&A-",
		"&AAA-x&",
		"&2D3YPQ-",
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		str_append_cstr(&out, "x");
		UNIT_CHECK(i, !mutf7_decode(slice_from(rows[i]), &out));
		UNIT_CHECK(i, slice_is(str_slice(&out), "x"));
	}
}

static void
folders(void **state)
{
	static const struct {
		const char *name, *dir, *back;
	} rows[] = {
		{ "INBOX", ".", "INBOX" },
		{ "inbox", ".", "INBOX" },
		{ "Sent", ".Sent", "Sent" },
		{ "a/b c/d", ".a.b c.d", "a/b c/d" },
		{ "iNboX/x", ".INBOX.x", "INBOX/x" },
		{ "K\xc3\xb6ln", ".K&APY-ln", "K\xc3\xb6ln" },
		{ "a&b", ".a&-b", "a&b" },
		{ "", NULL, NULL },
		{ "/", NULL, NULL },
		{ "/a", NULL, NULL },
		{ "a/", NULL, NULL },
		{ "a//b", NULL, NULL },
		{ ".", NULL, NULL },
		{ "..", NULL, NULL },
		{ "a/../b", NULL, NULL },
		{ "a.b", NULL, NULL },
		{ ".a", NULL, NULL },
		{ "a.", NULL, NULL },
		{ "a\tb", NULL, NULL },
		{ "a\x7f", NULL, NULL },
		{ "a\xff", NULL, NULL },
		{ "a\xc3", NULL, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO dir = STR_INIT;
		STR_AUTO back = STR_INIT;
		bool good = folder_to_dir(slice_from(rows[i].name), &dir);

		UNIT_CHECK(i, good == (rows[i].dir != NULL));
		UNIT_CHECK(i, good || dir.len == 0);
		if (!good)
			continue;
		UNIT_CHECK(i, slice_is(str_slice(&dir), rows[i].dir));
		UNIT_CHECK(i, folder_from_dir(str_slice(&dir), &back));
		UNIT_CHECK(i, slice_is(str_slice(&back), rows[i].back));
	}
	assert_false(folder_to_dir(slice_of("a\0b", 3), &(struct str){ 0 }));
}

static void
directories_refused(void **state)
{
	static const char *const rows[] = { "", "Sent", "..", ".a.", ".a..b",
		".&", ".inbox.x", ".INBOX", ".a/b", ".\xc3\xb6", ".&AC4-" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO name = STR_INIT;

		UNIT_CHECK(i, !folder_from_dir(slice_from(rows[i]), &name));
		UNIT_CHECK(i, name.len == 0);
	}
}

static void
limits(void **state)
{
	STR_AUTO name = STR_INIT;
	STR_AUTO dir = STR_INIT;
	int i;

	(void)state;
	for (i = 0; i < STORE_NAME_MAX - 1; i++)
		str_append_char(&name, 'x');
	assert_true(folder_to_dir(str_slice(&name), &dir));
	assert_int_equal(dir.len, STORE_NAME_MAX);
	str_append_char(&name, 'x');
	assert_false(folder_to_dir(str_slice(&name), &dir));
	str_clear(&name);
	for (i = 0; i < STORE_DEPTH_MAX; i++)
		str_append_cstr(&name, i ? "/x" : "x");
	assert_true(folder_to_dir(str_slice(&name), &dir));
	str_append_cstr(&name, "/x");
	assert_false(folder_to_dir(str_slice(&name), &dir));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutf7_both_ways),
		cmocka_unit_test(mutf7_refused),
		cmocka_unit_test(folders),
		cmocka_unit_test(directories_refused),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
