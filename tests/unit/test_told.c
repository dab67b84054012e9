#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/index/told.h"
#include "tests/unit/unit.h"

#define NAME "modseqs"
#define DAY 86400
#define BEFORE 1000000000 /* a second of 2001 */
#define AHEAD_S (TOLD_AHEAD_US / 1000000u)

/* A folder for the file. */
static char folder[] = "/tmp/njiwa-told-XXXXXX";
static int dirfd = -1;

static struct told *
open_in(const char *boot)
{
	const struct told_config config = { boot, true };
	struct told *told = NULL;
	struct err err;

	assert_int_equal(told_open(dirfd, NAME, &config, &told, &err), 0);
	return told;
}

static uint64_t
next(struct told *told, uint64_t last)
{
	uint64_t modseq;

	assert_int_equal(told_next(told, last, &modseq), 0);
	return modseq;
}

static void
set_clock(time_t seconds)
{
	clock_fake((struct timespec){ seconds, 0 });
}

static void
grows(void **state)
{
	struct told *one = open_in("a"), *two = open_in("a");
	uint64_t last = 0, now;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now = next(i % 2 ? one : two, 0);
		assert_true(now > last);
		last = now;
	}
	/* what somebody knows from elsewhere */
	assert_int_equal(next(one, last + 5000000), last + 5000001);
	assert_true(next(two, 0) > last + 5000001);
	told_close(one);
	told_close(two);
	assert_true(next(NULL, last * 2) == last * 2 + 1);
}

/* It stays ahead of a clock that goes back, and follows one that goes on. */
static void
clock_goes_back(void **state)
{
	struct told *told = open_in("a");
	uint64_t last;

	(void)state;
	set_clock(BEFORE);
	last = next(told, 0);
	set_clock(BEFORE - DAY);
	assert_int_equal(next(told, 0), last + 1);
	told_close(told);
	told = open_in("a");
	assert_int_equal(next(told, 0), last + 2);
	set_clock(BEFORE + DAY);
	assert_true(next(told, 0) == (BEFORE + DAY) * UINT64_C(1000000));
	told_close(told);
}

static void
copy(const char *from, const char *to)
{
	char command[200];

	(void)snprintf(command, sizeof command, "cp '%s/%s' '%s/%s'", folder,
	    from, folder, to);
	assert_int_equal(system(command), 0);
}

/* The file as it is on the disk by now. */
static void
save(const char *as)
{
	copy(NAME, as);
}

/* A crash of the machine leaves that. */
static void
crash(const char *saved)
{
	copy(saved, NAME);
}

static void
other_boot(void **state)
{
	struct told *told;
	uint64_t last;

	(void)state;
	set_clock(BEFORE);
	told = open_in("a");
	save("synced");
	/* the last one that the first promise covers */
	set_clock(BEFORE + AHEAD_S);
	last = next(told, 0);
	told_close(told);
	crash("synced");
	set_clock(BEFORE);
	told = open_in("b");
	assert_true(next(told, 0) > last);
	told_close(told);
}

/* One past the promise there is a new one, before it is told. */
static void
promises_again(void **state)
{
	struct told *told;
	uint64_t last;

	(void)state;
	set_clock(BEFORE);
	told = open_in("a");
	save("synced");
	set_clock(BEFORE + AHEAD_S);
	last = next(told, 0) + 1;
	save("before");
	assert_int_equal(next(told, 0), last);
	save("after");
	told_close(told);
	crash("after");
	set_clock(BEFORE);
	told = open_in("b");
	assert_int_equal(next(told, 0), last + TOLD_AHEAD_US + 1);
	told_close(told);
	crash("before");
	told = open_in("c");
	assert_int_equal(next(told, 0), last);
	told_close(told);
}

static void
put(const void *octets, size_t size)
{
	FD_AUTO fd =
	    openat(dirfd, NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, octets, size), size);
}

