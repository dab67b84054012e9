#include <errno.h>
#include <poll.h>

#include "common/store/keywords.h"
#include "common/store/mailbox_message.h"
#include "common/store/mailbox_status.h"
#include "common/store/mailbox_watch.h"
#include "common/store/tree.h"
#include "tests/unit/store_fixture.h"

#define TEXT "Subject: a\n\nbody\n"

static void
sync_all(
    struct fixture *f, struct mailbox *mb, struct mailbox_changes *ret_changes)
{
	assert_int_equal(mailbox_sync(mb, false, ret_changes, &f->err), 0);
}

static void
quiet_sync(struct fixture *f, struct mailbox *mb)
{
	struct mailbox_changes changes;

	sync_all(f, mb, &changes);
	assert_int_equal(
	    changes.nexpunged + changes.nchanged + changes.appeared, 0);
	mailbox_changes_release(&changes);
}

static void
first_view(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb, *other;
	uint32_t next = 0, i;

	for (i = 0; i < 5; i++)
		(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, TEXT);
	other = fixture_open(f, "INBOX", MAILBOX_READ_ONLY);
	assert_int_equal(mailbox_recent(other), 5);
	assert_false(mailbox_writable(other));
	mb = fixture_open(f, "inbox", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(mb), 5);
	assert_int_equal(mailbox_recent(mb), 5);
	assert_int_equal(mailbox_uidnext(mb), 6);
	assert_int_equal(mailbox_uidvalidity(mb), mailbox_uidvalidity(other));
	assert_int_equal(fixture_names(f, "new", NULL, 0), 0);
	mailbox_free(other);
	other = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_recent(other), 0);
	for (i = 1; i <= 5; i++) {
		assert_int_equal(mailbox_message(mb, i)->uid, i);
		assert_int_equal(mailbox_message(mb, i)->flags, FLAG_RECENT);
		assert_int_equal(mailbox_message(other, i)->flags, 0);
	}
	assert_null(mailbox_message(mb, 0));
	assert_null(mailbox_message(mb, 6));
	assert_int_equal(mailbox_seq_of(mb, 3, &next), 3);
	assert_int_equal(mailbox_seq_of(mb, 9, &next), 0);
	assert_int_equal(next, 6);
	quiet_sync(f, mb);
	mailbox_free(other);
	mailbox_free(mb);
	mailbox_free(NULL);
	assert_int_equal(mailbox_open(f->store, slice_from("none"),
			     MAILBOX_READ_WRITE, &mb, &f->err),
	    -ENOENT);
}

/* What another session has taken back, a stale view neither removes nor calls
 * done. */
static void
stale_views_lose_nothing(void **state)
{
	struct fixture *f = *state;
	struct mailbox_changes changes;
	struct mailbox *a, *b;
	uint32_t uids[] = { 1, 2 };

	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	a = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	b = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	/* b does not know that it is deleted, and takes it back all the same */
	assert_int_equal(fixture_flags(f, a, 1, FLAGS_ADD, FLAG_DELETED), 0);
	assert_int_equal(fixture_flags(f, a, 2, FLAGS_ADD, FLAG_DELETED), 0);
	assert_int_equal(fixture_flags(f, b, 1, FLAGS_REMOVE, FLAG_DELETED), 0);
	/* a still thinks that both are */
	assert_int_equal(mailbox_message(a, 1)->flags, FLAG_DELETED);
	assert_int_equal(
	    mailbox_expunge(a, EXPUNGE_DELETED, uids, 2, &f->err), 0);
	sync_all(f, a, &changes);
	assert_int_equal(changes.nexpunged, 1);
	assert_int_equal(changes.expunged[0], 2);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_message(a, 1)->flags, 0);
	mailbox_free(a);
	mailbox_free(b);
}

