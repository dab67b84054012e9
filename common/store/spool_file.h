/* The file of an envelope: written beside its name, locked, and renamed.
 * For the files of common/store alone; never changes a file that has its name.
 */
#ifndef NJIWA_STORE_SPOOL_FILE_H
#define NJIWA_STORE_SPOOL_FILE_H

#include "common/store/spool.h"

#define SPOOL_BESIDE_MAX (SPOOL_ID_MAX + 2)

/* The name beside the name: ".ID". */
void spool_file_beside(const char *id, char ret_name[SPOOL_BESIDE_MAX]);

/* Writes the envelope there, to the disk, with the time when it is due as its
 * mtime, and locked; 0 and its descriptor, or -errno. */
int spool_file_write(struct spool *spool, const char *id,
    const struct spool_envelope *env, int *ret_fd);

/* Gives it the name: never another's, or in the place of the one before.  0 or
 * -errno. */
int spool_file_publish(struct spool *spool, const char *id);
int spool_file_replace(struct spool *spool, const char *id);

/* Removes what was written beside the name. */
void spool_file_drop(struct spool *spool, const char *id);

/* Sets the mtime of an open envelope to when it is due; 0 or -errno. */
int spool_file_set_due(int fd, const struct spool_envelope *env);

/* Takes the lock of an open envelope; 0, -EAGAIN or -errno. */
int spool_file_lock(int fd);

#endif
