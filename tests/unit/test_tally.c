#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/tally.h"
#include "tests/unit/unit.h"

#define MINUTE 60
#define HOUR 3600
#define NOW 1700000040 /* the start of a minute */

struct table {
	char folder[PATH_MAX], path[PATH_MAX + 8];
	struct tally_config config;
	struct tally *tally;
};

static int
make_table(void **state)
{
	static struct table t;
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(t.folder, sizeof t.folder, "%s/tally.XXXXXX",
	    tmp ? tmp : "/tmp"); /* too long is not made */
	if (mkdtemp(t.folder) == NULL)
		return -1;
	(void)snprintf(t.path, sizeof t.path, "%s/tally", t.folder);
	t.config = (struct tally_config){ .path = t.path,
		.slots = 128,
		.owner = geteuid(),
		.group = getegid(),
		.keep = HOUR,
		.create = true };
	t.tally = NULL;
	*state = &t;
	return 0;
}

static int
drop_table(void **state)
{
	struct table *t = *state;

	clock_fake((struct timespec){ -1, 0 });
	tally_close(t->tally);
	(void)unlink(t->path);
	return rmdir(t->folder); /* nothing else may be left in it */
}

static void
at(time_t seconds)
{
	clock_fake((struct timespec){ seconds, 0 });
}

static void
open_table(struct table *t)
{
	struct err err;

	if (tally_open(&t->config, &t->tally, &err) < 0)
		fail_msg("%s", err.text);
}

static struct tally_key
key_of(unsigned n)
{
	struct tally_key key = { .bits = 128, .kind = 1 };

	memcpy(key.octets, &n, sizeof n);
	return key;
}

static struct tally_entry
entry_of(const struct table *t, unsigned n)
{
	struct tally_key key = key_of(n);

	return tally_find(t->tally, &key, true);
}

static void
counts_and_decays(void **state)
{
	struct table *t = *state;
	struct tally_entry e;
	int i;

	at(NOW);
	open_table(t);
	e = entry_of(t, 1);
	assert_int_equal(tally_count(e, 0, MINUTE), 0);
	for (i = 0; i < 60; i++)
		assert_true(tally_add(e, 0, MINUTE, 0));
	assert_int_equal(tally_count(e, 0, MINUTE), 60);
	at(NOW + 59);
	assert_int_equal(tally_count(e, 0, MINUTE), 60);
	at(NOW + 60);
	assert_int_equal(tally_count(e, 0, MINUTE), 60);
	at(NOW + 90); /* half of the window before still counts */
	assert_int_equal(tally_count(e, 0, MINUTE), 30);
	assert_true(tally_add(e, 0, MINUTE, 0));
	assert_int_equal(tally_count(e, 0, MINUTE), 31);
	at(NOW + 119);
	assert_int_equal(tally_count(e, 0, MINUTE), 2);
	at(NOW + 180);
	assert_int_equal(tally_count(e, 0, MINUTE), 0);
	/* other counters and keys have their own */
	assert_int_equal(tally_count(e, 1, HOUR), 0);
	assert_int_equal(tally_count(entry_of(t, 2), 0, MINUTE), 0);
	/* a clock that was set back does not bring anything back */
	at(NOW - HOUR);
	assert_int_equal(tally_count(e, 0, MINUTE), 0);
}

static void
limits(void **state)
{
	struct table *t = *state;
	struct tally_entry e, none = { NULL, 0 };
	unsigned i;

	at(NOW);
	open_table(t);
	e = entry_of(t, 1);
	for (i = 0; i < 10; i++)
		assert_true(tally_add(e, 0, MINUTE, 10));
	assert_false(tally_add(e, 0, MINUTE, 10));
	assert_int_equal(tally_count(e, 0, MINUTE), 10);
	for (i = 0; i < TALLY_MAX + 10; i++)
		assert_true(tally_add(e, 1, MINUTE, 0));
	assert_int_equal(tally_count(e, 1, MINUTE), TALLY_MAX);
	assert_true(tally_add(none, 0, MINUTE, 1));
	assert_int_equal(tally_count(none, 0, MINUTE), 0);
	assert_false(tally_marked(none, 0, HOUR));
	assert_false(tally_mark_once(none, 0, HOUR));
}

static void
marks(void **state)
{
	struct table *t = *state;
	struct tally_entry e;

	at(NOW);
	open_table(t);
	e = entry_of(t, 1);
	assert_false(tally_marked(e, 0, HOUR));
	tally_mark(e, 0);
	assert_true(tally_marked(e, 0, HOUR));
	assert_false(tally_marked(e, 1, HOUR));
	at(NOW + HOUR - 1);
	assert_true(tally_marked(e, 0, HOUR));
	at(NOW + HOUR);
	assert_false(tally_marked(e, 0, HOUR));
	assert_true(tally_mark_once(e, 1, HOUR));
	assert_false(tally_mark_once(e, 1, HOUR));
	at(NOW + 2 * HOUR);
	assert_true(tally_mark_once(e, 1, HOUR));
}

