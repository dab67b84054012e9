#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/store/batch.h"
#include "common/store/replacing.h"

#define BATCH_LOOK_MS 10 /* between looks at its writer */
#define BATCH_TRIES 16   /* that the list is made, when others remove it */

/* Locks the list: who has it is its writer, or knows that there is none. */
static int
lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

/* Does the open file still have a name? */
static int
has_name(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -errno : st.st_nlink > 0;
}

/* Makes the empty list and locks it; -EAGAIN when somebody was quicker. */
static int
make_list(struct store *store, int cur_dir, int *ret_fd)
{
	int fd = openat(cur_dir, BATCH_NAME,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	rc = lock(fd);
	if (rc == 0)
		rc = has_name(fd);
	if (rc > 0 && fchown(fd, store->uid, store->gid) < 0 && errno != EPERM)
		rc = -errno;
	if (rc > 0)
		*ret_fd = fd;
	else
		fileio_close(&fd);
	return rc > 0 ? 0 : rc ? rc : -EAGAIN;
}

int
batch_begin(struct store *store, int cur_dir, struct slice names, int *ret_fd)
{
	int fd = -1, rc = -EAGAIN, tries;

	for (tries = 0; rc == -EAGAIN && tries < BATCH_TRIES; tries++) {
		rc = make_list(store, cur_dir, &fd);
		if (rc == -EAGAIN) {
			int settled = batch_settle(store, cur_dir);

			if (settled < 0)
				return settled;
		}
	}
	if (rc < 0)
		return rc;
	rc = fileio_write(fd, names);
	if (rc == 0 && store->config.sync && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0)
		rc = tree_sync(store, cur_dir);
	if (rc < 0) {
		(void)unlinkat(cur_dir, BATCH_NAME, 0); /* names nothing yet */
		fileio_close(&fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

int
batch_end(struct store *store, int cur_dir, int *fd)
{
	int rc = has_name(*fd) == 1 ? 0 : -ESTALE;

	if (rc == 0 && unlinkat(cur_dir, BATCH_NAME, 0) < 0)
		rc = -errno;
	if (rc == 0)
		rc = tree_sync(store, cur_dir);
	fileio_close(fd);
	return rc;
}

/* Removes what the list names.  A line without an end was never acted on. */
static int
remove_named(struct store *store, int cur_dir, struct slice list)
{
	struct slice line;
	int rc = 0;

	while (rc == 0 && slice_find(list, '\n') < list.len &&
	       slice_next(&list, '\n', &line)) {
		STR_AUTO name = STR_INIT;

		rc = replacing_settle(store, cur_dir, line);
		if (line.len == 0 || line.ptr[0] == '.' ||
		    slice_find(line, '/') < line.len)
			continue; /* not ours */
		str_append(&name, line);
		if (unlinkat(cur_dir, str_cstr(&name), 0) < 0 &&
		    errno != ENOENT)
			rc = -errno;
	}
	return rc;
}

/* Its writer is dead: what he has begun is undone. */
static int
undo(struct store *store, int cur_dir, int fd)
{
	STR_AUTO list = STR_INIT;
	struct err err;
	int rc = fileio_read_fd(fd, BATCH_MAX, &list, &err);

	if (rc == 0)
		rc = remove_named(store, cur_dir, str_slice(&list));
	if (rc == 0)
		rc = tree_sync(store, cur_dir);
	if (rc == 0 && unlinkat(cur_dir, BATCH_NAME, 0) < 0 && errno != ENOENT)
		rc = -errno;
	return rc;
}

static int
await(int fd)
{
	const struct timespec pause = { 0, BATCH_LOOK_MS * 1000000L };
	int64_t deadline = clock_deadline(BATCH_WAIT_MS);
	int rc;

	while ((rc = lock(fd)) == -EAGAIN && clock_left(deadline) > 0)
		(void)nanosleep(&pause, NULL); /* sooner is as good */
	return rc;
}

int
batch_settle(struct store *store, int cur_dir)
{
	int fd = tree_open_file(cur_dir, BATCH_NAME, O_RDWR);
	int rc;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	rc = await(fd);
	if (rc == 0)
		rc = has_name(fd);
	if (rc > 0)
		rc = undo(store, cur_dir, fd);
	fileio_close(&fd);
	return rc;
}