/* Rubbish is replaced, whatever it says. */
static void
damaged(void **state)
{
	char octets[300];
	size_t sizes[] = { 0, 1, 50, 104, sizeof octets }, i;
	struct told *told;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		memset(octets, (int)(i * 85), sizeof octets);
		put(octets, sizes[i]);
		set_clock(BEFORE);
		told = open_in("a");
		assert_true(next(told, 0) == BEFORE * UINT64_C(1000000));
		told_close(told);
	}
}

/* The last one that a client can be told, and one past it. */
static void
highest(void **state)
{
	struct told *told = open_in("a");
	uint64_t modseq;

	(void)state;
	assert_int_equal(next(told, TOLD_MAX - 1), TOLD_MAX);
	assert_int_equal(told_next(told, 0, &modseq), -EBADMSG);
	assert_int_equal(told_next(told, TOLD_MAX, &modseq), -EBADMSG);
	told_close(told);
}

/* Each octet of a whole file may be another: what it tells is not in the past,
 * nor beyond what a client takes. */
static void
one_octet(void **state)
{
	STR_AUTO whole = STR_INIT;
	struct told *told;
	struct err err;
	size_t i;

	(void)state;
	set_clock(BEFORE);
	told = open_in("a");
	(void)next(told, 0);
	told_close(told);
	assert_int_equal(fileio_read(dirfd, NAME, 1000, &whole, &err), 0);
	for (i = 0; i < whole.len; i++) {
		uint64_t modseq;

		whole.ptr[i] ^= 0x5a;
		put(whole.ptr, whole.len);
		told = open_in("a");
		modseq = next(told, 0);
		assert_true(modseq >= BEFORE * UINT64_C(1000000));
		assert_true(modseq <= TOLD_MAX);
		told_close(told);
		whole.ptr[i] ^= 0x5a;
	}
}

static void
not_a_file(void **state)
{
	const struct told_config config = { "a", true };
	struct told *told = NULL;
	struct err err;

	(void)state;
	assert_int_equal(mkdirat(dirfd, NAME, 0700), 0);
	assert_int_equal(told_open(dirfd, NAME, &config, &told, &err), -EISDIR);
	assert_int_equal(unlinkat(dirfd, NAME, AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("elsewhere", dirfd, NAME), 0);
	assert_int_equal(told_open(dirfd, NAME, &config, &told, &err), -ELOOP);
	assert_int_equal(unlinkat(dirfd, NAME, 0), 0);
	assert_int_equal(mkfifoat(dirfd, NAME, 0600), 0);
	assert_int_equal(told_open(dirfd, NAME, &config, &told, &err), -EINVAL);
	assert_null(told);
}

static void
transactions(void **state)
{
	struct told *told = open_in("a");

	(void)state;
	assert_int_equal(told_last(NULL).txn, 0);
	assert_int_equal(told_last(told).txn, 0);
	told_set_made(told, 7);
	told_set_txn(told, 7, 3);
	told_set_txn(told, 7, 2);
	told_set_txn(told, 6, 9); /* of one that was dropped */
	assert_int_equal(told_last(told).made, 7);
	assert_int_equal(told_last(told).txn, 3);
	told_close(told);
	told = open_in("a");
	assert_int_equal(told_last(told).txn, 3);
	told_set_made(told, 8);
	assert_int_equal(told_last(told).txn, 0);
	told_set_txn(told, 8, 3);
	told_close(told);
	told = open_in("b");
	assert_int_equal(told_last(told).made, 0);
	assert_int_equal(told_last(told).txn, 0);
	told_close(told);
}

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/njiwa-told-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd < 0;
}

static int
tear_down(void **state)
{
	char command[64];

	(void)state;
	clock_fake((struct timespec){ -1, 0 });
	fileio_close(&dirfd);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(grows),
		TEST(clock_goes_back),
		TEST(other_boot),
		TEST(promises_again),
		TEST(damaged),
		TEST(highest),
		TEST(one_octet),
		TEST(not_a_file),
		TEST(transactions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
