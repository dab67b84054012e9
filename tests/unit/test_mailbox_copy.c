#include <errno.h>

#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_message.h"
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
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(same_files),
		CASE(same_folder),
		CASE(all_or_none),
		CASE(too_many_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
