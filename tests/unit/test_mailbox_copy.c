#include <errno.h>

#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_message.h"
#include "common/store/mailbox_progress.h"
#include "common/store/mailbox_status.h"
#include "common/store/tree.h"
#include "tests/unit/store_fixture.h"

#define TEXT "Subject: a\n\nbody\n"
#define TEXT_LEN (sizeof TEXT - 1)
#define LINKS_MAX 70000 /* more than ext4 allows one file */

/* INBOX with n messages, selected, and an empty folder. */
static struct mailbox *
prepare(struct fixture *f, unsigned n)
{
	struct slice name = slice_from("a/b");
	unsigned i;

	for (i = 0; i < n; i++)
		(void)fixture_deliver(f, "INBOX", FLAG_SEEN, false, TEXT);
	assert_int_equal(store_create(f->store, name, &f->err), 0);
	return fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
}

static ino_t
inode_of(struct fixture *f, struct mailbox *mb, uint32_t seq)
{
	FD_AUTO fd = mailbox_message_open(mb, seq, &f->err);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void
same_files(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3), *to;
	uint32_t seqs[] = { 1, 3 }, bit;
	struct flags_change change = { FLAGS_REPLACE, FLAG_FLAGGED, 0,
		FLAGS_WHATEVER };
	struct mailbox_copies copies;
	time_t here = 0, there = 1;
	int keyword;

	/* a letter that means another keyword there */
	to = fixture_open(f, "a/b", MAILBOX_READ_WRITE);
	assert_int_equal(
	    mailbox_keyword_make(to, slice_from("other"), &f->err), 0);
	mailbox_free(to);
	keyword = mailbox_keyword_make(mb, slice_from("kw"), &f->err);
	change.keywords = 1U << keyword;
	assert_int_equal(mailbox_set_flags(mb, 3, &change, &f->err), 0);
	assert_int_equal(
	    mailbox_octets(mb, (struct mailbox_seqs){ seqs, 2 }), 2 * TEXT_LEN);
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 2 },
			     slice_from("a/b"), &copies, &f->err),
	    0);
	assert_int_equal(copies.first_uid, 1);
	assert_int_equal(f->messages, 5);
	assert_int_equal(f->octets, 5 * TEXT_LEN);
	to = fixture_open(f, "a/b", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(to), 2);
	assert_int_equal(mailbox_uidvalidity(to), copies.uidvalidity);
	assert_int_equal(mailbox_uidnext(to), 3);
	assert_int_equal(mailbox_message(to, 1)->flags, FLAG_SEEN);
	assert_int_equal(mailbox_message(to, 2)->flags, FLAG_FLAGGED);
	bit = mailbox_message(to, 2)->keywords;
	assert_int_equal(bit, 1U << mailbox_keyword_find(to, slice_from("kw")));
	assert_int_equal(bit, 2);
	assert_int_equal(inode_of(f, to, 2), inode_of(f, mb, 3));
	assert_int_equal(mailbox_message_date(mb, 1, &here, &f->err), 0);
	assert_int_equal(mailbox_message_date(to, 1, &there, &f->err), 0);
	assert_int_equal(here, there);
	mailbox_free(to);
	mailbox_free(mb);
}

/* Into the same folder, twice; expunging one of the copies leaves the other. */
static void
same_folder(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 2);
	uint32_t seqs[] = { 1, 2 }, gone[] = { 1, 3 }, i;
	struct mailbox_changes changes;
	struct mailbox_copies copies;

	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    mailbox_copy(mb, (struct mailbox_seqs){ seqs, 2 },
			slice_from("inbox"), &copies, &f->err),
		    0);
		assert_int_equal(copies.first_uid, 3 + 2 * i);
	}
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.appeared, 4);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, gone, 2, &f->err), 0);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.nexpunged, 2);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_count(mb), 4);
	for (i = 1; i <= 4; i++)
		(void)inode_of(f, mb, i);
	assert_int_equal(f->messages, 4);
	mailbox_free(mb);
}

