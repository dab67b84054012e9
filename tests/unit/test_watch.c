/* Watches of directories, by inotify and by dnotify. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/store/watch.h"
#include "tests/unit/unit.h"

#define SOON 2000 /* ms */

struct fixture {
	char top[32];
	char paths[3][64]; /* new, cur, and what is above */
	int dirs[3];
	struct watch watch;
	struct watched list[3];
};

typedef int opener(struct watch *w, const struct watched *list, size_t n);

static struct fixture *
make(opener *open_watch)
{
	static const char *const subs[] = { "/new", "/cur", "" };
	struct fixture *f = calloc(1, sizeof *f);
	size_t i;

	f->watch = (struct watch)WATCH_INIT;
	strcpy(f->top, "/tmp/njiwa-watch-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	for (i = 0; i < UNIT_COUNT(subs); i++) {
		(void)snprintf(
		    f->paths[i], sizeof f->paths[i], "%s%s", f->top, subs[i]);
		assert_true(mkdir(f->paths[i], 0700) == 0 || errno == EEXIST);
		f->dirs[i] = open(f->paths[i], O_RDONLY | O_DIRECTORY);
		assert_true(f->dirs[i] >= 0);
		f->list[i].path = f->paths[i];
		f->list[i].above = subs[i][0] == '\0';
		f->list[i].dir = f->dirs[i];
	}
	assert_int_equal(open_watch(&f->watch, f->list, 3), 0);
	assert_true(f->watch.fd >= 0);
	return f;
}

static void
end(struct fixture *f)
{
	char command[64];
	size_t i;

	watch_release(&f->watch);
	assert_int_equal(f->watch.fd, -1);
	for (i = 0; i < UNIT_COUNT(f->dirs); i++)
		(void)close(f->dirs[i]);
	(void)snprintf(command, sizeof command, "rm -rf %s", f->top);
	assert_int_equal(system(command), 0);
	free(f);
}

/* Was something heard?  It is forgotten. */
static bool
heard(struct fixture *f, int ms)
{
	struct pollfd p = { .fd = f->watch.fd, .events = POLLIN };
	bool got = poll(&p, 1, ms) == 1;

	watch_drain(&f->watch);
	assert_int_equal(poll(&p, 1, 0), 0);
	return got;
}

static void
touch(struct fixture *f, int dir, const char *name)
{
	int fd = openat(f->dirs[dir], name, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

/* Whatever happens to a name in new or cur is heard. */
static void
hears(opener *open_watch)
{
	struct fixture *f = make(open_watch);

	assert_false(heard(f, 0));
	touch(f, 0, "a");
	assert_true(heard(f, SOON));
	assert_int_equal(linkat(f->dirs[0], "a", f->dirs[0], "b", 0), 0);
	assert_true(heard(f, SOON));
	assert_int_equal(renameat(f->dirs[0], "a", f->dirs[1], "a"), 0);
	assert_true(heard(f, SOON));
	assert_int_equal(renameat(f->dirs[1], "a", f->dirs[1], "c"), 0);
	assert_true(heard(f, SOON));
	assert_int_equal(unlinkat(f->dirs[1], "c", 0), 0);
	assert_true(heard(f, SOON));
	assert_int_equal(renameat(f->dirs[0], "b", f->dirs[2], "b"), 0);
	assert_true(heard(f, SOON));
	/* many at a time are one */
	touch(f, 0, "x");
	touch(f, 1, "y");
	touch(f, 0, "z");
	assert_true(heard(f, SOON));
	assert_false(heard(f, 0));
	assert_int_equal(unlinkat(f->dirs[1], "y", 0), 0);
	(void)heard(f, SOON);
	/* and that a folder is gone */
	assert_int_equal(rmdir(f->paths[1]), 0);
	assert_true(heard(f, SOON));
	end(f);
}

static void
by_inotify(void **state)
{
	(void)state;
	hears(watch_open);
}

static void
by_signal(void **state)
{
	(void)state;
	hears(watch_open_by_signal);
}

static void
released(void **state)
{
	struct fixture *f = make(watch_open_by_signal);
	struct watch other = WATCH_INIT;

	(void)state;
	assert_true(watch_is_by_signal(&f->watch));
	watch_release(&f->watch);
	assert_false(watch_is_by_signal(&f->watch));
	/* nobody watches new any more */
	assert_int_equal(watch_open_by_signal(&other, &f->list[1], 1), 0);
	touch(f, 0, "a");
	f->watch = other;
	assert_false(heard(f, 0));
	touch(f, 1, "a");
	assert_true(heard(f, SOON));
	end(f);
}

static void
not_to_be_had(void **state)
{
	struct fixture *f = make(watch_open);
	const struct watched none = { "/nonexistent", -1, false };
	struct watch w = WATCH_INIT;

	(void)state;
	assert_int_equal(watch_open(&w, &none, 1), -EBADF);
	assert_int_equal(w.fd, -1);
	assert_int_equal(w.count, 0);
	watch_drain(&w);
	end(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_inotify),
		cmocka_unit_test(by_signal),
		cmocka_unit_test(released),
		cmocka_unit_test(not_to_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
