#include <errno.h>
#include <sys/uio.h>

#include "common/store/mailbox_message.h"
#include "common/store/view_readahead.h"
#include "tests/unit/store_fixture.h"

#define MESSAGES 200

/* Instead of the kernel's: what is read is on the disk, or in memory. */
static bool on_disk;
static unsigned looks;

ssize_t
preadv2(int fd, const struct iovec *vector, int n, off_t offset, int flags)
{
	looks++;
	assert_true(fd >= 0 && n == 1 && vector->iov_len == 1 && offset == 0);
	assert_int_equal(flags, RWF_NOWAIT);
	if (!on_disk)
		return 1;
	errno = EAGAIN;
	return -1;
}

static struct mailbox *
prepare(struct fixture *f)
{
	char text[64];
	unsigned i;

	for (i = 1; i <= MESSAGES; i++) {
		(void)snprintf(text, sizeof text, "Subject: %u\n\n", i);
		(void)fixture_deliver(f, "INBOX", FLAG_SEEN, false, text);
	}
	return fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
}

/* How many descriptors the process has. */
static unsigned
count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static void
assert_is(int fd, unsigned number)
{
	char text[64] = "", expected[64];

	(void)snprintf(expected, sizeof expected, "Subject: %u\n\n", number);
	assert_true(fd >= 0);
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	assert_string_equal(text, expected);
	(void)close(fd);
}

static void
read_one(struct fixture *f, struct mailbox *mb, uint32_t seq, unsigned number)
{
	assert_is(mailbox_message_open(mb, seq, &f->err), number);
}

/* Each message is the right one, and no descriptor stays. */
static void
in_a_row(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f);
	struct mailbox_changes changes = { .expunged = NULL };
	unsigned before = count_open(), at_most = 0;
	uint32_t seq;

	on_disk = true;
	for (seq = 1; seq <= MESSAGES; seq++) {
		read_one(f, mb, seq, seq);
		if (count_open() - before > at_most)
			at_most = count_open() - before;
	}
	assert_int_equal(at_most, VIEW_READAHEAD_FILES);
	assert_int_equal(count_open(), before);
	read_one(f, mb, 1, 1);
	assert_int_equal(count_open(), before);
	for (seq = 2; seq <= MESSAGES / 2; seq++)
		read_one(f, mb, seq, seq);
	assert_int_equal(count_open() - before, VIEW_READAHEAD_FILES);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	mailbox_changes_release(&changes);
	assert_int_equal(count_open(), before);
	mailbox_free(mb);
}

/* Mail that is in memory is looked at now and then. */
static void
in_memory(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f);
	unsigned before = count_open();
	uint32_t seq;

	on_disk = false;
	looks = 0;
	for (seq = 1; seq <= MESSAGES; seq++)
		read_one(f, mb, seq, seq);
	assert_int_equal(looks, (MESSAGES - 2) / VIEW_READAHEAD_LOOK + 1);
	assert_int_equal(count_open(), before);
	mailbox_free(mb);
}

/* Who goes back or leaves one out gets what he asks for. */
static void
out_of_row(void **state)
{
	static const uint32_t seqs[] = { 1, 2, 3, 3, 4, 5, 8, 9, 10, 2, 3, 4, 5,
		200, 1, 2, 3, 199, 200, 1, 1, 2, 3 };
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f);
	unsigned before = count_open();
	size_t i;

	on_disk = true;
	for (i = 0; i < sizeof seqs / sizeof seqs[0]; i++)
		read_one(f, mb, seqs[i], seqs[i]);
	assert_true(count_open() > before);
	mailbox_free(mb);
	assert_true(count_open() < before);
}

/* Messages that change while their neighbours are read. */
static void
changes_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f), *other;
	struct mailbox_changes changes = { .expunged = NULL };
	uint32_t uid = mailbox_message(mb, 6)->uid, seq;

	on_disk = true;
	for (seq = 1; seq <= 3; seq++)
		read_one(f, mb, seq, seq);
	other = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(
	    fixture_flags(f, other, 4, FLAGS_ADD, FLAG_FLAGGED), 0);
	mailbox_free(other);
	assert_int_equal(fixture_flags(f, mb, 5, FLAGS_ADD, FLAG_FLAGGED), 0);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, &uid, 1, &f->err), 0);
	read_one(f, mb, 4, 4);
	read_one(f, mb, 5, 5);
	assert_int_equal(mailbox_message_open(mb, 6, &f->err), -ENOENT);
	read_one(f, mb, 7, 7);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.nexpunged, 1);
	mailbox_changes_release(&changes);
	read_one(f, mb, 6, 7);
	read_one(f, mb, 7, 8);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(in_a_row),
		CASE(in_memory),
		CASE(out_of_row),
		CASE(changes_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
