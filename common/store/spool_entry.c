#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/store/spool_file.h"

#define LOCK_TRIES 8 /* envelopes replaced under our hands */
#define BROKEN_NAME_MAX (SPOOL_ID_MAX + 40)

/* Opens a regular file; -EBADMSG for anything else. */
static int
open_regular(int dir, const char *name, int flags)
{
	int fd = openat(
	    dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ELOOP || errno == EISDIR || errno == ENXIO
			   ? -EBADMSG
			   : -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	fileio_close(&fd);
	return -EBADMSG;
}

int
spool_open_message(struct spool *spool, const char *id)
{
	return open_regular(spool->msg, id, O_RDONLY);
}

static int
read_envelope(int fd, struct spool_envelope *ret_env, struct err *err)
{
	STR_AUTO text = STR_INIT;
	int rc = fileio_read_fd(fd, SPOOL_ENVELOPE_MAX, &text, err);

	if (rc == -EFBIG)
		return err_set(err, EBADMSG, "larger than any envelope");
	return rc < 0 ? rc
		      : spool_envelope_parse(str_slice(&text), ret_env, err);
}

/* Is the open file still the one with the name?  1, 0 when there is another,
 * -ENOENT, -errno. */
static int
has_name(int dir, const char *name, int fd)
{
	struct stat own, now;

	if (fstat(fd, &own) < 0 ||
	    fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return own.st_ino == now.st_ino && own.st_dev == now.st_dev;
}

/* The envelope's file, locked while it has the name; -errno. */
static int
lock_name(struct spool *spool, const char *id)
{
	int tries, rc = 0;

	for (tries = 0; rc == 0 && tries < LOCK_TRIES; tries++) {
		int fd = open_regular(spool->env, id, O_RDWR);

		if (fd < 0)
			return fd;
		rc = spool_file_lock(fd);
		if (rc == 0)
			rc = has_name(spool->env, id, fd);
		if (rc == 1)
			return fd;
		fileio_close(&fd);
	}
	return rc < 0 ? rc : -EAGAIN;
}

static int
set_aside_file(struct spool *spool, int dir, const char *id, const char *what)
{
	char name[BROKEN_NAME_MAX];

	(void)snprintf(name, sizeof name, "%s.%lld.%s", id,
	    (long long)clock_now().tv_sec, what); /* fits */
	return renameat(dir, id, spool->broken, name) < 0 ? -errno : 0;
}

/* The message first: one without an envelope is a remnant, which spool_clean
 * removes, and an envelope without a message is set aside at the next look. */
static int
set_aside(struct spool *spool, const char *id)
{
	int rc = set_aside_file(spool, spool->msg, id, "msg");

	if (rc == 0 || rc == -ENOENT)
		rc = set_aside_file(spool, spool->env, id, "env");
	if (rc == 0 && spool->sync &&
	    (fsync(spool->broken) < 0 || fsync(spool->msg) < 0 ||
		fsync(spool->env) < 0))
		rc = -errno;
	return rc;
}

int
spool_set_aside(struct spool_entry *entry, struct err *err)
{
	int rc = set_aside(entry->spool, entry->id);

	return rc < 0 ? err_sys(err, -rc, "%s/" SPOOL_BROKEN_FOLDER "/%s",
			    entry->spool->path, entry->id)
		      : 0;
}

/* What cannot be read goes where a person finds it. */
static int
quarantine(struct spool *spool, const char *id, struct err *err)
{
	int rc = set_aside(spool, id);
	STR_AUTO why = STR_INIT;

	if (rc < 0)
		return err_sys(err, -rc, "%s: cannot be set aside", id);
	str_append_cstr(&why, err->text);
	return err_set(err, EBADMSG, "%s; it is in %s/" SPOOL_BROKEN_FOLDER,
	    str_cstr(&why), spool->path);
}

int
spool_lock(struct spool *spool, const char *id, struct spool_entry *ret_entry,
    struct err *err)
{
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	int rc = spool_is_id(slice_from(id)) ? 0 : -ENOENT;

	if (rc == 0)
		entry.lock = rc = lock_name(spool, id);
	if (rc == -EBADMSG)
		(void)err_set(err, EBADMSG, "the envelope is no file");
	else if (rc < 0)
		return err_sys(err, -rc, "%s", id);
	if (rc >= 0)
		rc = read_envelope(entry.lock, &entry.env, err);
	if (rc == 0) {
		rc = entry.message = spool_open_message(spool, id);
		if (rc == -ENOENT)
			rc = -EBADMSG;
		if (rc < 0)
			(void)err_sys(err, -rc, "its message");
	}
	if (rc == -EBADMSG)
		rc = quarantine(spool, id, err); /* still locked */
	if (rc < 0) {
		spool_unlock(&entry);
		return rc;
	}
	entry.spool = spool;
	(void)snprintf(entry.id, sizeof entry.id, "%s", id); /* fits */
	*ret_entry = entry;
	return 0;
}

void
spool_unlock(struct spool_entry *entry)
{
	spool_envelope_release(&entry->env);
	fileio_close(&entry->message);
	fileio_close(&entry->lock); /* and with it goes the lock */
}

int
spool_peek(struct spool *spool, const char *id, struct spool_envelope *ret_env,
    struct err *err)
{
	FD_AUTO fd = -1;

	if (!spool_is_id(slice_from(id)))
		return err_set(err, ENOENT, "%s: not an id", id);
	fd = open_regular(spool->env, id, O_RDONLY);
	if (fd < 0)
		return err_sys(err, -fd, "%s", id);
	return read_envelope(fd, ret_env, err);
}