/* All or none: what was copied before the one that is gone is taken back. */
static void
all_or_none(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	struct mailbox *other = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	uint32_t seqs[] = { 1, 2, 3 }, gone[] = { 3 };
	struct mailbox_copies copies;
	struct mailbox_status status;

	assert_int_equal(fixture_flags(f, other, 1, FLAGS_ADD, FLAG_DRAFT), 0);
	assert_int_equal(
	    mailbox_expunge(other, EXPUNGE_ANY, gone, 1, &f->err), 0);
	mailbox_free(other);
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 3 },
			     slice_from("a/b"), &copies, &f->err),
	    -ENOENT);
	assert_int_equal(f->messages, 2);
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 2 },
			     slice_from("none"), &copies, &f->err),
	    -ENOTDIR);
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 2 },
			     slice_from("a..b"), &copies, &f->err),
	    -EINVAL);
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ NULL, 0 },
			     slice_from("a/b"), &copies, &f->err),
	    0);
	assert_int_equal(mailbox_status(f->store, slice_from("a/b"), false,
			     &status, &f->err),
	    0);
	assert_int_equal(status.messages, 0);
	/* one that was only renamed is found */
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 2 },
			     slice_from("a/b"), &copies, &f->err),
	    0);
	assert_int_equal(copies.first_uid, 4); /* those given out stay so */
	mailbox_free(mb);
}

/* Links of the message until there cannot be more; false where there is no
 * such limit. */
static bool
use_up_links(struct fixture *f, struct mailbox *mb)
{
	FD_AUTO fd = mailbox_message_open(mb, 1, &f->err);
	char name[32];
	unsigned i;

	for (i = 0; i < LINKS_MAX; i++) {
		(void)snprintf(name, sizeof name, "tmp/%u", i); /* fits */
		if (tree_link(fd, f->store->root, name) == -EMLINK)
			return true;
	}
	return false;
}

static struct mailbox_moves
move(struct mailbox *mb, const uint32_t *seqs, size_t n, bool *moved,
    const char *to)
{
	struct mailbox_moves moves = { .moved = moved };
	const struct mailbox_seqs messages = { seqs, n };
	struct err err = { 0, "" };

	assert_int_equal(
	    mailbox_move(mb, messages, slice_from(to), &moves, &err), 0);
	return moves;
}

/* The same file, under another name with the same id; the date of saving is
 * that of the move, and the quota stays. */
static void
moved_files(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3), *to;
	uint32_t seqs[] = { 1, 3 };
	STR_AUTO before = STR_INIT;
	STR_AUTO after = STR_INIT;
	struct mailbox_changes changes;
	struct mailbox_moves moves;
	bool moved[2];
	ino_t ino = inode_of(f, mb, 3);

	assert_int_equal(fixture_flags(f, mb, 3, FLAGS_ADD, FLAG_DRAFT), 0);
	mailbox_message_id(mb, 3, &before);
	moves = move(mb, seqs, 2, moved, "a/b");
	assert_int_equal(moves.count, 2);
	assert_true(moved[0] && moved[1]);
	assert_int_equal(moves.copies.first_uid, 1);
	assert_int_equal(f->messages, 3);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.nexpunged, 2);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_count(mb), 1);
	to = fixture_open(f, "a/b", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(to), 2);
	assert_int_equal(inode_of(f, to, 2), ino);
	assert_int_equal(mailbox_message(to, 2)->flags, FLAG_SEEN | FLAG_DRAFT);
	mailbox_message_id(to, 2, &after);
	assert_string_equal(str_cstr(&before), str_cstr(&after));
	/* and back, as a copy of a copy, into the folder that it was in */
	seqs[0] = 2;
	moves = move(to, seqs, 1, moved, "INBOX");
	assert_int_equal(moves.copies.first_uid, 4);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.appeared, 1);
	mailbox_changes_release(&changes);
	str_clear(&after);
	mailbox_message_id(mb, 2, &after);
	assert_string_equal(str_cstr(&before), str_cstr(&after));
	mailbox_free(to);
	mailbox_free(mb);
}

/* What another one has taken stays his, and the others go; a quota that counts
 * only one of the folders follows. */
