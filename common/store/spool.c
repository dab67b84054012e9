#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/spool.h"
#include "common/store/spool_file.h"

#define ID_DIGITS 13 /* of 5 bits: 33 of time, 32 of chance */
#define ID_TRIES 16
#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define COPY_OCTETS 65536

bool
spool_is_id(struct slice text)
{
	size_t i;

	if (text.len == 0 || text.len > SPOOL_ID_MAX || text.ptr[0] == '-')
		return false;
	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return true;
}

/* An id that sorts by time, in letters that nobody misreads, and that whoever
 * sent the message could not know. */
static void
make_id(char id[SPOOL_ID_MAX + 1])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	struct timespec now = clock_now();
	uint32_t chance = 0;
	uint64_t value;
	int i;

	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
		chance = (uint32_t)getpid() ^ (uint32_t)now.tv_nsec;
	value = (uint64_t)now.tv_sec << 32 | chance;
	for (i = ID_DIGITS - 1; i >= 0; i--, value >>= 5)
		id[i] = digits[value & 31];
	id[ID_DIGITS] = '\0';
}

/* ---- the folders ---- */

static int
open_folder(int top, const char *name, enum spool_mode mode)
{
	int fd;

	if (mode == SPOOL_CREATE && mkdirat(top, name, FOLDER_MODE) < 0 &&
	    errno != EEXIST)
		return -errno;
	fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
spool_open(const char *path, enum spool_mode mode, bool sync,
    struct spool *ret_spool, struct err *err)
{
	FD_AUTO top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct spool spool = SPOOL_INIT;
	int rc = 0;

	if (top < 0)
		return err_sys(err, errno, "spool %s", path);
	spool.sync = sync;
	spool.msg = open_folder(top, SPOOL_MESSAGE_FOLDER, mode);
	spool.env = open_folder(top, SPOOL_ENVELOPE_FOLDER, mode);
	spool.broken = open_folder(top, SPOOL_BROKEN_FOLDER, mode);
	if (spool.msg < 0)
		rc = spool.msg;
	else if (spool.env < 0)
		rc = spool.env;
	else if (spool.broken < 0)
		rc = spool.broken;
	if (rc < 0) {
		spool_close(&spool);
		return err_sys(err, -rc, "spool %s", path);
	}
	spool.path = mem_strdup(path);
	*ret_spool = spool;
	return 0;
}

void
spool_close(struct spool *spool)
{
	fileio_close(&spool->msg);
	fileio_close(&spool->env);
	fileio_close(&spool->broken);
	free(spool->path);
	spool->path = NULL;
}

static int
sync_fd(const struct spool *spool, int fd)
{
	return spool->sync && fsync(fd) < 0 ? -errno : 0;
}

/* ---- a message comes ---- */

/* Copies the whole file to the end of another. */
static int
copy_file(int from, int to)
{
	char *octets = mem_alloc(COPY_OCTETS);
	off_t at = 0;
	ssize_t n = 1;
	int rc = 0;

	while (rc == 0 && n != 0) {
		n = pread(from, octets, COPY_OCTETS, at);
		if (n > 0) {
			rc = fileio_write(to, slice_of(octets, (size_t)n));
			at += n;
		} else if (n < 0 && errno != EINTR) {
			rc = -errno;
		}
	}
	free(octets);
	return rc;
}

static int
link_fd(int fd, int dir, const char *name)
{
	char proc[32];

	(void)snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd); /* fits */
	if (linkat(AT_FDCWD, proc, dir, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	/* there is no /proc here */
	return linkat(fd, "", dir, name, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* A copy under the name itself: no envelope is there yet, so that a crash
 * leaves a remnant and no message. */
static int
put_copy(struct spool *spool, const struct spool_draft *draft)
{
	FD_AUTO fd = openat(spool->msg, draft->id,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	int rc;

	if (fd < 0)
		return -errno;
	if (draft->message < 0)
		rc = fileio_write(fd, draft->text);
	else
		rc = copy_file(draft->message, fd);
	if (rc == 0)
		rc = sync_fd(spool, fd);
	if (rc < 0)
		(void)unlinkat(spool->msg, draft->id, 0); /* or in 36 hours */
	return rc;
}

static int
put_message(struct spool *spool, const struct spool_draft *draft)
{
	int rc = -EXDEV;

	if (draft->share && draft->message >= 0) {
		rc = sync_fd(spool, draft->message);
		if (rc < 0)
			return rc;
		rc = link_fd(draft->message, spool->msg, draft->id);
	}
	/* another file system, its limit of links, or its word that it has
	 * none; a hardened kernel refuses some as well, and each one what has
	 * had a name and has none left */
	if (rc == -EXDEV || rc == -EMLINK || rc == -EPERM || rc == -EACCES ||
	    rc == -ENOENT)
		rc = put_copy(spool, draft);
	return rc;
}

/* The message under an id that nobody has. */
static int
put_message_as(struct spool *spool, struct spool_draft *draft)
{
	bool named = draft->id[0];
	int tries, rc = -EEXIST;

	for (tries = 0; rc == -EEXIST && tries < ID_TRIES; tries++) {
		if (!named)
			make_id(draft->id);
		rc = put_message(spool, draft);
		if (named)
			break;
	}
	return rc;
}

/*
 * A report that was begun and cut off by a crash has left its message without
 * an envelope: it is written anew.  One with an envelope is there: -EEXIST.
 */
static int
clear_remnant(struct spool *spool, const char *id)
{
	struct stat st;

	if (id[0] == '\0')
		return 0;
	if (fstatat(spool->env, id, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (unlinkat(spool->msg, id, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int
spool_commit(struct spool *spool, struct spool_draft *draft, struct err *err)
{
	FD_AUTO lock = -1;
	struct stat st = { 0 };
	int rc = clear_remnant(spool, draft->id);

	if (rc == 0)
		rc = put_message_as(spool, draft);
	if (rc == 0 &&
	    fstatat(spool->msg, draft->id, &st, AT_SYMLINK_NOFOLLOW) < 0)
		rc = -errno;
	if (rc < 0)
		return err_sys(err, -rc, "%s/" SPOOL_MESSAGE_FOLDER "/%s",
		    spool->path, draft->id);
	draft->env->size = (uint64_t)st.st_size;
	rc = sync_fd(spool, spool->msg);
	if (rc == 0)
		rc = spool_file_write(spool, draft->id, draft->env, &lock);
	if (rc == 0)
		rc = spool_file_publish(spool, draft->id);
	if (rc == 0) {
		rc = sync_fd(spool, spool->env);
		if (rc < 0) /* it is not to come back without our 250 */
			(void)unlinkat(spool->env, draft->id, 0);
	}
	if (rc == 0)
		return 0;
	spool_file_drop(spool, draft->id);
	(void)unlinkat(spool->msg, draft->id, 0); /* or in 36 hours */
	return err_sys(err, -rc, "%s/" SPOOL_ENVELOPE_FOLDER "/%s", spool->path,
	    draft->id);
}

/* ---- its changes ---- */

int
spool_update(struct spool_entry *entry, struct err *err)
{
	struct spool *spool = entry->spool;
	FD_AUTO fresh = -1;
	int rc = spool_file_write(spool, entry->id, &entry->env, &fresh), old;

	if (rc == 0)
		rc = spool_file_replace(spool, entry->id);
	if (rc < 0) {
		spool_file_drop(spool, entry->id);
		return err_sys(err, -rc, "%s/" SPOOL_ENVELOPE_FOLDER "/%s",
		    spool->path, entry->id);
	}
	/* the new file was locked before it had the name */
	old = entry->lock;
	entry->lock = fresh;
	fresh = old;
	rc = sync_fd(spool, spool->env);
	return rc < 0 ? err_sys(err, -rc, "fsync of %s", spool->path) : 0;
}

int
spool_remove(struct spool_entry *entry, struct err *err)
{
	struct spool *spool = entry->spool;
	int rc = 0;

	if (unlinkat(spool->env, entry->id, 0) < 0)
		return err_sys(err, errno, "%s/" SPOOL_ENVELOPE_FOLDER "/%s",
		    spool->path, entry->id);
	/* else a crash brings it back when its message is gone */
	rc = sync_fd(spool, spool->env);
	if (rc < 0)
		return err_sys(err, -rc, "fsync of %s", spool->path);
	(void)unlinkat(spool->msg, entry->id, 0); /* or in 36 hours */
	return 0;
}
