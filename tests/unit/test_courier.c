#include <stdlib.h>

#include "common/store/courier.h"
#include "common/store/courier_import.h"
#include "common/store/mailbox_message.h"
#include "common/store/store.h"
#include "tests/unit/store_fixture.h"

#define HEAD "1 77 100\n"

/* Both lists, and the entries and next uid that are made of them. */
static void
lists(void **state)
{
	static const struct {
		const char *uids, *pop3, *want;
		uint32_t validity, next;
	} rows[] = {
		/* nothing that is Courier's */
		{ "", "", NULL, 0, 0 },
		{ "1 77 100", "", NULL, 0, 0 },
		{ "2 77 100\n5 a\n", "", NULL, 0, 0 },
		{ "1 0 100\n5 a\n", "", NULL, 0, 0 },
		{ "1 4294967296 100\n5 a\n", "", NULL, 0, 0 },
		{ "1 77 0\n5 a\n", "", NULL, 0, 0 },
		{ "1 77 4294967295\n5 a\n", "", NULL, 0, 0 },
		{ "1 77 100 \n5 a\n", "", NULL, 0, 0 },
		{ "", "/1 5 6\na 1 2:3\n", NULL, 0, 0 },
		{ "", "a 1 2:3\n", NULL, 0, 0 },
		/* uids */
		{ HEAD, "", "", 77, 100 },
		{ HEAD "5 a\n9 b:2,S\n", "", "5 :a\n9 :b\n", 77, 100 },
		{ HEAD "9 b\n5 a\n", "", "5 :a\n9 :b\n", 77, 100 },
		{ HEAD "5 a\n9 b", "", "5 :a\n", 77, 100 },
		{ HEAD "5 a b\n", "", "5 :a b\n", 77, 100 },
		{ HEAD "0 a\nx b\n-1 c\n5d\n5 \n5 .e\n5 f/g\n7 h\n", "",
		    "7 :h\n", 77, 100 },
		/* beyond what the header says */
		{ HEAD "5 a\n100 b\n", "", "5 :a\n100 :b\n", 77, 101 },
		{ HEAD "250 .x\n", "", "", 77, 251 },
		{ HEAD "4294967295 a\n4294967294 b\n4294967293 c\n", "",
		    "4294967293 :c\n", 77, UIDLIST_UID_MAX },
		/* two of one uid, two uids of one: neither is sure */
		{ HEAD "5 a\n5 b\n7 c\n", "", "7 :c\n", 77, 100 },
		{ HEAD "5 a\n5 b\n5 c\n", "", "", 77, 100 },
		{ HEAD "5 a\n6 a\n7 c\n", "", "7 :c\n", 77, 100 },
		{ HEAD "5 a\n6 a\n5 a\n6 b\n", "", "", 77, 100 },
		{ HEAD "5 a\n5 a:2,S\n", "", "5 :a\n", 77, 100 },
		/* ids of POP3 */
		{ HEAD "5 a\n", "/3 9 8\na 10 1:8:0\n", "5 PUID1-8 :a\n", 77,
		    100 },
		{ HEAD "5 a\n", "/2 9 8\na:2,S 10 1:8\n", "5 PUID1-8 :a\n", 77,
		    100 },
		{ HEAD "5 a\n", "/3 9 8\na 10 1:0:0\n", "5 PUID1 :a\n", 77,
		    100 },
		{ HEAD "5 a+b'\n", "/3 9 8\na+b' 10 0:0:0\n",
		    "5 Pa+2Bb+27 :a+b'\n", 77, 100 },
		{ HEAD "5 a\n", "/3 9 8\nc 9 2:8:0\nb 9 1:8:0\n",
		    "5 :a\n100 PUID1-8 :b\n101 PUID2-8 :c\n", 77, 102 },
		{ "", "/3 9 8\nc 9 2:8:0\nb 9 1:8:0\n",
		    "1 PUID1-8 :b\n2 PUID2-8 :c\n", 0, 3 },
		{ "rubbish\n", "/3 9 8\nb 9 1:8:0\n", "1 PUID1-8 :b\n", 0, 2 },
		{ HEAD "5 a\n", "/3 9 8\na\na 1\na x 1:8:0\na 1 1\na 1 x:8\n",
		    "5 :a\n", 77, 100 },
		{ HEAD "5 a\n", "/3 9 8\na 1 4294967296:8:0\n", "5 :a\n", 77,
		    100 },
		/* two of one id, two ids of one */
		{ HEAD "5 a\n6 b\n7 c\n",
		    "/3 9 8\na 1 1:8:0\nb 1 1:8:0\nc 1 2:8:0\n",
		    "5 :a\n6 :b\n7 PUID2-8 :c\n", 77, 100 },
		{ HEAD "5 a\n7 c\n", "/3 9 8\na 1 1:8:0\na 1 2:8:0\n",
		    "5 :a\n7 :c\n", 77, 100 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct uidlist_header header = { .version = 0 };
		STR_AUTO entries = STR_INIT;
		bool any = courier_make_list(slice_from(rows[i].uids),
		    slice_from(rows[i].pop3), &header, &entries);

		UNIT_CHECK(i, any == (rows[i].want != NULL));
		if (rows[i].want == NULL)
			continue;
		UNIT_CHECK(i, slice_is(str_slice(&entries), rows[i].want));
		UNIT_CHECK(i, header.uidvalidity == rows[i].validity);
		UNIT_CHECK(i, header.nextuid == rows[i].next);
	}
}

/* Lines and ids of the longest kind, and one octet more. */
static void
ceilings(void **state)
{
	STR_AUTO uids = STR_INIT;
	STR_AUTO pop3 = STR_INIT;
	STR_AUTO entries = STR_INIT;
	struct uidlist_header header;
	char name[257];
	int i;

	(void)state;
	memset(name, 'n', sizeof name);
	str_appendf(&uids, HEAD "1 %.255s\n2 %.256s\n", name, name);
	str_appendf(&uids, "3 %.69s\n4 %.70s\n5 %.71s\n", name, name, name);
	str_appendf(&pop3, "/3 9 8\n%.69s 1 0:0\n", name);
	str_appendf(&pop3, "%.70s 1 0:0\n%.71s 1 0:0\n", name, name);
	str_append_cstr(&uids, "6 x:");
	for (i = 0; i < UIDLIST_LINE_MAX - 4; i++)
		str_append_char(&uids, 'y');
	str_append_cstr(&uids, "\n7 z:");
	for (i = 0; i < UIDLIST_LINE_MAX - 3; i++)
		str_append_char(&uids, 'y');
	str_append_cstr(&uids, "\n8 last\n");
	assert_true(courier_make_list(
	    str_slice(&uids), str_slice(&pop3), &header, &entries));
	assert_non_null(strstr(entries.ptr, "1 :n"));
	assert_null(strstr(entries.ptr, "2 :n"));
	assert_non_null(strstr(entries.ptr, "3 Pnnn"));
	assert_non_null(strstr(entries.ptr, "4 Pnnn"));
	assert_non_null(strstr(entries.ptr, "5 :nnn"));
	assert_non_null(strstr(entries.ptr, "6 :x\n"));
	assert_null(strstr(entries.ptr, "7 :z"));
	assert_non_null(strstr(entries.ptr, "8 :last\n"));
}

/* More than it remembers: those behind get new uids, which nobody has had. */
static void
too_many(void **state)
{
	STR_AUTO uids = STR_INIT;
	STR_AUTO entries = STR_INIT;
	struct uidlist_header header;
	int i;

	(void)state;
	str_append_cstr(&uids, "1 77 2\n");
	for (i = 1; i <= COURIER_ENTRIES_MAX + 1; i++)
		str_appendf(&uids, "%d m%d\n", i, i);
	assert_true(courier_make_list(
	    str_slice(&uids), slice_from(""), &header, &entries));
	assert_int_equal(header.nextuid, COURIER_ENTRIES_MAX + 2);
	assert_non_null(strstr(entries.ptr, "160000 :m160000\n"));
	assert_null(strstr(entries.ptr, "160001 :"));
}

static void
update_names(void **state)
{
	static const struct {
		const char *name, *base;
		uint64_t age;
	} rows[] = {
		{ "a.b", "a.b", UINT64_MAX },
		{ ".5.a.b", "a.b", 5 },
		{ ".5.", NULL, 0 },
		{ ".5", NULL, 0 },
		{ ".0.a", NULL, 0 },
		{ ".x.a", NULL, 0 },
		{ ".tmp.5.a", NULL, 0 },
		{ ".", NULL, 0 },
		{ "..", NULL, 0 },
		{ ":list", NULL, 0 },
		{ ".18446744073709551615.a", NULL, 0 },
		{ ".18446744073709551614.a", "a", UINT64_MAX - 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice base = slice_from("");
		uint64_t age = 0;
		bool good =
		    courier_update_name(slice_from(rows[i].name), &base, &age);

		UNIT_CHECK(i, good == (rows[i].base != NULL));
		if (good)
			UNIT_CHECK(i,
			    slice_is(base, rows[i].base) && age == rows[i].age);
	}
}

static void
subscriptions(void **state)
{
	STR_AUTO out = STR_INIT;

	(void)state;
	courier_put_subscriptions(
	    slice_from("INBOX.Sent\ninbox\nINBOX.a.b&-c\nINBOX.\nINBOXES\n"
		       "shared.x\n\nInbox.d\nINBOX.torn"),
	    &out);
	assert_string_equal(out.ptr, "Sent\ninbox\na.b&-c\nd\n");
}

/* ---- with a folder ---- */

static void
make_dir(struct fixture *f, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", f->maildir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* Has the message that keyword? */
static bool
has(const struct mailbox *mb, uint32_t seq, const char *keyword)
{
	int i = mailbox_keyword_find(mb, slice_from(keyword));

	return i >= 0 && mailbox_message(mb, seq)->keywords & 1U << i;
}

static void
fill(struct fixture *f)
{
	fixture_write(f, "cur/1.a:2,S", "x\n");
	fixture_write(f, "cur/2.b:2,", "x\n");
	fixture_write(f, "cur/3.c", "x\n");
	fixture_write(f, "new/4.d", "x\n");
	fixture_write(f, COURIER_UIDS_NAME,
	    "1 77 100\n5 1.a\n6 gone\n9 2.b\n12 3.c\n99 gone.too\n");
}

static void
check_uids(const struct mailbox *mb)
{
	static const uint32_t uids[] = { 5, 9, 12, 100 };
	uint32_t i;

	assert_int_equal(mailbox_count(mb), 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(mailbox_message(mb, i + 1)->uid, uids[i]);
	assert_int_equal(mailbox_uidvalidity(mb), 77);
	assert_int_equal(mailbox_uidnext(mb), 101);
}

static void
check_uidl(const struct mailbox *mb, uint32_t seq, const char *want)
{
	STR_AUTO text = STR_INIT;

	mailbox_message_uidl(mb, seq, &text);
	assert_string_equal(str_cstr(&text), want);
}

static void
taken_over(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fill(f);
	fixture_write(
	    f, COURIER_POP3_NAME, "/3 9 8\n1.a 1 3:8:0\n3.c 1 4:8:0\n");
	make_dir(f, COURIER_KEYWORDS_NAME);
	fixture_write(f, COURIER_KEYWORDS_NAME "/:list",
	    "$Label1\nwork\nbad name\n\n1.a:0 1\n2.b:1 2 7 x\ngone:0\n3.c:0\n"
	    "nonsense\n:1\n");
	fixture_write(f, COURIER_KEYWORDS_NAME "/.17.3.c", "old\n");
	fixture_write(f, COURIER_KEYWORDS_NAME "/.18.3.c", "later\nwork\n");
	fixture_write(f, COURIER_KEYWORDS_NAME "/.99.1.a", "$Label1\n");
	fixture_write(f, COURIER_KEYWORDS_NAME "/1.a", "newest\n");
	fixture_write(f, COURIER_KEYWORDS_NAME "/nobodys", "other\n");
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	check_uids(mb);
	assert_true(has(mb, 1, "newest"));
	assert_false(has(mb, 1, "work") || has(mb, 1, "$Label1"));
	assert_true(mailbox_message(mb, 1)->flags & FLAG_SEEN);
	assert_true(has(mb, 2, "work") && !has(mb, 2, "$Label1"));
	assert_true(has(mb, 3, "later") && has(mb, 3, "work"));
	assert_false(has(mb, 3, "old") || has(mb, 3, "$Label1"));
	assert_int_equal(mailbox_message(mb, 4)->keywords, 0);
	check_uidl(mb, 1, "UID3-8");
	check_uidl(mb, 2, "000000090000004d");
	check_uidl(mb, 3, "UID4-8");
	mailbox_free(mb);
}

/* Once: what Courier does behind our back is no news. */
static void
only_once(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fill(f);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	check_uids(mb);
	mailbox_free(mb);
	fixture_write(f, COURIER_UIDS_NAME, "1 78 200\n150 1.a\n");
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	check_uids(mb);
	mailbox_free(mb);
}

/* The list may be made when a message comes, before anybody reads. */
static void
by_delivery(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fill(f);
	assert_int_equal(
	    fixture_deliver(f, "INBOX", FLAG_SEEN, true, "x\n"), 100);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(mb), 5);
	assert_int_equal(mailbox_uidvalidity(mb), 77);
	assert_int_equal(mailbox_message(mb, 1)->uid, 5);
	assert_int_equal(mailbox_message(mb, 3)->uid, 12);
	assert_int_equal(mailbox_message(mb, 4)->uid, 100);
	mailbox_free(mb);
}

/* Whatever has their names is no reason not to read mail. */
static void
rubbish(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fixture_write(f, "cur/1.a:2,S", "x\n");
	make_dir(f, COURIER_UIDS_NAME);
	make_dir(f, COURIER_POP3_NAME);
	fixture_write(f, COURIER_KEYWORDS_NAME, "no folder\n");
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(mb), 1);
	assert_int_equal(mailbox_message(mb, 1)->uid, 1);
	mailbox_free(mb);
}

/* A list that another program has begun is not replaced. */
static void
other_lists(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fill(f);
	fixture_write(f, UIDLIST_NAME, "1 55 9\n3 2.b\n");
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_uidvalidity(mb), 55);
	assert_int_equal(mailbox_message(mb, 1)->uid, 3);
	mailbox_free(mb);
}

/* More keywords than there are letters: the first ones have them. */
static void
many_keywords(void **state)
{
	struct fixture *f = *state;
	STR_AUTO list = STR_INIT;
	struct mailbox *mb;
	int i;

	fill(f);
	make_dir(f, COURIER_KEYWORDS_NAME);
	for (i = 0; i < MAILBOX_KEYWORDS_MAX + 1; i++)
		str_appendf(&list, "k%d\n", i);
	str_appendf(&list, "\n1.a:%d\n2.b:%d\n", MAILBOX_KEYWORDS_MAX - 1,
	    MAILBOX_KEYWORDS_MAX);
	fixture_write(f, COURIER_KEYWORDS_NAME "/:list", str_cstr(&list));
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_true(has(mb, 1, "k25"));
	assert_int_equal(mailbox_message(mb, 2)->keywords, 0);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(too_many),
		cmocka_unit_test(update_names),
		cmocka_unit_test(subscriptions),
		CASE(taken_over),
		CASE(only_once),
		CASE(by_delivery),
		CASE(rubbish),
		CASE(other_lists),
		CASE(many_keywords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
