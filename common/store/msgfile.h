/* A file on its way to a name in a folder: made without one where the file
 * system allows it, in the store's tmp elsewhere.  Never shows a half-written
 * message, and leaves nothing behind.  For the files of common/store alone. */
#ifndef NJIWA_STORE_MSGFILE_H
#define NJIWA_STORE_MSGFILE_H

#include <sys/stat.h>
#include "common/store/store.h"

/* One file with the message in it: the first, or a copy for another owner or
 * file system. */
struct msgfile {
	int fd;
	int dir;        /* of its name in tmp; -1: it has none */
	char *name;     /* owned */
	struct stat st; /* its owner and device */
	int64_t date;   /* mtime that was set; 0: none */
	bool synced;
	bool used; /* it has a name in some folder */
};

#define MSGFILE_INIT                                                           \
	{                                                                      \
		.fd = -1, .dir = -1                                            \
	}

/* Makes an empty file in the tmp of dirfd, the store or one of its folders,
 * which is made when it is missing; the file is the owner's of the store
 * already.  0 or -errno. */
int msgfile_create(struct store *store, int dirfd, struct msgfile *file);

/* Drops what has no name in a folder; file is as after MSGFILE_INIT. */
void msgfile_release(struct msgfile *file);

/* Makes a file with the same octets, as msgfile_create: a folder may be on
 * another file system than the store.  0 or -errno. */
int msgfile_copy(const struct msgfile *from, struct store *store, int dirfd,
    struct msgfile *file);

/* May the file get a name in a directory like dir, with that date?  Only root
 * can make files of different owners. */
bool msgfile_fits(
    const struct msgfile *file, const struct stat *dir, int64_t date);

/* Sends what was written on its way to the disk: see tree_sync_begin. */
int msgfile_begin(struct store *store, const struct msgfile *file);

/* Sets the date (0: as it is) and brings the file to the disk, once.  0 or
 * -errno. */
int msgfile_finish(struct store *store, struct msgfile *file, int64_t date);

/* Gives the file a name in dir, never another's.  0, -EEXIST, -EXDEV,
 * -errno. */
int msgfile_link(const struct msgfile *file, int dir, const char *name);

#endif
