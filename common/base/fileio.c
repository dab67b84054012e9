#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"

#define READ_STEP 16384 /* octets of one read when the size is not known */
#define NAME_TRIES 16   /* temporary names tried before giving up */

void
fileio_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written that close reports */
	*fd = -1;
}

int
fileio_read_fd(int fd, size_t max, struct str *out, struct err *err)
{
	size_t start = out->len;
	off_t at = 0;

	for (;;) {
		ssize_t n;

		str_reserve(out, READ_STEP);
		n = pread(fd, out->ptr + out->len, READ_STEP, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read");
		if (n == 0)
			return 0;
		if (out->len - start + (size_t)n > max)
			return err_set(
			    err, EFBIG, "larger than %zu octets", max);
		out->len += (size_t)n;
		out->ptr[out->len] = '\0';
		at += n;
	}
}

int
fileio_read(
    int dirfd, const char *name, size_t max, struct str *out, struct err *err)
{
	FD_AUTO fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_sys(err, errno, "%s", name);
	return fileio_read_fd(fd, max, out, err);
}

int
fileio_write(int fd, struct slice octets)
{
	while (octets.len) {
		ssize_t n = write(fd, octets.ptr, octets.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		octets = slice_skip(octets, (size_t)n);
	}
	return 0;
}

/* A new file beside name, its own name in tmp. */
static int
open_beside(int dirfd, const char *name, mode_t mode, char tmp[NAME_MAX + 1])
{
	int i, fd = -1;

	for (i = 0; fd < 0 && i < NAME_TRIES; i++) {
		int n = snprintf(tmp, NAME_MAX + 1, "%s.%d.%ld.tmp", name,
		    (int)getpid(), clock_now().tv_nsec + i);

		if (n < 0 || n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = openat(dirfd, tmp,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

int
fileio_replace(int dirfd, const char *name, struct slice octets, mode_t mode,
    bool sync, struct err *err)
{
	char tmp[NAME_MAX + 1];
	FD_AUTO fd = open_beside(dirfd, name, mode, tmp);
	int rc;

	if (fd < 0)
		return err_sys(err, errno, "create a file beside %s", name);
	rc = fileio_write(fd, octets);
	if (rc == 0 && sync && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && renameat(dirfd, tmp, dirfd, name) < 0)
		rc = -errno;
	if (rc < 0) {
		(void)unlinkat(dirfd, tmp, 0); /* the first failure is told */
		return err_sys(err, -rc, "write %s", name);
	}
	if (sync && fsync(dirfd) < 0)
		return err_sys(err, errno, "fsync the directory of %s", name);
	return 0;
}

/* The smallest of keep that is at least from; INT_MAX when there is none. */
static int
next_kept(const int *keep, size_t n, int from)
{
	int found = INT_MAX;
	size_t i;

	for (i = 0; i < n; i++)
		if (keep[i] >= from && keep[i] < found)
			found = keep[i];
	return found;
}

int
fileio_wait(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, clock_left(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

void
fileio_silence(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* without one it is closed, which says the same less politely */
	if (null < 0 || dup2(null, fd) < 0)
		(void)close(fd);
	if (null > STDERR_FILENO)
		(void)close(null); /* nothing was written */
}

/* Where the kernel, or a container's filter, has no close_range. */
static void
close_one_by_one(int from, int to)
{
	struct rlimit limit = { 0, 0 };

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    (rlim_t)to > limit.rlim_cur)
		to = (int)limit.rlim_cur;
	for (; from < to; from++)
		(void)close(from); /* most are not open */
}

void
fileio_close_others(const int *keep, size_t n)
{
	int from = STDERR_FILENO + 1;

	while (from < INT_MAX) {
		int kept = next_kept(keep, n, from);

		if (kept > from &&
		    close_range((unsigned)from, (unsigned)kept - 1, 0) < 0)
			close_one_by_one(from, kept);
		if (kept == INT_MAX)
			break;
		from = kept + 1;
	}
}
