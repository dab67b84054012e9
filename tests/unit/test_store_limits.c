/* What a user's mail may have of things, at each limit and one past it:
 * folders, subscriptions, UIDs, the size of a list. */
#include <errno.h>

#include "common/store/folder_change.h"
#include "common/store/subscriptions.h"
#include "common/store/uidfile.h"
#include "common/store/uidlist.h"
#include "tests/unit/store_fixture.h"

#define TEXT "Subject: a\n\nbody\n"

/* Folders as another program makes them. */
static void
make_folders(struct fixture *f, size_t from, size_t to)
{
	char name[32];

	for (; from < to; from++) {
		(void)snprintf(name, sizeof name, ".f%zu", from);
		assert_int_equal(mkdirat(f->store->root, name, 0700), 0);
		(void)snprintf(name, sizeof name, ".f%zu/cur", from);
		assert_int_equal(mkdirat(f->store->root, name, 0700), 0);
	}
}

static size_t
listed(struct fixture *f)
{
	struct store_folder *list;
	size_t n;

	assert_int_equal(store_list(f->store, &list, &n, &f->err), 0);
	store_folders_free(list, n);
	return n;
}

static void
folders(void **state)
{
	struct fixture *f = *state;
	struct slice last = slice_from("last"), more = slice_from("more");
	struct slice all = slice_from("f1"), other = slice_from("other");

	make_folders(f, 0, STORE_FOLDERS_MAX - 2); /* INBOX is one */
	assert_int_equal(store_create(f->store, last, &f->err), 0);
	assert_int_equal(listed(f), STORE_FOLDERS_MAX);
	assert_int_equal(store_create(f->store, more, &f->err), -EMLINK);
	assert_int_equal(store_create(f->store, last, &f->err), -EEXIST);
	assert_int_equal(store_rename(f->store, all, other, &f->err), 0);
	/* one past it, which others can make: what is not listed would stay
	 * behind when a tree is renamed */
	make_folders(f, STORE_FOLDERS_MAX, STORE_FOLDERS_MAX + 1);
	assert_int_equal(listed(f), STORE_FOLDERS_MAX);
	assert_int_equal(store_rename(f->store, other, all, &f->err), -EMLINK);
	assert_int_equal(store_delete(f->store, last, &f->err), 0);
	assert_int_equal(store_rename(f->store, other, all, &f->err), 0);
	assert_int_equal(store_create(f->store, more, &f->err), -EMLINK);
	assert_int_equal(store_delete(f->store, all, &f->err), 0);
	assert_int_equal(store_create(f->store, more, &f->err), 0);
}

/* Makes the file so large that it has room for so many octets more. */
static void
fill_subscriptions(struct fixture *f, size_t room)
{
	STR_AUTO text = STR_INIT;

	str_append_cstr(&text, "V\t2\n\n");
	while (text.len < SUBSCRIPTIONS_FILE_MAX - room - 300)
		str_appendf(&text, "%0200zu\n", text.len);
	while (text.len < SUBSCRIPTIONS_FILE_MAX - room - 1)
		str_append_char(&text, 'x');
	str_append_char(&text, '\n');
	fixture_write(f, "subscriptions", str_cstr(&text));
}

static void
subscriptions(void **state)
{
	struct fixture *f = *state;
	struct slice four = slice_from("four");

	fill_subscriptions(f, 4); /* the line end is one too many */
	assert_int_equal(
	    store_subscribe(f->store, four, true, &f->err), -EFBIG);
	assert_int_equal(listed(f) > 1000, 1);
	fill_subscriptions(f, 5);
	assert_int_equal(store_subscribe(f->store, four, true, &f->err), 0);
	/* a full file can be read, and gets smaller */
	assert_int_equal(store_subscribe(f->store, four, true, &f->err), 0);
	assert_int_equal(
	    store_subscribe(f->store, slice_from("b"), true, &f->err), -EFBIG);
	assert_int_equal(store_subscribe(f->store, four, false, &f->err), 0);
	assert_int_equal(
	    store_subscribe(f->store, slice_from("b"), true, &f->err), 0);
}

/* A list that says how far UIDs have come. */
static void
write_list(struct fixture *f, uint32_t next)
{
	char text[64];

	(void)snprintf(text, sizeof text, "3 V77 N%u\n", next);
	fixture_write(f, UIDLIST_NAME, text);
}

/* The last uid is given out; where there is none left, a session that is under
 * way keeps what it has, and the next one finds a mailbox that begins anew. */
static void
last_uids(void **state)
{
	struct fixture *f = *state;
	struct mailbox_changes changes;
	struct mailbox *mb;

	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	write_list(f, UIDLIST_UID_MAX - 1);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_uidvalidity(mb), 77);
	assert_int_equal(mailbox_message(mb, 1)->uid, UIDLIST_UID_MAX - 1);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.appeared, 0);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_count(mb), 1);
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_true(mailbox_uidvalidity(mb) > 77);
	assert_int_equal(mailbox_count(mb), 2);
	assert_int_equal(mailbox_message(mb, 1)->uid, 1);
	assert_int_equal(mailbox_message(mb, 2)->uid, 2);
	assert_int_equal(mailbox_uidnext(mb), 3);
	mailbox_free(mb);
}

/* Whatever the list says: no uid is 0 or above the last. */
static void
no_uid_left(void **state)
{
	static const uint32_t nexts[] = { UIDLIST_UID_MAX, UINT32_MAX };
	struct fixture *f = *state;
	struct mailbox *mb;
	size_t i;

	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	for (i = 0; i < UNIT_COUNT(nexts); i++) {
		write_list(f, nexts[i]);
		mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
		UNIT_CHECK(i, mailbox_message(mb, 1)->uid == 1);
		UNIT_CHECK(i, mailbox_uidvalidity(mb) > 77);
		mailbox_free(mb);
	}
}

/* One that nobody would read into memory. */
static void
list_too_large(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = NULL;
	int fd;

	fixture_write(f, UIDLIST_NAME, "3 V77 N1\n");
	fd = openat(f->store->root, UIDLIST_NAME, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)UIDFILE_MAX + 1), 0);
	(void)close(fd);
	assert_int_equal(mailbox_open(f->store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &mb, &f->err),
	    -EFBIG);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(folders),
		TEST(subscriptions),
		TEST(last_uids),
		TEST(no_uid_left),
		TEST(list_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