static void
two_sessions(void **state)
{
	struct fixture *f = *state;
	struct mailbox_changes changes;
	struct mailbox *a, *b;
	struct flags_change change = { FLAGS_REPLACE, FLAG_DRAFT, 0,
		FLAGS_WHATEVER };
	const struct flags_change conditional = { FLAGS_ADD, FLAG_SEEN, 0,
		INT64_MAX };
	uint32_t uids[] = { 2, 77 };
	int keyword;

	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	a = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	b = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(fixture_flags(f, a, 1, FLAGS_ADD, FLAG_SEEN), 0);
	keyword = mailbox_keyword_make(a, slice_from("hello"), &f->err);
	assert_int_equal(keyword, 0);
	assert_int_equal(
	    mailbox_keyword_make(b, slice_from("HELLO"), &f->err), 0);
	change.keywords = 1U << keyword;
	assert_int_equal(mailbox_set_flags(a, 3, &change, &f->err), 0);
	sync_all(f, b, &changes);
	assert_int_equal(changes.nchanged, 2);
	assert_int_equal(changes.changed[0], 1);
	assert_int_equal(changes.changed[1], 3);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_message(b, 1)->flags, FLAG_SEEN);
	assert_int_equal(mailbox_message(b, 3)->keywords, 1);
	assert_string_equal(mailbox_keyword(b, 0), "hello");
	assert_int_equal(mailbox_keyword_find(b, slice_from("Hello")), 0);
	/* b's names are old now: found again by their base */
	assert_int_equal(fixture_flags(f, a, 1, FLAGS_ADD, FLAG_FLAGGED), 0);
	assert_int_equal(fixture_flags(f, b, 1, FLAGS_REMOVE, FLAG_SEEN), 0);
	assert_int_equal(mailbox_message(b, 1)->flags, FLAG_FLAGGED);
	/* and a's: what a has not told is newer than any condition of a's */
	assert_int_equal(
	    mailbox_set_flags(a, 1, &conditional, &f->err), -EBUSY);
	assert_int_equal(mailbox_message(a, 1)->flags & FLAG_SEEN, 0);
	assert_int_equal(mailbox_expunge(a, EXPUNGE_ANY, uids, 2, &f->err), 0);
	assert_int_equal(
	    mailbox_expunge(b, EXPUNGE_SOLE, uids, 1, &f->err), -ENOENT);
	assert_int_equal(f->messages, 2);
	assert_int_equal(f->octets, 34);
	assert_int_equal(mailbox_count(a), 3);
	sync_all(f, a, &changes);
	assert_int_equal(changes.nexpunged, 1);
	assert_int_equal(changes.expunged[0], 2);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_count(a), 2);
	assert_int_equal(fixture_flags(f, b, 2, FLAGS_ADD, FLAG_SEEN), -ENOENT);
	assert_int_equal(mailbox_message_open(b, 2, &f->err), -ENOENT);
	assert_int_equal(mailbox_sync(b, true, &changes, &f->err), 0);
	assert_int_equal(changes.nexpunged, 0);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_count(b), 3);
	sync_all(f, b, &changes);
	assert_int_equal(changes.nexpunged, 1);
	mailbox_changes_release(&changes);
	quiet_sync(f, b);
	mailbox_free(a);
	mailbox_free(b);
}

static void
foreign_hands(void **state)
{
	struct fixture *f = *state;
	struct mailbox_changes changes;
	struct mailbox *mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	uint64_t size = 0;
	time_t date = 0;

	fixture_write(f, "cur/1.foreign:2,S", "a\nb\n");
	fixture_write(f, "new/2.foreign", "a\n");
	fixture_write(f, "cur/3.liar,S=9,W=9:2,", "a\nb\n");
	fixture_write(f, "cur/.dot", "a");
	fixture_write(f, "cur/with\nnewline", "a");
	assert_int_equal(mkdirat(f->store->root, "cur/4.dir", 0700), 0);
	assert_int_equal(
	    symlinkat("/etc/passwd", f->store->root, "cur/5.link:2,"), 0);
	assert_int_equal(mkfifoat(f->store->root, "cur/6.fifo", 0600), 0);
	sync_all(f, mb, &changes);
	assert_int_equal(changes.appeared, 3);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_count(mb), 3);
	assert_int_equal(mailbox_message(mb, 1)->flags, FLAG_SEEN);
	assert_int_equal(mailbox_message_size(mb, 1, &size, &f->err), 0);
	assert_int_equal(size, 6);
	assert_int_equal(mailbox_message_size(mb, 3, &size, &f->err), 0);
	assert_int_equal(size, 6);
	assert_int_equal(mailbox_message_size(mb, 3, &size, &f->err), 0);
	assert_int_equal(size, 6);
	assert_int_equal(mailbox_message_file_size(mb, 3, &size, &f->err), 0);
	assert_int_equal(size, 4);
	assert_int_equal(mailbox_message_date(mb, 1, &date, &f->err), 0);
	assert_true(date > 1000000000);
	assert_int_equal(mailbox_message_size(mb, 4, &size, &f->err), -ENOENT);
	assert_int_equal(renameat(f->store->root, "cur/1.foreign:2,S",
			     f->store->root, "cur/1.foreign:2,ST"),
	    0);
	assert_int_equal(
	    unlinkat(f->store->root, "cur/3.liar,S=9,W=9:2,", 0), 0);
	sync_all(f, mb, &changes);
	assert_int_equal(changes.nchanged, 1);
	assert_int_equal(changes.nexpunged, 1);
	mailbox_changes_release(&changes);
	mailbox_free(mb);
}

