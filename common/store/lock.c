#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/store/lock.h"
#include "common/store/maildir.h"

#define PAUSE_FIRST_MS 2 /* between looks at the lock, growing */
#define PAUSE_MAX_MS 16
#define HOLDER_MAX 512 /* octets read of a lock file */

/* Who made the lock file in st: a pid of this host, or 0. */
static pid_t
holder_of(int dirfd, const char *name)
{
	char host[HOST_NAME_MAX + 1] = "", text[HOLDER_MAX];
	FD_AUTO fd = tree_open_file(dirfd, name, O_RDONLY);
	struct slice rest;
	uint64_t pid;
	ssize_t n;

	if (fd < 0 || gethostname(host, sizeof host - 1) < 0)
		return 0;
	n = pread(fd, text, sizeof text, 0);
	if (n <= 0)
		return 0;
	rest = slice_of(text, (size_t)n);
	if (rest.ptr[rest.len - 1] == '\n')
		rest.len--;
	if (!num_eat(&rest, INT32_MAX, &pid) || pid == 0 ||
	    !slice_starts(rest, ":") || !slice_is(slice_skip(rest, 1), host))
		return 0;
	return (pid_t)pid;
}

static bool
is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

static time_t
last_change(const struct stat *st)
{
	return st->st_mtime > st->st_ctime ? st->st_mtime : st->st_ctime;
}

