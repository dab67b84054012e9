#include <errno.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/store/mailbox_message.h"
#include "common/store/store_index.h"
#include "common/store/view_index.h"
#include "tests/unit/foreign_fixture.h"

/* As a session does whose own folder it is. */
static uint32_t
append(struct fixture *f)
{
	const struct incoming_target target = { .store = f->store,
		.folder = slice_from("INBOX"),
		.flags = FLAG_SEEN,
		.want_uid = true,
		.indexed = true };
	uint32_t uid = 0, validity = 0;
	struct incoming *in;

	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	assert_int_equal(fileio_write(incoming_fd(in), slice_from(TEXT)), 0);
	assert_int_equal(
	    incoming_deliver(in, &target, &uid, &validity, &f->err), 0);
	incoming_free(in);
	return uid;
}

/* The clock stands still, so many seconds from now. */
static void
stand_still(int seconds)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	clock_fake(now);
}

/* It comes without a look at the folder, to this session and to others; a look
 * follows later. */
static void
without_a_look(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3), *other;
	struct store *store = other_store(f);
	uint64_t before = mailbox_highest_modseq(mb);

	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &other, &f->err),
	    0);
	(void)sync_one(f, other);
	stand_still(0);
	flag_hidden(f, mb);
	assert_int_equal(append(f), 4);
	expect(f, mb, 0, 0, 1);
	expect(f, other, 0, 0, 1);
	assert_int_equal(mailbox_message(mb, 4)->uid, 4);
	assert_int_equal(mailbox_message(mb, 4)->flags, FLAG_SEEN);
	assert_true(mailbox_message(mb, 4)->modseq > before);
	assert_int_equal(
	    mailbox_message(mb, 4)->modseq, mailbox_highest_modseq(mb));
	assert_int_equal(append(f), 5);
	expect(f, mb, 0, 0, 1);
	expect(f, other, 0, 0, 1);
	stand_still(3);
	expect(f, mb, 1, 0, 0);
	expect(f, other, 1, 0, 0);
	clock_fake((struct timespec){ -1, 0 });
	assert_int_equal(
	    mailbox_message(mb, 1)->flags & ~FLAG_RECENT, FLAG_FLAGGED);
	mailbox_free(mb);
	mailbox_free(other);
	store_free(store);
	assert_int_equal(f->complaints, 0);
}

/* What others did before it is found with it. */
static void
after_others(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);

	fixture_write(f, "cur/1.foreign:2,", TEXT);
	assert_int_equal(append(f), 4);
	expect(f, mb, 0, 0, 2);
	assert_int_equal(mailbox_message(mb, 5)->uid, 5);
	rest();
	(void)sync_one(f, mb);
	(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, TEXT);
	assert_int_equal(append(f), 6);
	expect(f, mb, 0, 0, 2);
	rest();
	(void)sync_one(f, mb);
	/* one with a uid, by somebody who does not note it */
	assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), 8);
	assert_int_equal(append(f), 9);
	expect(f, mb, 0, 0, 2);
	assert_int_equal(mailbox_message(mb, 9)->uid, 9);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* An entry alone, such as a process that was killed leaves: the uid is not
 * given again, and whoever has its file is found. */
static void
after_an_entry(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	struct timespec times[2];

	put_entry(f, 4, "1.dead");
	get_times(f, "cur", times);
	fixture_write(f, "cur/1.dead:2,", TEXT);
	assert_int_equal(utimensat(f->store->root, "cur", times, 0), 0);
	assert_int_equal(append(f), 5);
	expect(f, mb, 0, 0, 2);
	assert_int_equal(mailbox_message(mb, 4)->uid, 4);
	assert_int_equal(mailbox_message(mb, 5)->uid, 5);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* Says that the disk of now is what the index was told. */
static int
say_seen(struct index_txn *txn, void *ctx)
{
	const struct view_disk *now = ctx;
	struct index_mailbox head;
	uint32_t number;
	int rc = index_mailbox_find(txn, slice_from("."), &number, &head);

	assert_int_equal(rc, 0);
	head.cur = now->cur;
	head.new = now->new;
	head.uidlist = now->uidlist;
	return index_mailbox_put(txn, number, &head);
}

/* Another's entry, written after a look had read the list and before it noted
 * how long that is: its uid is not passed by. */
static void
behind_an_entry(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	struct view_disk now;

	fixture_write(f, "cur/1.late:2,", TEXT);
	put_entry(f, 4, "1.late");
	assert_true(view_disk_look(mb, &now));
	assert_int_equal(index_write(store_index(f->store), say_seen, &now), 0);
	assert_int_equal(append(f), 5);
	expect(f, mb, 0, 0, 2);
	assert_int_equal(mailbox_message(mb, 4)->uid, 4);
	assert_int_equal(mailbox_message(mb, 5)->uid, 5);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* Without an index, and without a list. */
static void
without(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	struct mailbox_changes changes;

	remove_index(f);
	assert_int_equal(append(f), 4);
	expect(f, mb, 0, 0, 1);
	rest();
	(void)sync_one(f, mb);
	assert_int_equal(unlinkat(f->store->root, "dovecot-uidlist", 0), 0);
	assert_int_equal(append(f), 1);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), -ESTALE);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup_indexed, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(without_a_look),
		CASE(after_others),
		CASE(after_an_entry),
		CASE(behind_an_entry),
		CASE(without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
