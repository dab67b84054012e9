#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/spool_file.h"

#define FILE_MODE 0600
#define HELD_TIME 0 /* the mtime of what is held */

void
spool_file_beside(const char *id, char ret_name[SPOOL_BESIDE_MAX])
{
	(void)snprintf(ret_name, SPOOL_BESIDE_MAX, ".%s", id); /* fits */
}

int
spool_file_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

int
spool_file_set_due(int fd, const struct spool_envelope *env)
{
	uint64_t due = spool_envelope_due(env);
	struct timespec times[2] = { { 0, UTIME_OMIT }, { HELD_TIME, 0 } };

	/* at once is a second after what is held */
	if (due != UINT64_MAX)
		times[1].tv_sec = due ? (time_t)due : HELD_TIME + 1;
	return futimens(fd, times) < 0 ? -errno : 0;
}

int
spool_file_write(struct spool *spool, const char *id,
    const struct spool_envelope *env, int *ret_fd)
{
	char beside[SPOOL_BESIDE_MAX];
	STR_AUTO text = STR_INIT;
	int fd, rc;

	spool_file_beside(id, beside);
	spool_envelope_format(env, &text);
	if (text.len > SPOOL_ENVELOPE_MAX)
		return -EFBIG;
	/* one that a crash left is not ours to lock or to append to */
	if (unlinkat(spool->env, beside, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(spool->env, beside,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	rc = spool_file_lock(fd);
	if (rc == 0)
		rc = fileio_write(fd, str_slice(&text));
	if (rc == 0)
		rc = spool_file_set_due(fd, env);
	if (rc == 0 && spool->sync && fsync(fd) < 0)
		rc = -errno;
	if (rc < 0) {
		spool_file_drop(spool, id);
		fileio_close(&fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

int
spool_file_publish(struct spool *spool, const char *id)
{
	char beside[SPOOL_BESIDE_MAX];

	spool_file_beside(id, beside);
	/* not renameat2, which some file systems lack: ids are not reused */
	if (linkat(spool->env, beside, spool->env, id, 0) < 0)
		return -errno;
	(void)unlinkat(spool->env, beside, 0); /* or at the next change */
	return 0;
}

int
spool_file_replace(struct spool *spool, const char *id)
{
	char beside[SPOOL_BESIDE_MAX];

	spool_file_beside(id, beside);
	return renameat(spool->env, beside, spool->env, id) < 0 ? -errno : 0;
}

void
spool_file_drop(struct spool *spool, const char *id)
{
	char beside[SPOOL_BESIDE_MAX];

	spool_file_beside(id, beside);
	(void)unlinkat(spool->env, beside, 0); /* or at the next change */
}