/* When this host was started; 0 when that is not to be had. */
static time_t
boot_time(void)
{
	struct timespec up;

	if (clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return 0;
	return clock_now().tv_sec - up.tv_sec;
}

/* Is the holder gone for sure?  Our own pid is that of one who was before us,
 * for we never lock twice; so is each pid from before the host was started. */
static bool
is_orphaned(pid_t pid, const struct stat *st)
{
	return pid == getpid() || !is_alive(pid) ||
	       last_change(st) < boot_time() - LOCK_GRACE_SECONDS;
}

/* May the lock file in st be removed?  Its holder on this host is gone; or
 * neither it nor the file it guards has changed for long: its pid, if it has
 * one, may be another's by now (of a container started anew).  Should a holder
 * be that slow, lock_held tells him before he writes. */
static bool
is_stale(const struct lock *lock, const char *name, const struct stat *st)
{
	time_t now = clock_now().tv_sec;
	struct stat guarded;
	pid_t pid;

	if (last_change(st) > now - LOCK_GRACE_SECONDS)
		return false;
	pid = holder_of(lock->dirfd, lock->name);
	if (pid > 0 && is_orphaned(pid, st))
		return true;
	if (last_change(st) > now - LOCK_STALE_SECONDS)
		return false;
	if (fstatat(lock->dirfd, name, &guarded, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	return last_change(&guarded) <= now - LOCK_STALE_SECONDS;
}

/* Removes the stale lock file in st, moved aside first: should another have
 * taken the lock meanwhile, it gets its file back. */
static void
override(const struct lock *lock, const struct stat *st)
{
	char aside[sizeof lock->name + 32];
	struct stat got;

	(void)snprintf(aside, sizeof aside, "%s.%ld", lock->name,
	    (long)getpid()); /* fits */
	if (renameat(lock->dirfd, lock->name, lock->dirfd, aside) < 0)
		return;
	if (fstatat(lock->dirfd, aside, &got, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (got.st_ino != st->st_ino || got.st_mtime != st->st_mtime) &&
	    linkat(lock->dirfd, aside, lock->dirfd, lock->name, 0) < 0)
		return; /* somebody newer holds it; aside is only litter */
	(void)unlinkat(lock->dirfd, aside, 0); /* only litter if it stays */
}

/* Writes who we are; a lock without that only lives by its age. */
static void
sign(int fd)
{
	char host[HOST_NAME_MAX + 1] = "", text[HOST_NAME_MAX + 32];
	int n;

	if (gethostname(host, sizeof host - 1) < 0)
		return;
	n = snprintf(text, sizeof text, "%ld:%s", (long)getpid(), host);
	if (fileio_write(fd, slice_of(text, (size_t)n)) < 0 &&
	    ftruncate(fd, 0) < 0)
		return; /* half a name is nobody's name */
}

/* Makes the lock file, signed and the owner's before it has its name, so that
 * nobody meets one that he cannot read; or as the file system allows. */
static int
create(struct store *store, const struct lock *lock)
{
	int rc, fd = tree_create_nameless(store, lock->dirfd, ".");

	if (fd >= 0) {
		sign(fd);
		rc = tree_link(fd, lock->dirfd, lock->name);
		if (rc == 0)
			return fd;
		fileio_close(&fd);
		if (rc == -EEXIST)
			return rc;
	}
	fd = tree_create_file(store, lock->dirfd, lock->name);
	if (fd >= 0)
		sign(fd);
	return fd;
}

/* A lock file with a name in tmp as well. */
struct lock_kept {
	int tmp;
	int fd;
	char *name;
};

void
lock_forget(struct store *store)
{
	struct lock_kept *kept = store->kept;

	if (kept == NULL)
		return;
	if (kept->name)
		(void)unlinkat(kept->tmp, kept->name, 0); /* or in 36 hours */
	fileio_close(&kept->fd);
	fileio_close(&kept->tmp);
	free(kept->name);
	free(kept);
	store->kept = NULL;
	store->locks = 0;
}

/* Makes it; without one, each lock has a file of its own. */
static void
keep(struct store *store)
{
	struct lock_kept *kept = mem_zalloc(1, sizeof *kept);
	STR_AUTO name = STR_INIT;

	store->kept = kept;
	maildir_put_unique(
	    clock_now(), store->number++, store->config.host, &name);
	kept->tmp = tree_open_dir(store->root, "tmp");
	kept->fd =
	    kept->tmp < 0 ? -1 : tree_create_file(store, kept->tmp, name.ptr);
	if (kept->fd < 0) {
		lock_forget(store);
		return;
	}
	kept->name = str_take(&name);
	sign(kept->fd);
}

/* Links the kept file, as one that was made this moment: who waits for the lock
 * tells by that.  -errno when that cannot be here. */
static int
link_kept(const struct store *store, const struct lock *lock)
{
	const struct lock_kept *kept = store->kept;
	int fd = fcntl(kept->fd, F_DUPFD_CLOEXEC, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (futimens(fd, NULL) < 0 ||
	    linkat(kept->tmp, kept->name, lock->dirfd, lock->name, 0) < 0)
		rc = -errno;
	if (rc < 0)
		fileio_close(&fd);
	return rc < 0 ? rc : fd;
}

static int
link_or_create(struct store *store, const struct lock *lock)
{
	int fd = -ENOENT;

	if (lock->kept && store->kept)
		fd = link_kept(store, lock);
	if (fd >= 0 || fd == -EEXIST)
		return fd;
	if (lock->kept)
		lock_forget(store); /* somebody cleaned tmp */
	return create(store, lock);
}

/* One try: 0, -EEXIST, -errno. */
static int
try_take(struct store *store, struct lock *lock)
{
	struct stat st;
	int fd = link_or_create(store, lock);

	if (fd < 0)
		return fd;
	(void)fstat(fd, &st); /* of an open file: cannot fail */
	lock->fd = fd;
	lock->dev = st.st_dev;
	lock->ino = st.st_ino;
	return 0;
}

static void
pause_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL); /* woken early is fine */
}

/* One try, and another after a stale lock was removed. */
static int
take_or_override(struct store *store, const char *name, struct lock *lock)
{
	int rc = try_take(store, lock);
	struct stat st;

	if (rc != -EEXIST ||
	    fstatat(lock->dirfd, lock->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !is_stale(lock, name, &st))
		return rc;
	override(lock, &st);
	return try_take(store, lock);
}

/* Takes the lock that is said by dirfd and kept. */
static int
take(struct store *store, const char *name, int64_t wait_ms, struct lock *lock)
{
	int64_t deadline = clock_deadline(wait_ms), pause = PAUSE_FIRST_MS;
	int n = snprintf(lock->name, sizeof lock->name, "%s.lock", name);

	if (n < 0 || (size_t)n >= sizeof lock->name)
		return -ENAMETOOLONG;
	for (;;) {
		int rc = take_or_override(store, name, lock);

		if (rc != -EEXIST)
			return rc;
		if (clock_left(deadline) == 0)
			return -EAGAIN;
		pause_ms(pause);
		if (pause < PAUSE_MAX_MS)
			pause *= 2;
	}
}

int
lock_take(struct store *store, int dirfd, const char *name, int64_t wait_ms,
    struct lock *ret_lock)
{
	struct lock lock = { .dirfd = dirfd, .fd = -1 };
	int rc = take(store, name, wait_ms, &lock);

	if (rc == 0)
		*ret_lock = lock;
	return rc;
}

int
lock_take_often(struct store *store, int dirfd, const char *name,
    int64_t wait_ms, struct lock *ret_lock)
{
	struct lock lock = { .dirfd = dirfd, .fd = -1, .kept = true };
	int rc;

	if (store->kept == NULL && ++store->locks > LOCK_OFTEN)
		keep(store);
	rc = take(store, name, wait_ms, &lock);
	if (rc == 0)
		*ret_lock = lock;
	return rc;
}

bool
lock_held(const struct lock *lock)
{
	struct stat st;

	return lock->fd >= 0 &&
	       fstatat(lock->dirfd, lock->name, &st, AT_SYMLINK_NOFOLLOW) ==
		   0 &&
	       st.st_ino == lock->ino && st.st_dev == lock->dev;
}

void
lock_release(struct lock *lock)
{
	if (lock_held(lock))
		(void)unlinkat(
		    lock->dirfd, lock->name, 0); /* goes stale if it stays */
	fileio_close(&lock->fd);
}

int
lock_replace(struct store *store, struct lock *lock, const char *name,
    struct slice text, time_t older)
{
	time_t now = clock_now().tv_sec;
	struct timespec times[2];
	int rc = 0;

	times[0] = times[1] =
	    (struct timespec){ now > older ? now : older + 1, 0 };
	if (ftruncate(lock->fd, 0) < 0 || lseek(lock->fd, 0, SEEK_SET) < 0)
		rc = -errno;
	if (rc == 0)
		rc = fileio_write(lock->fd, text);
	if (rc == 0 && futimens(lock->fd, times) < 0)
		rc = -errno;
	if (rc == 0)
		rc = tree_sync(store, lock->fd);
	if (rc == 0 && !lock_held(lock))
		rc = -ESTALE;
	if (rc == 0 && renameat(lock->dirfd, lock->name, lock->dirfd, name) < 0)
		rc = -errno;
	if (rc < 0) {
		lock_release(lock);
		return rc;
	}
	fileio_close(&lock->fd);
	return tree_sync(store, lock->dirfd);
}
