#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/unit/index_fixture.h"

/* An index whose octets are not what was written.  One test in a program of its
 * own: cmocka takes SIGBUS and SIGSEGV from who had them before each. */
/* The sanitizer ends the process before LMDB's heap does, and tells nobody. */
#if defined(__SANITIZE_ADDRESS__)
#define WAYS 3
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WAYS 3
#endif
#endif
#ifndef WAYS
#define WAYS 8
#endif

#define ROUNDS 200

/* xorshift: the same ways to break it each time. */
static uint32_t
chance(uint32_t limit)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

static void
spoil_octets(int fd, off_t size, uint32_t count)
{
	while (count-- > 0) {
		char octet = (char)chance(256);

		assert_int_equal(
		    pwrite(fd, &octet, 1, (off_t)chance((uint32_t)size)), 1);
	}
}

static void
spoil_page(int fd, off_t size, bool zero)
{
	static char page[4096];
	off_t at = (off_t)chance((uint32_t)(size / 4096)) * 4096;
	size_t i;

	for (i = 0; i < sizeof page; i++)
		page[i] = zero ? 0 : (char)chance(256);
	assert_int_equal(pwrite(fd, page, sizeof page, at), sizeof page);
}

/* A page in the place of another. */
static void
swap_page(int fd, off_t size)
{
	static char page[4096];
	uint32_t pages = (uint32_t)(size / 4096);

	assert_int_equal(
	    pread(fd, page, sizeof page, (off_t)chance(pages) * 4096),
	    sizeof page);
	assert_int_equal(
	    pwrite(fd, page, sizeof page, (off_t)chance(pages) * 4096),
	    sizeof page);
}

static void
replace_file(const char *path, bool folder)
{
	FD_AUTO fd = -1;

	assert_int_equal(unlink(path), 0);
	if (folder) {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "garbage", 7), 7);
}

/* Breaks one of the files. */
static void
spoil(struct fixture *f)
{
	char path[160];
	struct stat st;
	FD_AUTO fd = -1;

	(void)snprintf(path, sizeof path, "%s/%s/%s", f->maildir,
	    STORE_INDEX_DIR, chance(4) ? "data.mdb" : "lock.mdb");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < 4096)
		return; /* there is none just now */
	switch (chance(WAYS) + 8 - WAYS) {
	case 0:
		spoil_octets(fd, st.st_size, 1);
		break;
	case 1:
		spoil_octets(fd, st.st_size, 100);
		break;
	case 2:
		spoil_page(fd, st.st_size, true);
		break;
	case 3:
		spoil_page(fd, st.st_size, false);
		break;
	case 4:
		swap_page(fd, st.st_size);
		break;
	case 5:
		assert_int_equal(
		    ftruncate(fd, (off_t)chance((uint32_t)st.st_size)), 0);
		break;
	default:
		replace_file(path, chance(2));
		break;
	}
}

/* What a client sees is what is on the disk, and grows. */
static void
check_view(
    struct fixture *f, struct mailbox *mb, uint32_t validity, uint64_t *highest)
{
	uint64_t now;
	uint32_t i;

	(void)sync_one(f, mb);
	assert_int_equal(mailbox_count(mb), 60);
	assert_int_equal(mailbox_uidvalidity(mb), validity);
	assert_int_equal(mailbox_uidnext(mb), 61);
	for (i = 1; i <= 60; i++)
		assert_int_equal(mailbox_message(mb, i)->uid, i);
	assert_int_equal(
	    mailbox_message(mb, 1)->flags & ~FLAG_RECENT, FLAG_SEEN);
	now = mailbox_highest_modseq(mb);
	assert_true(now == 0 || now >= *highest);
	if (now)
		*highest = now;
}

/* Two views live through it. */
static void
live_through(
    struct fixture *f, uint32_t validity, uint64_t *highest, bool spoiling)
{
	struct store *store = other_store(f);
	struct mailbox *views[2];
	uint64_t told[2] = { *highest, *highest };
	int i, round;

	for (i = 0; i < 2; i++) {
		assert_int_equal(mailbox_open(store, slice_from("INBOX"),
				     MAILBOX_READ_WRITE, &views[i], &f->err),
		    0);
		check_view(f, views[i], validity, &told[i]);
	}
	for (round = 0; round < 4; round++) {
		struct flags_change change = { round % 2 ? FLAGS_REMOVE
							 : FLAGS_ADD,
			FLAG_FLAGGED, 0, FLAGS_WHATEVER };

		if (spoiling)
			spoil(f);
		assert_int_equal(mailbox_set_flags(views[round % 2],
				     2 + chance(50), &change, &f->err),
		    0);
		for (i = 0; i < 2; i++)
			check_view(f, views[i], validity, &told[i]);
	}
	for (i = 0; i < 2; i++) {
		mailbox_free(views[i]);
		if (*highest < told[i])
			*highest = told[i];
	}
	store_free(store);
}

/* A process for them.  False when it died of what LMDB made of the rubbish. */
static bool
run_process(
    struct fixture *f, uint32_t validity, uint64_t *highest, bool spoiling)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		live_through(f, validity, highest, spoiling);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_true(WTERMSIG(status) == SIGABRT ||
			    WTERMSIG(status) == SIGSEGV ||
			    WTERMSIG(status) == SIGBUS);
	return WIFEXITED(status);
}

/* Whoever comes after one that died finds it well. */
static void
spoiled(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb = prepare(f, 60);
	uint32_t validity = mailbox_uidvalidity(mb);
	uint64_t *highest = mmap(NULL, sizeof *highest, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int round, died = 0;

	assert_true(highest != MAP_FAILED);
	*highest = mailbox_highest_modseq(mb);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	mailbox_free(mb);
	for (round = 0; round < ROUNDS; round++) {
		(void)chance(2); /* the children's ways are not the same */
		if (run_process(f, validity, highest, true))
			continue;
		died++;
		assert_true(run_process(f, validity, highest, false));
	}
	print_message("%d of %d died\n", died, ROUNDS);
	assert_true(died < ROUNDS / 4);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_true(mailbox_highest_modseq(mb) >= *highest);
	mailbox_free(mb);
	(void)munmap(highest, sizeof *highest);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    spoiled, fixture_setup_indexed, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
