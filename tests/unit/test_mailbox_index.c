#include <errno.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/store/folder_change.h"
#include "common/store/mailbox_cached.h"
#include "common/store/mailbox_message.h"
#include "common/store/mailbox_status.h"
#include "common/store/tree.h"
#include "tests/unit/index_fixture.h"

/* All that a session must see is in the index, and in it alone. */
static void
persists(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t first = mailbox_highest_modseq(mb), highest, second;
	uint32_t uid = 3;

	assert_true(first > 0);
	assert_int_equal(mailbox_message(mb, 1)->modseq, first);
	rest();
	assert_int_equal(fixture_flags(f, mb, 2, FLAGS_ADD, FLAG_SEEN), 0);
	second = mailbox_message(mb, 2)->modseq;
	assert_true(second > first);
	assert_int_equal(mailbox_message(mb, 1)->modseq, first);
	assert_int_equal(mailbox_highest_modseq(mb), second);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	expect(f, mb, 0, 1, 0);
	highest = mailbox_highest_modseq(mb);
	assert_true(highest > second);
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_highest_modseq(mb), highest);
	assert_int_equal(mailbox_count(mb), 2);
	assert_int_equal(mailbox_message(mb, 1)->modseq, first);
	assert_int_equal(mailbox_message(mb, 2)->modseq, second);
	assert_int_equal(mailbox_message(mb, 2)->flags, FLAG_SEEN);
	assert_int_equal(mailbox_uidnext(mb), 4);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

static void
vanished(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 6);
	uint64_t start = mailbox_highest_modseq(mb), middle;
	uint32_t some[] = { 2, 3 }, one = 5;
	struct uid_range *ranges;
	size_t n;

	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, some, 2, &f->err), 0);
	expect(f, mb, 0, 2, 0);
	middle = mailbox_highest_modseq(mb);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &one, 1, &f->err), 0);
	expect(f, mb, 0, 1, 0);
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_ONLY);
	assert_int_equal(mailbox_vanished(mb, start, &ranges, &n, &f->err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(ranges[0].first, 2);
	assert_int_equal(ranges[0].last, 3);
	assert_int_equal(ranges[1].first, 5);
	free(ranges);
	assert_int_equal(mailbox_vanished(mb, middle, &ranges, &n, &f->err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(ranges[0].first, 5);
	free(ranges);
	assert_int_equal(mailbox_vanished(mb, mailbox_highest_modseq(mb),
			     &ranges, &n, &f->err),
	    0);
	assert_int_equal(n, 0);
	free(ranges);
	/* before anything was known: all that there is not */
	assert_int_equal(mailbox_vanished(mb, 1, &ranges, &n, &f->err), 0);
	assert_int_equal(n, 2);
	free(ranges);
	mailbox_free(mb);
}

static void
conditional(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 1), *other;
	struct store *store = other_store(f);
	struct flags_change change = { FLAGS_ADD, FLAG_DRAFT, 0, 0 };
	uint64_t told = mailbox_message(mb, 1)->modseq;

	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &other, &f->err),
	    0);
	change.unchanged_since = told - 1;
	assert_int_equal(mailbox_set_flags(mb, 1, &change, &f->err), -EBUSY);
	change.unchanged_since = told;
	assert_int_equal(mailbox_set_flags(mb, 1, &change, &f->err), 0);
	/* the other view has not heard of it */
	change.flags = FLAG_FLAGGED;
	assert_int_equal(mailbox_message(other, 1)->modseq, told);
	assert_int_equal(mailbox_set_flags(other, 1, &change, &f->err), -EBUSY);
	/* nor told it: only then is a condition of it believed */
	change.unchanged_since = mailbox_message(mb, 1)->modseq;
	assert_int_equal(mailbox_set_flags(other, 1, &change, &f->err), -EBUSY);
	expect(f, other, 1, 0, 0);
	assert_int_equal(mailbox_set_flags(other, 1, &change, &f->err), 0);
	assert_int_equal(
	    mailbox_message(other, 1)->flags, FLAG_DRAFT | FLAG_FLAGGED);
	expect(f, mb, 1, 0, 0);
	assert_int_equal(
	    mailbox_message(mb, 1)->modseq, mailbox_message(other, 1)->modseq);
	mailbox_free(other);
	store_free(store);
	mailbox_free(mb);
}

