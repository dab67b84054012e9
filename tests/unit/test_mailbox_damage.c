#include <errno.h>

#include "common/index/mailboxes.h"
#include "common/store/folder_change.h"
#include "common/store/mailbox_status.h"
#include "common/store/store_index.h"
#include "common/store/tree.h"
#include "tests/unit/index_fixture.h"

/* Modseqs only grow, whatever becomes of the index. */
static void
deleted(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3), *again;
	uint64_t before = mailbox_highest_modseq(mb);
	uint32_t validity = mailbox_uidvalidity(mb);
	struct store *store;

	remove_index(f);
	expect(f, mb, 0, 0, 0);
	assert_true(mailbox_highest_modseq(mb) > before);
	before = mailbox_highest_modseq(mb);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	assert_true(mailbox_message(mb, 1)->modseq > before);
	before = mailbox_message(mb, 1)->modseq;
	remove_index(f);
	store = other_store(f);
	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &again, &f->err),
	    0);
	assert_true(mailbox_highest_modseq(again) > before);
	assert_int_equal(mailbox_uidvalidity(again), validity);
	assert_int_equal(mailbox_message(again, 1)->flags, FLAG_SEEN);
	/* both work on, on one index */
	assert_int_equal(fixture_flags(f, again, 2, FLAGS_ADD, FLAG_SEEN), 0);
	(void)sync_one(f, mb);
	assert_int_equal(mailbox_message(mb, 2)->flags, FLAG_SEEN);
	assert_int_equal(
	    mailbox_message(mb, 2)->modseq, mailbox_message(again, 2)->modseq);
	mailbox_free(again);
	store_free(store);
	mailbox_free(mb);
}

/* Another boot's index may be torn. */
static void
other_boot(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 3);
	uint64_t before = mailbox_highest_modseq(mb);
	struct store *store;

	mailbox_free(mb);
	f->indexing.boot = "the next one";
	store = other_store(f);
	assert_int_equal(mailbox_open(store, slice_from("INBOX"),
			     MAILBOX_READ_WRITE, &mb, &f->err),
	    0);
	assert_true(mailbox_highest_modseq(mb) > before);
	assert_int_equal(mailbox_count(mb), 3);
	mailbox_free(mb);
	store_free(store);
	assert_int_equal(f->complaints, 0);
}

static int
count_one(void *ctx, struct slice key, struct slice value)
{
	unsigned *count = ctx;

	(void)key;
	(void)value;
	++*count;
	return 0;
}

static int
count_all(struct index_txn *txn, void *ctx)
{
	return index_walk(
	    txn, slice_of("", 0), slice_of("A", 1), count_one, ctx);
}

static unsigned
keys_of(struct fixture *f)
{
	unsigned count = 0;

	assert_int_equal(
	    index_read(store_index(f->store), count_all, &count), 0);
	return count;
}

/* Folders that others remove leave nothing for ever. */
static void
removed_folders(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 1);
	char name[16], command[128];
	unsigned before = keys_of(f), i;

	for (i = 0; i < 3 * INDEX_TIDY_FOLDERS; i++) {
		(void)snprintf(name, sizeof name, "f%u", i);
		assert_int_equal(
		    store_create(f->store, slice_from(name), &f->err), 0);
		(void)fixture_deliver(f, name, 0, false, TEXT);
		mailbox_free(fixture_open(f, name, MAILBOX_READ_WRITE));
	}
	/* each its name, its head and a row */
	assert_true(keys_of(f) >= before + 3 * i);
	(void)snprintf(command, sizeof command, "rm -r '%s'/.f*", f->maildir);
	assert_int_equal(system(command), 0);
	for (i = 0; i < 40; i++) {
		foreign_rename(f, mb, 1, i % 2 ? "S" : "F");
		(void)usleep(3000);
		(void)sync_one(f, mb);
	}
	assert_int_equal(mailbox_count(mb), 1);
	mailbox_free(mb);
	/* one for whose turn it is, one for what changed */
	assert_true(keys_of(f) <= before + 2);
}

/* Without a place for it the mail is there all the same. */
static void
no_place(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb;

	fixture_write(f, STORE_INDEX_DIR, "in the way");
	mb = prepare(f, 2);
	assert_int_equal(mailbox_count(mb), 2);
	assert_int_equal(mailbox_highest_modseq(mb), 0);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	expect(f, mb, 0, 0, 0);
	mailbox_free(mb);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_message(mb, 1)->flags, FLAG_SEEN);
	mailbox_free(mb);
	assert_int_equal(f->complaints, 1);
}

/* A list from a copy of the mail: what was told since is nobody else's uid. */
static void
older_list(void **state)
{
	struct fixture *f = *state;
	char text[1000];
	struct mailbox *mb = prepare(f, 2);
	FD_AUTO list =
	    openat(f->store->root, "dovecot-uidlist", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(list, text, sizeof text - 1);

	assert_true(len > 0);
	text[len] = '\0';
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	expect(f, mb, 0, 0, 1);
	mailbox_free(mb);
	foreign_rename(f, mb, 3, NULL);
	rest();
	fixture_write(f, "dovecot-uidlist", text);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(mb), 2);
	assert_int_equal(mailbox_uidnext(mb), 4);
	(void)fixture_deliver(f, "INBOX", 0, true, TEXT);
	expect(f, mb, 0, 0, 1);
	assert_int_equal(mailbox_message(mb, 3)->uid, 4);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup_indexed, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(deleted),
		CASE(other_boot),
		CASE(older_list),
		CASE(removed_folders),
		CASE(no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
