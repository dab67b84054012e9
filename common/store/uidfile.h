/* The file dovecot-uidlist of a folder: read, added to, written anew.
 * Never changes it without its lock. */
#ifndef NJIWA_STORE_UIDFILE_H
#define NJIWA_STORE_UIDFILE_H

#include "common/store/lock.h"
#include "common/store/uidlist.h"

#define UIDFILE_MAX (1U << 30) /* octets */

enum uidfile_state {
	UIDFILE_MISSING, /* or empty */
	UIDFILE_GARBAGE, /* there is no header that means something */
	UIDFILE_GOOD
};

/* The file as it was read. */
struct uidfile {
	enum uidfile_state state;
	struct str text;
	struct slice entries; /* the text behind the header */
	struct uidlist_header header;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

#define UIDFILE_INIT                                                           \
	{                                                                      \
		.state = UIDFILE_MISSING, .text = STR_INIT                     \
	}

void uidfile_release(struct uidfile *file);

/* Reads the file in the folder dirfd.  0 whatever it holds, or -errno. */
int uidfile_load(int dirfd, struct uidfile *file);

/* Is the file on the disk another one, or longer, than what was read? */
bool uidfile_changed(int dirfd, const struct uidfile *file);

/* Starts a header for a list that has none: a new guid and a uidvalidity that
 * is after older and after all that this tree gave out, as far as Dovecot's
 * dovecot-uidvalidity and the clock tell. */
void uidfile_new_header(
    struct store *store, uint32_t older, struct uidlist_header *ret_header);

/* A random guid in hexadecimal. */
void uidfile_new_guid(char ret_guid[UIDLIST_GUID_LEN + 1]);

/* Adds lines at the end, or replaces all, under the lock; durable when the
 * settings say so.  0, -ESTALE when the lock was lost, -errno. */
int uidfile_append(
    struct store *store, const struct lock *lock, struct slice lines);
int uidfile_replace(
    struct store *store, const struct lock *lock, struct slice text);

/* Uids that were given to new messages: the first, which the others follow. */
struct uidfile_uids {
	uint32_t first;
	uint32_t uidvalidity;
	int fd;       /* the list, until uidfile_settle, or -1 */
	off_t before; /* its size without them */
};

/*
 * Takes the next n uids for new messages of those base names and writes their
 * entries, under the lock.  0, and uidfile_settle must follow; -EOVERFLOW when
 * not as many are left, -errno.
 */
int uidfile_assign(struct store *store, const struct lock *lock,
    const struct slice *bases, size_t n, struct uidfile_uids *ret_uids);

/*
 * Ends it, under the same lock: rc is what came of what was done since.  Brings
 * the entries to the disk when it is 0, which costs little where another file
 * was brought there in between; else, or when that fails, takes them back.  rc
 * or -errno.
 */
int uidfile_settle(struct store *store, const struct lock *lock,
    struct uidfile_uids *uids, int rc);

#endif
