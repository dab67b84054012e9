/* What clients note: names, the file's text, ceilings, and the file. */
#include <errno.h>

#include "common/store/folder_change.h"
#include "common/store/metadata.h"
#include "tests/unit/store_fixture.h"

static const struct {
	const char *name;
	bool good;
} name_rows[] = {
	{ "/private/comment", true },
	{ "/SHARED/Comment", true },
	{ "/shared/vendor/cmu/x", true },
	{ "/private", false },
	{ "/private/", false },
	{ "/private//a", false },
	{ "/private/a/", false },
	{ "/privat/a", false },
	{ "private/a", false },
	{ "/private/a*", false },
	{ "/private/%", false },
	{ "/private/a b", false },
	{ "/private/\xc3\xa4", false },
	{ "/private/a\tb", false },
	{ "", false },
};

static void
names(void **state)
{
	STR_AUTO name = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(name_rows); i++)
		UNIT_CHECK(i, metadata_name_valid(slice_from(
				  name_rows[i].name)) == name_rows[i].good);
	str_append_cstr(&name, "/shared/");
	while (name.len < METADATA_ENTRY_MAX)
		str_append_char(&name, 'x');
	assert_true(metadata_name_valid(str_slice(&name)));
	str_append_char(&name, 'x');
	assert_false(metadata_name_valid(str_slice(&name)));
}

/* Text as it is read, and as it is then written. */
static const struct {
	const char *text, *again;
} text_rows[] = {
	{ "", "" },
	{ "njiwa-metadata 1\n/private/a\tb\n", "/private/a\tb\n" },
	{ "/private/b\t1\n/private/a\t2", "/private/a\t2\n/private/b\t1\n" },
	{ "/private/a\t1\n/PRIVATE/A\t2\n", "/PRIVATE/A\t2\n" },
	{ "/private/a\tx\\ny\\\\z\\t\\r\\0\n",
	    "/private/a\tx\\ny\\\\z\\t\\r\\0\n" },
	{ "/private/a\tx\\q\n/private/b\tx\\\n/private/c\t\n",
	    "/private/c\t\n" },
	{ "/private/a\n\n\tx\n/other/a\tx\n", "" },
	{ "/private/a\tx\ty\n", "/private/a\tx\\ty\n" },
};

static void
texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(text_rows); i++) {
		struct metadata metadata = { .entries = NULL };
		STR_AUTO out = STR_INIT;
		STR_AUTO want = STR_INIT;

		metadata_parse(slice_from(text_rows[i].text), &metadata);
		metadata_print(&metadata, &out);
		str_appendf(&want, "njiwa-metadata 1\n%s", text_rows[i].again);
		UNIT_CHECK(i, slice_equal(str_slice(&out), str_slice(&want)));
		metadata_release(&metadata);
	}
}

static int
put(struct fixture *f, const char *folder, const char *name, const char *value)
{
	struct metadata_entry entry = { slice_from(name), slice_of(NULL, 0) };

	if (value)
		entry.value = slice_from(value);
	return metadata_write(f->store, slice_from(folder), &entry, 1, &f->err);
}

/* Is it the value?  NULL: there is none. */
static bool
is(struct fixture *f, const char *folder, const char *name, const char *value)
{
	struct metadata metadata = { .entries = NULL };
	struct slice found;
	bool same;

	if (metadata_read(f->store, slice_from(folder), &metadata, &f->err) < 0)
		return false;
	found = metadata_find(&metadata, slice_from(name));
	same = value ? found.ptr && slice_is(found, value) : found.ptr == NULL;
	metadata_release(&metadata);
	return same;
}

static void
files(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f, "a", "/private/x", "1"), -ENOENT);
	assert_int_equal(store_create(f->store, slice_from("a"), &f->err), 0);
	assert_true(is(f, "a", "/private/x", NULL));
	assert_int_equal(put(f, "a", "/private/x", "one\ntwo"), 0);
	assert_int_equal(put(f, "a", "/private/Y", ""), 0);
	assert_int_equal(put(f, "INBOX", "/private/x", "inbox"), 0);
	assert_int_equal(put(f, "", "/private/x", "all"), 0);
	assert_true(is(f, "a", "/PRIVATE/X", "one\ntwo"));
	assert_true(is(f, "a", "/private/y", ""));
	assert_true(is(f, "inbox", "/private/x", "inbox"));
	assert_true(is(f, "", "/private/x", "all"));
	assert_int_equal(put(f, "a", "/private/x", NULL), 0);
	assert_true(is(f, "a", "/private/x", NULL));
	/* it goes where the folder goes */
	assert_int_equal(
	    store_rename(f->store, slice_from("a"), slice_from("b"), &f->err),
	    0);
	assert_true(is(f, "b", "/private/y", ""));
	assert_int_equal(store_delete(f->store, slice_from("b"), &f->err), 0);
	assert_int_equal(store_create(f->store, slice_from("b"), &f->err), 0);
	assert_true(is(f, "b", "/private/y", NULL));
}

/* All or none, also at the ceilings. */
static void
ceilings(void **state)
{
	struct fixture *f = *state;
	STR_AUTO value = STR_INIT;
	char name[32];
	int i;

	for (i = 0; i < METADATA_ENTRIES_MAX; i++) {
		(void)snprintf(name, sizeof name, "/private/%d", i);
		assert_int_equal(put(f, "INBOX", name, "x"), 0);
	}
	assert_int_equal(put(f, "INBOX", "/private/more", "x"), -E2BIG);
	assert_int_equal(put(f, "INBOX", "/private/0", "y"), 0);
	assert_int_equal(put(f, "INBOX", "/private/0", NULL), 0);
	assert_int_equal(put(f, "INBOX", "/private/more", "x"), 0);
	for (i = 0; i < METADATA_VALUE_MAX; i++)
		str_append_char(&value, '\n');
	for (i = 0; i < 15; i++) {
		(void)snprintf(name, sizeof name, "/private/%d", i);
		assert_int_equal(put(f, "", name, str_cstr(&value)), 0);
	}
	assert_int_equal(put(f, "", "/private/15", str_cstr(&value)), -E2BIG);
	assert_true(is(f, "", "/private/15", NULL));
	assert_true(is(f, "", "/private/14", str_cstr(&value)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(texts),
		cmocka_unit_test_setup_teardown(
		    files, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    ceilings, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
