#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/store/mailbox_copy.h"
#include "common/store/view_index.h"
#include "common/store/view_lock.h"
#include "tests/unit/foreign_fixture.h"

#define LOCK_NAME UIDLIST_NAME ".lock"

static const struct flags_change flagged = { FLAGS_ADD, FLAG_FLAGGED, 0,
	FLAGS_WHATEVER };

static bool
is_locked(struct fixture *f)
{
	return faccessat(f->store->root, LOCK_NAME, F_OK, 0) == 0;
}

/* As a program on another host does. */
static void
lock_as_another(struct fixture *f)
{
	fixture_write(f, LOCK_NAME, "1:elsewhere");
}

static void
unlock_as_another(struct fixture *f)
{
	assert_int_equal(unlinkat(f->store->root, LOCK_NAME, 0), 0);
}

static void
flag(struct fixture *f, struct mailbox *mb, uint32_t seq)
{
	assert_int_equal(mailbox_set_flags(mb, seq, &flagged, &f->err), 0);
}

/* From the first change to the last one of a batch, or the limit. */
static void
while_flags_change(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, CHANGES_TOGETHER + 1);
	uint32_t seq;

	flag(f, mb, 1);
	assert_false(is_locked(f));
	mailbox_batch(mb, true);
	flag(f, mb, 1); /* has it */
	assert_false(is_locked(f));
	for (seq = 2; seq <= CHANGES_TOGETHER; seq++)
		flag(f, mb, seq);
	assert_true(is_locked(f)); /* one below the limit */
	flag(f, mb, seq);
	assert_false(is_locked(f));
	mailbox_batch(mb, false);
	assert_false(is_locked(f));
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

static void
freed_in_the_midst(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 2);

	mailbox_batch(mb, true);
	flag(f, mb, 1);
	assert_true(is_locked(f));
	mailbox_free(mb);
	assert_false(is_locked(f));
}

/* Who removes waits for who reads the folder. */
static void
removal_waits(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 2);
	uint32_t uid = mailbox_message(mb, 1)->uid;
	int status;
	pid_t child;

	lock_as_another(f);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char name[] = "cur";
		struct timespec before[2], after[2];

		get_times(f, name, before);
		rest();
		get_times(f, name, after);
		unlock_as_another(f);
		_exit(before[1].tv_sec != after[1].tv_sec ||
		      before[1].tv_nsec != after[1].tv_nsec);
	}
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0); /* nothing changed while it was locked */
	assert_false(is_locked(f));
	expect(f, mb, 0, 1, 0);
	mailbox_free(mb);
}

/* It is waited for once in half a minute; then changes are made without it,
 * and looked behind. */
static void
changed_without(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	int64_t begun = clock_ms();

	flag_hidden(f, mb);
	lock_as_another(f);
	flag(f, mb, 2);
	assert_true(clock_ms() - begun >= CHANGE_WAIT_MS);
	flag(f, mb, 3);
	assert_true(clock_ms() - begun < 2 * CHANGE_WAIT_MS);
	unlock_as_another(f);
	expect(f, mb, 1, 0, 0); /* what was hidden */
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* Without it they are moved as well; what may have happened in the midst is
 * looked for at once. */
static void
moved_without(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	uint32_t seq = 3;
	bool moved = false;
	const struct mailbox_seqs one = { &seq, 1 };
	struct mailbox_moves moves = { .moved = &moved };

	assert_int_equal(
	    store_create(f->store, slice_from("other"), &f->err), 0);
	flag_hidden(f, mb);
	expect(f, mb, 0, 0, 0);
	lock_as_another(f);
	assert_int_equal(
	    mailbox_move(mb, one, slice_from("other"), &moves, &f->err), 0);
	assert_true(moved);
	unlock_as_another(f);
	expect(f, mb, 1, 1, 0);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

/* In the child: changes a message, takes its time to note it. */
static int
change_slowly(struct fixture *f, int ready)
{
	struct store *store = other_store(f);
	struct mailbox *mb;

	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &mb, &f->err),
	    0);
	mailbox_batch(mb, true);
	flag(f, mb, 2);
	assert_int_equal(write(ready, "!", 1), 1);
	rest();
	mailbox_batch(mb, false);
	mailbox_free(mb);
	store_free(store);
	return 0;
}

/* Who meets the changes of another waits for his note, and does not look at
 * the folder. */
static void
others_are_waited_for(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = settled(f, 3);
	int ready[2], status;
	char octet;
	pid_t child;

	flag_hidden(f, mb);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(change_slowly(f, ready[1]));
	assert_int_equal(read(ready[0], &octet, 1), 1);
	expect(f, mb, 1, 0, 0); /* the other is hidden */
	assert_int_equal(
	    mailbox_message(mb, 2)->flags & ~FLAG_RECENT, FLAG_FLAGGED);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(ready[0]);
	(void)close(ready[1]);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 0);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup_indexed, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(while_flags_change),
		CASE(freed_in_the_midst),
		CASE(removal_waits),
		CASE(changed_without),
		CASE(moved_without),
		CASE(others_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