static void
see_key(void *ctx, const struct tally_key *key, struct tally_entry entry)
{
	unsigned char *seen = ctx;
	unsigned n;

	assert_int_equal(key->bits, 128);
	assert_int_equal(key->kind, 1);
	memcpy(&n, key->octets, sizeof n);
	assert_true(n < 1000);
	assert_true(entry.slot != NULL);
	seen[n]++;
}

static void
full_table(void **state)
{
	struct table *t = *state;
	unsigned char seen[1000] = { 0 };
	struct tally_key key;
	unsigned i, kept = 0, all = 0;

	at(NOW);
	open_table(t);
	for (i = 0; i < 4; i++) {
		tally_mark(entry_of(t, i), 0);
		assert_true(tally_add(entry_of(t, i), 0, HOUR, 0));
	}
	for (i = 4; i < 1000; i++) {
		at(NOW + i);
		assert_true(tally_add(entry_of(t, i), 0, HOUR, 0));
		/* a slot's former owner has left nothing in it */
		assert_int_equal(tally_count(entry_of(t, i), 0, HOUR), 1);
	}
	tally_each(t->tally, see_key, seen);
	for (i = 0; i < 1000; i++) {
		assert_in_range(seen[i], 0, 1);
		all += seen[i];
		kept += i >= 992 && seen[i];
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(seen[i], 1); /* marked: they outlive others */
	assert_int_equal(all, 128);
	assert_int_equal(kept, 8); /* the latest are there */
	key = key_of(0);
	tally_forget(t->tally, &key);
	assert_true(tally_find(t->tally, &key, false).slot == NULL);
	assert_int_equal(tally_count(entry_of(t, 0), 0, HOUR), 0);
	assert_false(tally_marked(entry_of(t, 0), 0, HOUR));
}

/* Another user of the file sees the same, and the mapping is not inherited. */
static void
is_shared(void **state)
{
	struct table *t = *state;
	struct tally *other;
	struct tally_key key = key_of(7);
	struct err err;
	int status;
	pid_t pid;

	open_table(t);
	assert_int_equal(tally_open(&t->config, &other, &err), 0);
	assert_true(tally_add(entry_of(t, 7), 3, HOUR, 0));
	assert_int_equal(
	    tally_count(tally_find(other, &key, false), 3, HOUR), 1);
	tally_close(other);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		_exit((int)tally_count(entry_of(t, 7), 3, HOUR));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static ino_t
inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void
write_file(const struct table *t, off_t where, const char *text)
{
	int fd = open(t->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), where), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* What is no table is replaced, never written to. */
static void
is_made_anew(void **state)
{
	struct table *t = *state;
	struct stat st;
	int other;

	write_file(t, 0, "precious");
	other = open(t->path, O_RDONLY | O_CLOEXEC);
	open_table(t);
	assert_int_equal(fstat(other, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(close(other), 0);
	tally_close(t->tally);
	/* a head that was changed, a file that was cut, another size */
	write_file(t, 9, "x");
	open_table(t);
	tally_close(t->tally);
	assert_int_equal(truncate(t->path, 5000), 0);
	open_table(t);
	assert_true(tally_add(entry_of(t, 1), 0, HOUR, 0));
	tally_close(t->tally);
	t->config.slots = 256;
	open_table(t);
	assert_int_equal(tally_count(entry_of(t, 1), 0, HOUR), 0);
	tally_close(t->tally);
	/* one that is as it should be stays */
	assert_int_equal(stat(t->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	open_table(t);
	assert_int_equal(inode_of(t->path), st.st_ino);
}

static void
rubbish_counts_nothing(void **state)
{
	struct table *t = *state;
	char rubbish[TALLY_SLOT_OCTETS * 128];
	unsigned char seen[1000] = { 0 };
	unsigned i;
	int fd;

	open_table(t);
	fd = open(t->path, O_RDWR | O_CLOEXEC);
	for (i = 0; i < sizeof rubbish; i++)
		rubbish[i] = (char)(i * 2654435761U >> 13);
	assert_int_equal(
	    pwrite(fd, rubbish, sizeof rubbish, 4096), sizeof rubbish);
	assert_int_equal(close(fd), 0);
	tally_each(t->tally, see_key, seen);
	for (i = 0; i < 1000; i++)
		assert_int_equal(seen[i], 0);
	for (i = 0; i < 1000; i++) {
		struct tally_entry e = entry_of(t, i);

		assert_int_equal(tally_count(e, 0, MINUTE), 0);
		assert_true(tally_add(e, 0, MINUTE, 1));
		assert_int_equal(tally_count(e, 0, MINUTE), 1);
		assert_false(tally_marked(e, 0, HOUR));
	}
}

static int
try_open(struct table *t)
{
	struct err err = { 0, "" };
	int rc = tally_open(&t->config, &t->tally, &err);

	assert_true(rc == 0 || strstr(err.text, t->folder));
	return rc;
}

static void
refuses(void **state)
{
	struct table *t = *state;
	char other[PATH_MAX + 16];

	(void)snprintf(
	    other, sizeof other, "%s/other", t->folder); /* it fits */
	t->config.create = false;
	assert_int_equal(try_open(t), -ENOENT);
	write_file(t, 0, "precious");
	assert_int_equal(try_open(t), -EBADMSG);
	t->config.create = true;
	assert_int_equal(chmod(t->path, 0620), 0);
	assert_int_equal(try_open(t), -EPERM);
	assert_int_equal(rename(t->path, other), 0);
	assert_int_equal(symlink(other, t->path), 0);
	assert_int_equal(try_open(t), -ELOOP);
	assert_int_equal(unlink(t->path), 0);
	assert_int_equal(mkfifo(t->path, 0600), 0);
	assert_int_equal(try_open(t), -EPERM);
	assert_int_equal(unlink(t->path), 0);
	assert_int_equal(mkdir(t->path, 0700), 0);
	assert_int_equal(try_open(t), -EISDIR);
	assert_int_equal(rmdir(t->path), 0);
	if (geteuid() == 0) {
		write_file(t, 0, "precious");
		assert_int_equal(chown(t->path, 4711, 4711), 0);
		assert_int_equal(try_open(t), -EPERM);
		t->config.owner = 4711; /* he may, but it is no table */
		assert_int_equal(try_open(t), 0);
		assert_int_equal(chown(t->path, 0, 0), 0);
	}
	assert_int_equal(unlink(other), 0);
}

/* ---- many processes ---- */

#define HAMMERS 8
#define BLOWS 2000

static _Noreturn void
hammer(const struct table *t, unsigned first, bool forever)
{
	struct table own = *t;
	unsigned i;

	own.tally = NULL;
	if (tally_open(&own.config, &own.tally, NULL) < 0)
		_exit(1);
	for (i = 0; forever || i < BLOWS; i++) {
		unsigned n = first ? first + i * 7 : 1;

		(void)tally_add(entry_of(&own, n), 0, HOUR * 24, 0);
		if (first && i % 11 == 0)
			tally_mark(entry_of(&own, n), 0);
		if (first && i % 101 == 0) {
			struct tally_key key = key_of(n);

			tally_forget(own.tally, &key);
		}
	}
	_exit(0);
}

static void
start_hammers(const struct table *t, pid_t pids[HAMMERS], bool forever)
{
	unsigned i;

	for (i = 0; i < HAMMERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			hammer(t, forever ? i * 1000 + 1 : 0, forever);
		assert_true(pids[i] > 0);
	}
}

/* All at once make the file, and not one event of theirs is lost. */
static void
counts_of_many(void **state)
{
	struct table *t = *state;
	pid_t pids[HAMMERS];
	unsigned i;
	int status;

	at(NOW);
	start_hammers(t, pids, false);
	for (i = 0; i < HAMMERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	open_table(t);
	assert_int_equal(
	    tally_count(entry_of(t, 1), 0, HOUR * 24), HAMMERS * BLOWS);
}

static void
any_may_be_killed(void **state)
{
	const struct timespec while_they_work = { 0, 20000000 };
	struct table *t = *state;
	pid_t pids[HAMMERS];
	unsigned round, i;

	t->config.slots = 64;
	for (round = 0; round < 20; round++) {
		start_hammers(t, pids, true);
		(void)nanosleep(&while_they_work, NULL);
		for (i = 0; i < HAMMERS; i++)
			assert_int_equal(kill(pids[i], SIGKILL), 0);
		for (i = 0; i < HAMMERS; i++)
			assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	}
	/* nobody is stuck, and what comes now counts right */
	open_table(t);
	for (i = 1000000; i < 1000200; i++) {
		struct tally_entry e = entry_of(t, i);

		assert_true(tally_add(e, 0, HOUR * 24, 1));
		assert_int_equal(tally_count(e, 0, HOUR * 24), 1);
		assert_false(tally_add(e, 0, HOUR * 24, 1));
	}
}

#define IN_TABLE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, make_table, drop_table)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TABLE(counts_and_decays),
		IN_TABLE(limits),
		IN_TABLE(marks),
		IN_TABLE(full_table),
		IN_TABLE(is_shared),
		IN_TABLE(is_made_anew),
		IN_TABLE(rubbish_counts_nothing),
		IN_TABLE(refuses),
		IN_TABLE(counts_of_many),
		IN_TABLE(any_may_be_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
