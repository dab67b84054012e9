#include <errno.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "common/store/lock.h"
#include "tests/unit/store_fixture.h"

#define LOCKED "file"
#define LOCK LOCKED ".lock"

static bool
exists(struct fixture *f, const char *name)
{
	return faccessat(f->store->root, name, F_OK, 0) == 0;
}

static void
take_and_release(void **state)
{
	struct fixture *f = *state;
	struct lock lock = LOCK_INIT, other = LOCK_INIT;
	char text[128] = "", want[128], host[65] = "";
	int fd, root = f->store->root;

	assert_int_equal(lock_take(f->store, root, LOCKED, 0, &lock), 0);
	assert_true(lock_held(&lock));
	fd = openat(root, LOCK, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof text - 1) > 0);
	(void)close(fd);
	assert_int_equal(gethostname(host, sizeof host - 1), 0);
	(void)snprintf(want, sizeof want, "%d:%s", (int)getpid(), host);
	assert_string_equal(text, want);
	assert_int_equal(
	    lock_take(f->store, root, LOCKED, 20, &other), -EAGAIN);
	lock_release(&other);
	assert_true(lock_held(&lock));
	lock_release(&lock);
	assert_false(exists(f, LOCK));
	lock_release(&lock);
	assert_int_equal(lock_take(f->store, root,
			     "a-name-that-is-far-too-long-to-be-that-of-any-"
			     "file-that-is-locked-here",
			     0, &lock),
	    -ENAMETOOLONG);
}

/* Makes a lock file that is age seconds old. */
static void
plant(struct fixture *f, const char *text, int age)
{
	struct timespec now = clock_now();

	clock_fake((struct timespec){ -1, 0 });
	fixture_write(f, LOCK, text);
	now = clock_now();
	now.tv_sec += age;
	clock_fake(now);
}

static void
stale_ones(void **state)
{
	struct fixture *f = *state;
	char host[65] = "", dead[96], alive[96], foreign[96], self[96];
	pid_t child = fork();
	size_t i;

	if (child == 0)
		_exit(0);
	(void)waitpid(child, NULL, 0);
	assert_int_equal(gethostname(host, sizeof host - 1), 0);
	(void)snprintf(dead, sizeof dead, "%d:%s", (int)child, host);
	(void)snprintf(alive, sizeof alive, "1:%s", host);
	(void)snprintf(self, sizeof self, "%d:%s", (int)getpid(), host);
	(void)snprintf(foreign, sizeof foreign, "%d:elsewhere", (int)child);
	const struct {
		const char *text;
		int age;
		bool taken;
	} rows[] = {
		{ dead, 0, false },
		{ dead, LOCK_GRACE_SECONDS + 1, true },
		{ self, LOCK_GRACE_SECONDS + 1, true },
		{ alive, LOCK_STALE_SECONDS - 2, false },
		{ alive, LOCK_STALE_SECONDS + 1, true },
		{ foreign, LOCK_STALE_SECONDS - 2, false },
		{ foreign, LOCK_STALE_SECONDS + 1, true },
		{ "", LOCK_STALE_SECONDS - 2, false },
		{ "", LOCK_STALE_SECONDS + 1, true },
		{ "rubbish", LOCK_STALE_SECONDS + 1, true },
	};

	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct lock lock = LOCK_INIT;

		plant(f, rows[i].text, rows[i].age);
		UNIT_CHECK(i, (lock_take(f->store, f->store->root, LOCKED, 0,
				   &lock) == 0) == rows[i].taken);
		UNIT_CHECK(i, exists(f, LOCK));
		lock_release(&lock);
	}
	clock_fake((struct timespec){ -1, 0 });
}

/* The pid is alive, but the lock is from before the host was started; what it
 * guards was changed a moment ago. */
static void
before_the_start(void **state)
{
	struct fixture *f = *state;
	struct timespec up, times[2];
	struct lock lock = LOCK_INIT;
	char host[65] = "", text[96];
	int fd, i;

	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &up), 0);
	assert_int_equal(gethostname(host, sizeof host - 1), 0);
	(void)snprintf(text, sizeof text, "1:%s", host);
	fixture_write(f, LOCKED, "text");
	for (i = 0; i < 2; i++) { /* a minute after the start, and before */
		plant(f, text, (int)up.tv_sec + (i == 0 ? -60 : 60));
		times[0] = times[1] = clock_now();
		fd = openat(f->store->root, LOCKED, O_WRONLY | O_CLOEXEC);
		assert_int_equal(futimens(fd, times), 0);
		(void)close(fd);
		assert_int_equal(
		    lock_take(f->store, f->store->root, LOCKED, 0, &lock),
		    i == 0 ? -EAGAIN : 0);
	}
	lock_release(&lock);
	clock_fake((struct timespec){ -1, 0 });
}