/* What another session does comes without a look at the disk, and has the
 * modseq that it gave it. */
static void
two_sessions(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 4), *other;
	struct store *store = other_store(f);
	uint32_t uid = 1;

	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &other, &f->err),
	    0);
	rest();
	(void)sync_one(f, mb);
	(void)sync_one(f, other);
	assert_int_equal(fixture_flags(f, mb, 2, FLAGS_ADD, FLAG_SEEN), 0);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	expect(f, mb, 0, 1, 0);
	expect(f, other, 1, 1, 0);
	assert_int_equal(
	    mailbox_highest_modseq(mb), mailbox_highest_modseq(other));
	assert_int_equal(
	    mailbox_message(mb, 1)->modseq, mailbox_message(other, 1)->modseq);
	(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, TEXT);
	expect(f, other, 0, 0, 1);
	expect(f, mb, 0, 0, 1);
	assert_int_equal(mailbox_recent(other), 1);
	assert_int_equal(mailbox_recent(mb), 0);
	assert_int_equal(
	    mailbox_message(mb, 4)->modseq, mailbox_message(other, 4)->modseq);
	foreign_rename(f, mb, 1, "F");
	expect(f, mb, 1, 0, 0);
	expect(f, other, 1, 0, 0);
	assert_int_equal(
	    mailbox_message(mb, 1)->modseq, mailbox_message(other, 1)->modseq);
	mailbox_free(other);
	store_free(store);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* A session's own changes are not looked for on the disk; what others do in
 * the same moment is found, later at most. */
static void
own_changes(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	struct timespec now;

	rest();
	(void)sync_one(f, mb);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	expect(f, mb, 0, 0, 0);
	/* while a change waits to be noted, another one's is swallowed */
	mailbox_batch(mb, true);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_DRAFT), 0);
	foreign_rename(f, mb, 3, "F");
	mailbox_batch(mb, false);
	expect(f, mb, 0, 0, 0);
	assert_int_equal(mailbox_message(mb, 3)->flags, 0);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += 3;
	clock_fake(now);
	expect(f, mb, 1, 0, 0);
	assert_int_equal(mailbox_message(mb, 3)->flags, FLAG_FLAGGED);
	clock_fake((struct timespec){ -1, 0 });
	/* but who touches the message finds it at once */
	mailbox_batch(mb, true);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_REMOVE, FLAG_DRAFT), 0);
	foreign_rename(f, mb, 3, "S");
	mailbox_batch(mb, false);
	assert_int_equal(fixture_flags(f, mb, 3, FLAGS_ADD, FLAG_DELETED), 0);
	assert_int_equal(
	    mailbox_message(mb, 3)->flags, FLAG_SEEN | FLAG_DELETED);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

static void
texts(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 2);
	struct slice text;
	char *large = calloc(1, MAILBOX_CACHED_MAX + 1);
	uint32_t uid = 1;

	assert_false(mailbox_cached(mb, 1, CACHED_ENVELOPE, &text));
	mailbox_cache(mb, 1, CACHED_ENVELOPE, slice_from("one"));
	mailbox_cache(mb, 2, CACHED_ENVELOPE, slice_from("two"));
	mailbox_cache(mb, 2, CACHED_BODY, slice_from("body"));
	mailbox_cache(
	    mb, 1, CACHED_PREVIEW, slice_of(large, MAILBOX_CACHED_MAX));
	mailbox_cache(
	    mb, 2, CACHED_PREVIEW, slice_of(large, MAILBOX_CACHED_MAX + 1));
	mailbox_cache(mb, 3, CACHED_BODY, slice_from("none"));
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_true(mailbox_cached(mb, 1, CACHED_ENVELOPE, &text));
	assert_true(slice_is(text, "one"));
	assert_true(mailbox_cached(mb, 2, CACHED_BODY, &text));
	assert_true(slice_is(text, "body"));
	assert_true(mailbox_cached(mb, 1, CACHED_PREVIEW, &text));
	assert_int_equal(text.len, MAILBOX_CACHED_MAX);
	assert_false(mailbox_cached(mb, 2, CACHED_PREVIEW, &text));
	assert_false(mailbox_cached(mb, 1, CACHED_BODY, &text));
	/* a change of flags leaves them, a message takes them along */
	assert_int_equal(fixture_flags(f, mb, 2, FLAGS_ADD, FLAG_SEEN), 0);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	expect(f, mb, 0, 1, 0);
	assert_true(mailbox_cached(mb, 1, CACHED_BODY, &text));
	assert_true(slice_is(text, "body"));
	mailbox_free(mb);
	free(large);
}

