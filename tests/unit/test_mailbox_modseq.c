#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/store/tree.h"
#include "tests/unit/index_fixture.h"

/* HIGHESTMODSEQ never falls, and no change has one that was told before. */

#define YEAR (365 * 86400)

static void
put_clock_back(void)
{
	clock_fake((struct timespec){ time(NULL) - YEAR, 0 });
}

static uint64_t
highest_of_another(struct fixture *f)
{
	struct store *store = other_store(f);
	struct mailbox *mb;
	uint64_t highest;

	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &mb, &f->err),
	    0);
	highest = mailbox_highest_modseq(mb);
	mailbox_free(mb);
	store_free(store);
	return highest;
}

static void
clock_back(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before = mailbox_highest_modseq(mb);

	put_clock_back();
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	assert_true(mailbox_message(mb, 1)->modseq > before);
	before = mailbox_highest_modseq(mb);
	mailbox_free(mb);
	remove_index(f);
	assert_true(highest_of_another(f) > before);
	before = highest_of_another(f);
	f->indexing.boot = "the next one";
	assert_true(highest_of_another(f) > before);
	assert_int_equal(f->complaints, 0);
}

/* A session that has to do without its index tells modseqs all the same. */
static void
clock_back_without_index(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before = mailbox_highest_modseq(mb), now;
	char path[160];

	(void)snprintf(path, sizeof path, "%s/%s", f->maildir, STORE_INDEX_DIR);
	remove_index(f);
	fixture_write(f, STORE_INDEX_DIR, "in the way");
	put_clock_back();
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	expect(f, mb, 0, 0, 0);
	now = mailbox_highest_modseq(mb);
	assert_true(now > before);
	assert_true(mailbox_message(mb, 1)->modseq > before);
	assert_int_equal(unlink(path), 0);
	mailbox_free(mb);
	assert_true(highest_of_another(f) > now);
	assert_int_equal(f->complaints, 1);
}

/* What others changed is told as newer also where the index cannot be written
 * when it is seen. */
static void
index_not_written(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before = mailbox_highest_modseq(mb);
	struct rlimit was, none;

	rest();
	foreign_rename(f, mb, 2, "S");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	expect(f, mb, 1, 0, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(f->complaints, 1);
	assert_true(mailbox_message(mb, 2)->modseq > before);
	assert_int_equal(
	    mailbox_highest_modseq(mb), mailbox_message(mb, 2)->modseq);
	assert_int_equal(mailbox_message(mb, 1)->modseq, before);
	mailbox_free(mb);
}

/* A page of LMDB's that says which transaction was the last. */
#define META_TXN 144

/* Takes the last transaction back, as if its page were damaged. */
static void
lose_last(struct fixture *f)
{
	uint64_t txn[2], zero = 0;
	char path[160];
	FD_AUTO fd = -1;
	long size = sysconf(_SC_PAGESIZE);
	int i, last;

	(void)snprintf(
	    path, sizeof path, "%s/%s/data.mdb", f->maildir, STORE_INDEX_DIR);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (i = 0; i < 2; i++)
		assert_int_equal(
		    pread(fd, &txn[i], sizeof txn[i], i * size + META_TXN),
		    sizeof txn[i]);
	assert_true(txn[0] - txn[1] == 1 || txn[1] - txn[0] == 1);
	last = txn[1] > txn[0];
	assert_int_equal(pwrite(fd, &zero, sizeof zero, last * size + META_TXN),
	    sizeof zero);
}

/* Flags are set and unset in one transaction: the disk is what it was, and with
 * it the index of before. */
static void
change_and_back(struct fixture *f, struct mailbox *mb)
{
	rest();
	mailbox_batch(mb, true);
	assert_int_equal(fixture_flags(f, mb, 2, FLAGS_ADD, FLAG_SEEN), 0);
	assert_int_equal(fixture_flags(f, mb, 2, FLAGS_REMOVE, FLAG_SEEN), 0);
	mailbox_batch(mb, false);
}

static void
page_of_before(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before;

	change_and_back(f, mb);
	before = mailbox_highest_modseq(mb);
	mailbox_free(mb);
	store_rest(f->store);
	lose_last(f);
	assert_true(highest_of_another(f) > before);
	assert_int_equal(f->complaints, 0);
}

/* The same while another session has it open. */
static void
page_of_before_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before;

	change_and_back(f, mb);
	before = mailbox_highest_modseq(mb);
	lose_last(f);
	assert_true(highest_of_another(f) > before);
	expect(f, mb, 0, 0, 0);
	assert_true(mailbox_highest_modseq(mb) > before);
	mailbox_free(mb);
}

/* Whatever becomes of the promises: 0 to 3 are ways. */
static void
spoil_promises(struct fixture *f, unsigned way, off_t at)
{
	char path[160], octet;
	FD_AUTO fd = -1;

	(void)snprintf(path, sizeof path, "%s/%s", f->maildir, STORE_TOLD_NAME);
	if (way == 0)
		assert_int_equal(unlink(path), 0);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (way == 1)
		assert_int_equal(ftruncate(fd, at), 0);
	if (way == 2)
		assert_int_equal(write(fd, "garbage", 7), 7);
	if (way != 3 || pread(fd, &octet, 1, at) != 1)
		return;
	octet ^= 0x7f;
	assert_int_equal(pwrite(fd, &octet, 1, at), 1);
}

/* The index has told the same; sessions that have it open survive it. */
static void
spoiled_promises(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before = mailbox_highest_modseq(mb), now;
	unsigned i;

	for (i = 0; i < 200; i++) {
		spoil_promises(f, i % 4, i / 2);
		assert_int_equal(
		    fixture_flags(
			f, mb, 1, i % 2 ? FLAGS_REMOVE : FLAGS_ADD, FLAG_SEEN),
		    0);
		now = mailbox_highest_modseq(mb);
		UNIT_CHECK(i, now > before);
		before = highest_of_another(f);
		UNIT_CHECK(i, before >= now);
		(void)sync_one(f, mb);
		UNIT_CHECK(i, mailbox_highest_modseq(mb) >= now);
	}
	mailbox_free(mb);
}

/* Who cannot promise tells none. */
static void
no_promise(void **state)
{
	struct fixture *f = *state;
	char path[160];

	(void)snprintf(path, sizeof path, "%s/%s", f->maildir, STORE_TOLD_NAME);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(highest_of_another(f), 0);
	assert_int_equal(f->complaints, 1);
	assert_non_null(strstr(f->complaint, STORE_TOLD_NAME));
}

static int
tear_down(void **state)
{
	clock_fake((struct timespec){ -1, 0 });
	return fixture_teardown(state);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup_indexed, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(clock_back),
		TEST(clock_back_without_index),
		TEST(index_not_written),
		TEST(page_of_before),
		TEST(page_of_before_meanwhile),
		TEST(spoiled_promises),
		TEST(no_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