/* A lock that another took for stale is not removed when it is given back. */
static void
lost(void **state)
{
	struct fixture *f = *state;
	struct lock lock = LOCK_INIT;

	assert_int_equal(
	    lock_take(f->store, f->store->root, LOCKED, 0, &lock), 0);
	assert_int_equal(unlinkat(f->store->root, LOCK, 0), 0);
	fixture_write(f, LOCK, "1:other");
	assert_false(lock_held(&lock));
	assert_int_equal(
	    lock_replace(f->store, &lock, LOCKED, slice_from("text"), 0),
	    -ESTALE);
	assert_true(exists(f, LOCK));
	assert_false(exists(f, LOCKED));
}

static void
replace(void **state)
{
	struct fixture *f = *state;
	time_t later = clock_now().tv_sec + 100;
	struct lock lock = LOCK_INIT;
	struct stat st;

	assert_int_equal(
	    lock_take(f->store, f->store->root, LOCKED, 0, &lock), 0);
	assert_int_equal(
	    lock_replace(f->store, &lock, LOCKED, slice_from("text"), later),
	    0);
	assert_false(exists(f, LOCK));
	assert_int_equal(fstatat(f->store->root, LOCKED, &st, 0), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_mtime, later + 1);
	lock_release(&lock);
}

/* How many files there are in tmp; the last one's name. */
static unsigned
in_tmp(struct fixture *f, char name[NAME_MAX + 1])
{
	char path[512];
	struct dirent *entry;
	unsigned n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof path, "%s/tmp", f->maildir);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.') {
			(void)snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
			n++;
		}
	(void)closedir(dir);
	return n;
}

/* Takes it n times; the inode of the last one, and how many there were. */
static ino_t
take_often(struct fixture *f, unsigned n, unsigned *ret_different)
{
	struct lock lock = LOCK_INIT, other = LOCK_INIT;
	struct stat st;
	ino_t last = 0;
	int root = f->store->root;

	*ret_different = 0;
	while (n-- > 0) {
		assert_int_equal(
		    lock_take_often(f->store, root, LOCKED, 0, &lock), 0);
		assert_true(lock_held(&lock));
		assert_int_equal(
		    lock_take(f->store, root, LOCKED, 0, &other), -EAGAIN);
		assert_int_equal(fstatat(root, LOCK, &st, 0), 0);
		*ret_different += st.st_ino != last;
		last = st.st_ino;
		lock_release(&lock);
		assert_false(exists(f, LOCK));
	}
	return last;
}

/* One that is taken often has the same file each time, signed and as young as
 * any other; it goes with the store, and comes back when somebody takes it
 * away. */
static void
often(void **state)
{
	struct fixture *f = *state;
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	char name[NAME_MAX + 1], path[512];
	struct lock lock = LOCK_INIT;
	struct stat st;
	unsigned different;
	ino_t first;

	(void)take_often(f, LOCK_OFTEN, &different);
	assert_int_equal(in_tmp(f, name), 0);
	first = take_often(f, 10, &different);
	assert_int_equal(different, 1);
	assert_int_equal(in_tmp(f, name), 1);
	(void)snprintf(path, sizeof path, "tmp/%s", name);
	assert_int_equal(utimensat(f->store->root, path, old, 0), 0);
	assert_int_equal(
	    lock_take_often(f->store, f->store->root, LOCKED, 0, &lock), 0);
	assert_int_equal(fstatat(f->store->root, LOCK, &st, 0), 0);
	assert_int_equal(st.st_ino, first);
	assert_true(st.st_mtime > 1000 && st.st_size > 0);
	lock_release(&lock);
	assert_int_equal(unlinkat(f->store->root, path, 0), 0);
	(void)take_often(f, LOCK_OFTEN + 10, &different);
	assert_int_equal(in_tmp(f, name), 1);
	lock_forget(f->store);
	assert_int_equal(in_tmp(f, name), 0);
	(void)take_often(f, 1, &different);
}

/* A lock by the kept file that another took for stale is not ours any more, and
 * the file is good for the next one. */
static void
often_lost(void **state)
{
	struct fixture *f = *state;
	struct lock lock = LOCK_INIT;
	unsigned different;

	(void)take_often(f, LOCK_OFTEN + 1, &different);
	assert_int_equal(
	    lock_take_often(f->store, f->store->root, LOCKED, 0, &lock), 0);
	assert_int_equal(unlinkat(f->store->root, LOCK, 0), 0);
	fixture_write(f, LOCK, "1:other");
	assert_false(lock_held(&lock));
	lock_release(&lock);
	assert_true(exists(f, LOCK));
	assert_int_equal(
	    lock_take_often(f->store, f->store->root, LOCKED, 0, &lock),
	    -EAGAIN);
	assert_int_equal(unlinkat(f->store->root, LOCK, 0), 0);
	(void)take_often(f, 3, &different);
	assert_int_equal(different, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    take_and_release, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    stale_ones, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    before_the_start, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    lost, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    often, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    often_lost, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    replace, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