static void
moved_by_two(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 4);
	struct mailbox *other = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	uint32_t seqs[] = { 1, 2, 3, 4 };
	struct mailbox_moves moves;
	bool moved[4];

	assert_int_equal(
	    store_create(f->store, slice_from("Sent"), &f->err), 0);
	assert_int_equal(fixture_flags(f, other, 4, FLAGS_ADD, FLAG_DRAFT), 0);
	moves = move(other, seqs, 2, moved, "Sent");
	assert_int_equal(moves.count, 2);
	assert_int_equal(f->messages, 2);
	assert_int_equal(f->octets, 2 * TEXT_LEN);
	moves = move(mb, seqs, 4, moved, "a/b");
	assert_int_equal(moves.count, 2);
	assert_true(!moved[0] && !moved[1] && moved[2] && moved[3]);
	moves = move(mb, seqs, 4, moved, "a/b");
	assert_int_equal(moves.count, 0);
	assert_int_equal(f->messages, 2);
	mailbox_free(mb);
	mailbox_free(other);
	mb = fixture_open(f, "Sent", MAILBOX_READ_WRITE);
	moves = move(mb, seqs, 2, moved, "a/b");
	assert_int_equal(moves.count, 2);
	assert_int_equal(f->messages, 4);
	assert_int_equal(f->octets, 4 * TEXT_LEN);
	mailbox_free(mb);
	assert_int_equal(fixture_names(f, ".a.b/cur", NULL, 0), 4);
}

/* Nothing is moved where there is no folder, or into one that is deleted. */
static void
nowhere(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 2);
	struct mailbox *read_only = fixture_open(f, "INBOX", MAILBOX_READ_ONLY);
	const uint32_t seqs[] = { 1, 2 };
	const struct mailbox_seqs both = { seqs, 2 };
	bool moved[2];
	struct mailbox_moves moves = { .moved = moved };

	assert_int_equal(
	    mailbox_move(mb, both, slice_from("none"), &moves, &f->err),
	    -ENOTDIR);
	assert_int_equal(
	    mailbox_move(read_only, both, slice_from("a/b"), &moves, &f->err),
	    -EROFS);
	assert_int_equal(moves.count, 0);
	assert_int_equal(fixture_names(f, "cur", NULL, 0), 2);
	/* into the folder itself: they come again at its end */
	assert_int_equal(move(mb, seqs, 1, moved, "INBOX").copies.first_uid, 3);
	assert_int_equal(fixture_names(f, "cur", NULL, 0), 2);
	mailbox_free(read_only);
	mailbox_free(mb);
}

static void
count_done(void *ctx, size_t done)
{
	size_t *told = ctx;

	assert_int_equal(done, (*told)++);
}

/* Each message is told before it is dealt with, and nobody must listen. */
static void
progress(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 4);
	const uint32_t seqs[] = { 1, 2, 3 }, uid = 4;
	struct mailbox_copies copies;
	bool moved[3];
	size_t told = 0;

	mailbox_set_progress(mb, count_done, &told);
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 3 },
			     slice_from("a/b"), &copies, &f->err),
	    0);
	assert_int_equal(told, 3);
	told = 0;
	(void)move(mb, seqs, 3, moved, "a/b");
	assert_int_equal(told, 3);
	told = 0;
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	assert_int_equal(told, 1);
	mailbox_set_progress(mb, NULL, NULL);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	assert_int_equal(told, 1);
	mailbox_free(mb);
}

/* A file that can have no more names is copied. */
static void
too_many_links(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 1), *to;
	struct mailbox_copies copies;
	uint32_t seqs[] = { 1 };
	time_t here = 0, there = 1;

	if (!use_up_links(f, mb)) {
		mailbox_free(mb);
		skip();
	}
	assert_int_equal(mailbox_copy(mb, (struct mailbox_seqs){ seqs, 1 },
			     slice_from("a/b"), &copies, &f->err),
	    0);
	to = fixture_open(f, "a/b", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_message(to, 1)->uid, copies.first_uid);
	assert_int_not_equal(inode_of(f, to, 1), inode_of(f, mb, 1));
	assert_int_equal(mailbox_message_date(mb, 1, &here, &f->err), 0);
	assert_int_equal(mailbox_message_date(to, 1, &there, &f->err), 0);
	assert_int_equal(here, there);
	mailbox_free(to);
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
		CASE(same_files),
		CASE(same_folder),
		CASE(all_or_none),
		CASE(moved_files),
		CASE(moved_by_two),
		CASE(nowhere),
		CASE(progress),
		CASE(too_many_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
