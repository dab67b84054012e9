/* Names of files that come again, as Dovecot's COPY makes them: it keeps the
 * name, also where a message of that name has been. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/store/mailbox_message.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"
#include "tests/unit/foreign_fixture.h"

#define OTHER_TEXT "Subject: another\n\nlonger\n"

/* Removes the file of the second message, and makes another of its name. */
static void
put_again(struct fixture *f, struct mailbox *mb, char *base, size_t size)
{
	const char *name = view_name(mb, view_record(mb, 2));
	struct slice old = maildir_base(slice_from(name));
	char path[400];

	(void)snprintf(base, size, "%.*s", (int)old.len, old.ptr);
	(void)snprintf(path, sizeof path, "cur/%s", name);
	assert_int_equal(unlinkat(f->store->root, path, 0), 0);
	(void)snprintf(path, sizeof path, "cur/%s:2,F", base);
	fixture_write(f, path, OTHER_TEXT);
}

static uint64_t
list_size(struct fixture *f)
{
	struct stat st;

	assert_int_equal(fstatat(f->store->root, "dovecot-uidlist", &st, 0), 0);
	return (uint64_t)st.st_size;
}

/* Uids 1, 3 and 4, and the last one is the new message. */
static void
check_view(struct fixture *f, struct mailbox *mb)
{
	uint64_t size;

	assert_int_equal(mailbox_count(mb), 3);
	assert_int_equal(mailbox_message(mb, 2)->uid, 3);
	assert_int_equal(mailbox_message(mb, 3)->uid, 4);
	assert_true(mailbox_message(mb, 3)->flags & FLAG_FLAGGED);
	assert_int_equal(mailbox_uidnext(mb), 5);
	assert_int_equal(mailbox_message_file_size(mb, 3, &size, &f->err), 0);
	assert_int_equal(size, strlen(OTHER_TEXT));
}

static void
file_and_entry(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3), *other;
	char base[300];

	put_again(f, mb, base, sizeof base);
	put_entry(f, 4, base);
	expect(f, mb, 0, 1, 1);
	check_view(f, mb);
	rest();
	expect(f, mb, 0, 0, 0);
	other = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	check_view(f, other);
	mailbox_free(other);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* The entry comes when the folder has been looked at: only the list tells. */
static void
entry_later(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	char base[300];

	put_again(f, mb, base, sizeof base);
	rest();
	expect(f, mb, 1, 0, 0); /* its flags */
	rest();
	expect(f, mb, 0, 0, 0);
	put_entry(f, 4, base);
	expect(f, mb, 0, 1, 1);
	check_view(f, mb);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* Of two sessions one sees the message go, and the other does not: they agree,
 * and nothing is numbered again. */
static void
two_sessions(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3), *other;
	struct store *store = other_store(f);
	uint32_t uid = mailbox_message(mb, 2)->uid;
	char name[420], base[300];
	uint64_t size;

	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &other, &f->err),
	    0);
	(void)snprintf(
	    base, sizeof base, "%.299s", view_name(mb, view_record(mb, 2)));
	*strchr(base, ':') = '\0';
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	expect(f, mb, 0, 1, 0);
	(void)snprintf(name, sizeof name, "cur/%.290s:2,F", base);
	fixture_write(f, name, OTHER_TEXT);
	fixture_write(f, "cur/1.new:2,", OTHER_TEXT);
	put_entry(f, 4, base);
	put_entry(f, 5, "1.new");
	size = list_size(f);
	expect(f, other, 0, 1, 2);
	expect(f, mb, 0, 0, 2);
	rest();
	expect(f, other, 0, 0, 0);
	expect(f, mb, 0, 0, 0);
	assert_int_equal(mailbox_message(mb, 3)->uid, 4);
	assert_int_equal(mailbox_message(mb, 4)->uid, 5);
	assert_int_equal(mailbox_message(other, 3)->uid, 4);
	assert_true(list_size(f) <= size); /* what is dead may go */
	assert_int_equal(mailbox_uidnext(mb), 6);
	mailbox_free(other);
	mailbox_free(mb);
	store_free(store);
	assert_int_equal(f->complaints, 0);
}