static void
twins(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fixture_write(f, "cur/1.twin:2,S", "one");
	fixture_write(f, "cur/1.twin:2,F", "two");
	fixture_write(f, "new/1.twin", "three");
	fixture_write(f, "cur/2.linked:2,S", "four");
	assert_int_equal(linkat(f->store->root, "cur/2.linked:2,S",
			     f->store->root, "new/2.linked", 0),
	    0);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(mb), 4);
	mailbox_free(mb);
	assert_int_equal(fixture_names(f, "cur", NULL, 0), 4);
	assert_int_equal(fixture_names(f, "new", NULL, 0), 0);
}

static void
lists(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;
	static const struct {
		const char *list; /* for files 1.a 2.b 3.c in cur */
		uint32_t validity;
		const char *uids;
	} rows[] = {
		{ "3 V9 N5\n1 :1.a\n2 :2.b\n4 :3.c\n", 9, "1 2 4 <5" },
		{ "3 V9 N5\n1 :1.a\n2 :gone\n", 9, "1 5 6 <7" },
		{ "3 V9 N2\n1 :1.a\n7 :gone\n", 9, "1 8 9 <10" },
		{ "1 9 5\n1 1.a\n2 2.b\n3 3.c\n", 9, "1 2 3 <5" },
		{ "3 V9 N5\n1 :1.a\n1 :2.b\n4 :3.c\n", 9, "1 4 5 <6" },
		{ "3 V9 N5\n1 :1.a\n2 :1.a\n3 :2.b\n4 :3.c\n", 9, "2 3 4 <5" },
		{ "3 V9 N5\nrubbish\n2 :2.b\n", 9, "2 5 6 <7" },
		{ "3 V9 N5\n1 :1.a\n2 :2.b\n3 :3", 9, "1 2 5 <6" },
		{ "3 V9 N5\n1 :1.a\n17", 9, "1 18 19 <20" },
		{ "rubbish", 0, "1 2 3 <4" },
		{ "", 0, "1 2 3 <4" },
	};
	size_t i, seq;

	fixture_write(f, "cur/2.b:2,S", TEXT);
	fixture_write(f, "cur/3.c:2,", TEXT);
	fixture_write(f, "cur/1.a:2,", TEXT);
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		int again;

		fixture_write(f, "dovecot-uidlist", rows[i].list);
		for (again = 0; again < 2; again++) {
			STR_AUTO uids = STR_INIT;

			mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
			for (seq = 1; seq <= mailbox_count(mb); seq++)
				str_appendf(&uids, "%u ",
				    mailbox_message(mb, (uint32_t)seq)->uid);
			str_appendf(&uids, "<%u", mailbox_uidnext(mb));
			if (!slice_is(str_slice(&uids), rows[i].uids))
				fail_msg("row %zu: %s", i, uids.ptr);
			UNIT_CHECK(
			    i, rows[i].validity
				   ? mailbox_uidvalidity(mb) == rows[i].validity
				   : mailbox_uidvalidity(mb) > 1000000000);
			mailbox_free(mb);
		}
	}
}

/* Another uidvalidity under our feet ends the session. */
static void
new_validity(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	struct mailbox_changes changes;

	assert_int_equal(unlinkat(f->store->root, "dovecot-uidlist", 0), 0);
	fixture_write(f, "dovecot-uidlist",
	    "3 V9 N5 G0123456789abcdef0123456789abcdef\n");
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), -ESTALE);
	mailbox_free(mb);
}

/* A message that was told to be gone and is back is a new one. */
static void
back_again(void **state)
{
	struct fixture *f = *state;
	struct mailbox_changes changes;
	struct mailbox *mb;

	fixture_write(f, "cur/1.a:2,", TEXT);
	fixture_write(f, "cur/2.b:2,", TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(
	    renameat(f->store->root, "cur/1.a:2,", f->store->root, "tmp/1.a"),
	    0);
	sync_all(f, mb, &changes);
	assert_int_equal(changes.nexpunged, 1);
	mailbox_changes_release(&changes);
	assert_int_equal(
	    renameat(f->store->root, "tmp/1.a", f->store->root, "cur/1.a:2,S"),
	    0);
	sync_all(f, mb, &changes);
	assert_int_equal(changes.appeared, 1);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_message(mb, 2)->uid, 3);
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_ONLY);
	assert_int_equal(mailbox_count(mb), 2);
	assert_int_equal(mailbox_message(mb, 1)->uid, 2);
	assert_int_equal(mailbox_message(mb, 2)->uid, 3);
	mailbox_free(mb);
}