/* Sizes and dates are known without the file. */
static void
facts(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;
	uint64_t size;
	time_t date, saved;

	fixture_write(f, "cur/123456789.a:2,", TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_message_size(mb, 1, &size, &f->err), 0);
	assert_int_equal(size, strlen(TEXT) + 3);
	assert_int_equal(mailbox_message_date(mb, 1, &date, &f->err), 0);
	assert_int_equal(mailbox_message_save_date(mb, 1, &saved, &f->err), 0);
	assert_int_equal(saved, 123456789);
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	foreign_rename(f, mb, 1, NULL);
	size = 0;
	assert_int_equal(mailbox_message_size(mb, 1, &size, &f->err), 0);
	assert_int_equal(size, strlen(TEXT) + 3);
	assert_int_equal(mailbox_message_date(mb, 1, &saved, &f->err), 0);
	assert_int_equal(saved, date);
	assert_int_equal(mailbox_message_save_date(mb, 1, &saved, &f->err), 0);
	assert_int_equal(saved, 123456789);
	expect(f, mb, 0, 1, 0);
	mailbox_free(mb);
}

/* What is known of a folder follows its name, and goes with it. */
static void
renamed(void **state)
{
	struct fixture *f = *state;
	struct mailbox_status status;
	struct mailbox *mb;
	uint64_t highest;

	(void)fixture_deliver(f, "a", 0, false, TEXT);
	mb = fixture_open(f, "a", MAILBOX_READ_WRITE);
	highest = mailbox_highest_modseq(mb);
	mailbox_free(mb);
	assert_int_equal(
	    store_rename(f->store, slice_from("a"), slice_from("b"), &f->err),
	    0);
	assert_int_equal(
	    mailbox_status(f->store, slice_from("b"), false, &status, &f->err),
	    0);
	assert_int_equal(status.highest_modseq, highest);
	assert_int_equal(store_delete(f->store, slice_from("b"), &f->err), 0);
	(void)fixture_deliver(f, "b", 0, false, TEXT);
	assert_int_equal(
	    mailbox_status(f->store, slice_from("b"), false, &status, &f->err),
	    0);
	assert_true(status.highest_modseq > highest);
	assert_int_equal(f->complaints, 0);
}

/* A view that the index made is not looked at again: what cannot be seen by the
 * folder's time is not seen. */
static void
no_look(void **state)
{
	struct fixture *f = *state;
	char from[512], to[512], cur[512];
	struct timespec times[2];
	struct mailbox *mb;
	struct stat st;

	(void)snprintf(cur, sizeof cur, "%s/cur", f->maildir);
	(void)snprintf(from, sizeof from, "%s/cur/1.a:2,", f->maildir);
	(void)snprintf(to, sizeof to, "%s/cur/1.a:2,S", f->maildir);
	fixture_write(f, "cur/1.a:2,", TEXT);
	rest();
	mailbox_free(fixture_open(f, "INBOX", MAILBOX_READ_WRITE));
	assert_int_equal(stat(cur, &st), 0);
	assert_int_equal(rename(from, to), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, cur, times, 0), 0);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	expect(f, mb, 0, 0, 0);
	expect(f, mb, 0, 0, 0);
	assert_int_equal(utimensat(AT_FDCWD, cur, NULL, 0), 0);
	expect(f, mb, 1, 0, 0);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup_indexed, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(persists),
		CASE(vanished),
		CASE(conditional),
		CASE(two_sessions),
		CASE(own_changes),
		CASE(texts),
		CASE(facts),
		CASE(renamed),
		CASE(no_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