/* A sign of Dovecot that is so many seconds old; 0: none. */
static void
sign_of_dovecot(struct fixture *f, int age)
{
	struct timespec times[2];

	(void)unlinkat(f->store->root, "dovecot.index.log", 0);
	if (age == 0)
		return;
	fixture_write(f, "dovecot.index.log", "");
	(void)clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age;
	times[1] = times[0];
	assert_int_equal(
	    utimensat(f->store->root, "dovecot.index.log", times, 0), 0);
}

static bool
is_listed(struct fixture *f, const char *entry)
{
	STR_AUTO text = STR_INIT;

	assert_int_equal(
	    tree_read(f->store->root, "dovecot-uidlist", 1 << 20, &text, NULL),
	    0);
	return strstr(str_cstr(&text), entry) != NULL;
}

static void
expunge(struct fixture *f, struct mailbox *mb, uint32_t uid)
{
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	expect(f, mb, 0, 1, 0);
}

/* Where Dovecot is about, what goes is not listed any more. */
static void
unlisted(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 5);

	expunge(f, mb, 1);
	assert_true(is_listed(f, "\n1 :"));
	sign_of_dovecot(f, 3610);
	expunge(f, mb, 2);
	assert_true(is_listed(f, "\n2 :"));
	sign_of_dovecot(f, 3590);
	rest();
	(void)sync_one(f, mb);
	flag_hidden(f, mb);
	expunge(f, mb, 4);
	assert_false(is_listed(f, "\n4 :"));
	assert_false(is_listed(f, "\n2 :")); /* nor those of before */
	assert_true(is_listed(f, "\n3 :"));
	assert_true(is_listed(f, "\n5 :"));
	assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), 6);
	rest();
	expect(f, mb, 1, 0, 1); /* only now was the folder looked at */
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* The uid of the last one that goes is not given again. */
static void
last_unlisted(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 2);

	sign_of_dovecot(f, 1);
	expunge(f, mb, 2);
	assert_false(is_listed(f, "\n2 :"));
	mailbox_free(mb);
	assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), 3);
}

/* A list without a guid gets one: Dovecot drops a list with an empty one. */
static void
without_guid(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 2);
	STR_AUTO text = STR_INIT;
	char *guid;

	assert_int_equal(
	    tree_read(f->store->root, "dovecot-uidlist", 1 << 20, &text, NULL),
	    0);
	guid = strstr(text.ptr, " G");
	assert_non_null(guid);
	memmove(guid, strchr(guid, '\n'), strlen(strchr(guid, '\n')) + 1);
	fixture_write(f, "dovecot-uidlist", text.ptr);
	sign_of_dovecot(f, 1);
	expunge(f, mb, 1);
	assert_false(is_listed(f, "\n1 :"));
	assert_true(is_listed(f, " G"));
	assert_false(is_listed(f, " G\n"));
	mailbox_free(mb);
}

/* Of those that go by the hundreds, too; the list is written once. */
static void
many_unlisted(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, CHANGES_TOGETHER + 2);
	uint32_t uids[CHANGES_TOGETHER + 1], i;

	for (i = 0; i <= CHANGES_TOGETHER; i++)
		uids[i] = i + 1;
	sign_of_dovecot(f, 1);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, uids, i, &f->err), 0);
	assert_false(is_listed(f, "\n1 :"));
	assert_false(is_listed(f, "\n501 :"));
	assert_true(is_listed(f, "\n502 :"));
	expect(f, mb, 0, CHANGES_TOGETHER + 1, 0);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* Entries that the view has not read stay unread. */
static void
unread_stay_so(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	uint32_t uid = 1;

	sign_of_dovecot(f, 1);
	fixture_write(f, "cur/1.new:2,", TEXT);
	put_entry(f, 4, "1.new");
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	assert_false(is_listed(f, "\n1 :"));
	expect(f, mb, 0, 1, 1);
	assert_int_equal(mailbox_message(mb, 3)->uid, 4);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup_indexed, fixture_teardown),                    \
	{                                                                      \
#name " without an index", name, fixture_setup,                \
		    fixture_teardown, NULL                                     \
	}
	static const struct CMUnitTest tests[] = {
		CASE(file_and_entry),
		CASE(entry_later),
		CASE(two_sessions),
		CASE(last_unlisted),
		CASE(without_guid),
		CASE(many_unlisted),
		CASE(unread_stay_so),
		cmocka_unit_test_setup_teardown(
		    unlisted, fixture_setup_indexed, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
