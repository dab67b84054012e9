/* Files as a whole: read one, replace one, make a directory entry durable.
 * Never leaves half a file under a name that somebody reads. */
#ifndef NJIWA_BASE_FILEIO_H
#define NJIWA_BASE_FILEIO_H

#include <stdint.h>
#include <sys/types.h>
#include "common/base/err.h"
#include "common/base/str.h"

/* Appends the file's contents to out: name relative to dirfd (or AT_FDCWD).
 * 0, or -errno with err filled; -EFBIG when it is larger than max octets. */
int fileio_read(
    int dirfd, const char *name, size_t max, struct str *out, struct err *err);

/* The same from an open descriptor, from its beginning. */
int fileio_read_fd(int fd, size_t max, struct str *out, struct err *err);

/* Writes all of octets, again after EINTR and short writes; 0 or -errno. */
int fileio_write(int fd, struct slice octets);

/*
 * Replaces name in dirfd by octets: a temporary file beside it is written,
 * fsynced when sync, and renamed over it; the directory is fsynced when sync.
 * On failure the old file is untouched and the temporary one is gone.
 * 0, or -errno with err filled.
 */
int fileio_replace(int dirfd, const char *name, struct slice octets,
    mode_t mode, bool sync, struct err *err);

/* close(2) of *fd unless negative, and -1 into it; for clean-up attributes. */
void fileio_close(int *fd);

/* Waits until fd is ready for events (poll(2)) or deadline (clock.h) has come:
 * 0, -ETIMEDOUT, -errno.  A hang-up or an error counts as ready. */
int fileio_wait(int fd, short events, int64_t deadline);

/* Puts /dev/null in fd's place. */
void fileio_silence(int fd);

/* Closes all descriptors from 3 on but the n ones in keep (negative ones are
 * passed over). */
void fileio_close_others(const int *keep, size_t n);

#define FD_AUTO __attribute__((cleanup(fileio_close))) int

#endif