static void
read_only(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;
	uint32_t uid = 1;
	STR_AUTO uidl = STR_INIT;

	fixture_write(f, "dovecot-uidlist",
	    "3 V255 N9 G0123456789abcdef0123456789abcdef\n"
	    "1 Pold-id :1.a\n10 :2.b\n");
	fixture_write(f, "cur/1.a:2,", TEXT);
	fixture_write(f, "cur/2.b:2,", TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_ONLY);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), -EROFS);
	assert_int_equal(
	    mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), -EROFS);
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("k"), &f->err), -EROFS);
	mailbox_message_uidl(mb, 1, &uidl);
	str_append_char(&uidl, ' ');
	mailbox_message_uidl(mb, 2, &uidl);
	mailbox_message_uidl(mb, 3, &uidl);
	assert_string_equal(str_cstr(&uidl), "old-id 0000000a000000ff");
	mailbox_free(mb);
}

static void
status(void **state)
{
	struct fixture *f = *state;
	struct mailbox_status status;

	(void)fixture_deliver(f, "x", FLAG_SEEN, false, TEXT);
	(void)fixture_deliver(f, "x", FLAG_RECENT, false, TEXT);
	assert_int_equal(
	    mailbox_status(f->store, slice_from("x"), false, &status, &f->err),
	    0);
	assert_int_equal(status.messages, 2);
	assert_int_equal(status.recent, 1);
	assert_int_equal(status.unseen, 1);
	assert_int_equal(status.uidnext, 3);
	assert_int_equal(fixture_names(f, ".x/new", NULL, 0), 1);
	assert_int_equal(
	    mailbox_status(f->store, slice_from("y"), false, &status, &f->err),
	    -ENOENT);
}

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 100) == 1;
}

static void
watch(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	int fd = mailbox_watch_fd(mb);

	assert_true(fd >= 0);
	assert_int_equal(mailbox_watch_fd(mb), fd);
	assert_false(readable(fd));
	(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, TEXT);
	assert_true(readable(fd));
	mailbox_watch_drain(mb);
	assert_false(readable(fd));
	mailbox_free(mb);
}

/* Names that cannot be read are not written anew. */
static void
keywords_unreadable(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	struct str text = STR_INIT;
	struct stat st;

	str_append_cstr(&text, "0 known\n1 other\n");
	while (text.len < KEYWORDS_FILE_MAX)
		str_append_char(&text, '\n');
	fixture_write(f, KEYWORDS_NAME, str_cstr(&text));
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("good"), &f->err), 2);
	str_append_char(&text, '\n');
	fixture_write(f, KEYWORDS_NAME, str_cstr(&text));
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("new"), &f->err), -EFBIG);
	assert_int_equal(fstatat(f->store->root, KEYWORDS_NAME, &st, 0), 0);
	assert_int_equal(st.st_size, KEYWORDS_FILE_MAX + 1);
	assert_int_equal(unlinkat(f->store->root, KEYWORDS_NAME, 0), 0);
	assert_int_equal(mkdirat(f->store->root, KEYWORDS_NAME, 0700), 0);
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("new"), &f->err), -EIO);
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("known"), &f->err), 0);
	str_release(&text);
	mailbox_free(mb);
}

static void
keywords_full(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;
	int i;

	fixture_write(f, "cur/1.a:2,c", TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	for (i = 0; i < MAILBOX_KEYWORDS_MAX - 1; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "k%d", i);
		assert_int_equal(
		    mailbox_keyword_make(mb, slice_from(name), &f->err),
		    i < 2 ? i : i + 1);
	}
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("more"), &f->err), -ENOSPC);
	assert_int_equal(
	    mailbox_keyword_make(mb, slice_from("a b"), &f->err), -EINVAL);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup, fixture_teardown),                            \
	    cmocka_unit_test_setup_teardown(                                   \
		name, fixture_setup_indexed, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(first_view),
		CASE(stale_views_lose_nothing),
		CASE(two_sessions),
		CASE(foreign_hands),
		CASE(twins),
		cmocka_unit_test_setup_teardown(
		    lists, fixture_setup, fixture_teardown),
		CASE(new_validity),
		CASE(back_again),
		CASE(read_only),
		CASE(status),
		CASE(watch),
		CASE(keywords_full),
		CASE(keywords_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
