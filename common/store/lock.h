/* Dotlocks as Dovecot makes them: NAME.lock beside NAME, made with O_EXCL,
 * holding "pid:host", stale when that process is gone or when nothing has
 * changed for a while.  Never writes under a lock that another has taken for
 * stale. */
#ifndef NJIWA_STORE_LOCK_H
#define NJIWA_STORE_LOCK_H

#include <stdint.h>
#include <sys/stat.h>
#include "common/store/tree.h"

#define LOCK_NAME_MAX 64       /* octets of a locked file's name */
#define LOCK_STALE_SECONDS 120 /* without a change, whoever holds it */
#define LOCK_GRACE_SECONDS 2   /* before a holder's pid is looked at */
#define LOCK_WAIT_MS 30000     /* how long we wait */
#define LOCK_OFTEN 8           /* locks of a store before a file is kept */

struct lock {
	int dirfd; /* borrowed */
	int fd;    /* the lock file; -1: not locked */
	bool kept; /* the store's kept file, if it has one */
	dev_t dev;
	ino_t ino;
	char name[LOCK_NAME_MAX + 8]; /* with ".lock" */
};

#define LOCK_INIT                                                              \
	{                                                                      \
		-1, -1, false, 0, 0, ""                                        \
	}

/* Locks the file name in dirfd, waiting at most wait_ms.  0, -EAGAIN when
 * somebody holds it all that time, or -errno. */
int lock_take(struct store *store, int dirfd, const char *name, int64_t wait_ms,
    struct lock *ret_lock);

/* The same for a lock that is taken again and again: after LOCK_OFTEN times the
 * file gets a name in tmp and is linked from there, which spares the file
 * system a file that is made and deleted each time.  Never lock_replace one. */
int lock_take_often(struct store *store, int dirfd, const char *name,
    int64_t wait_ms, struct lock *ret_lock);

/* Removes the file that is kept for that, at the store's end. */
void lock_forget(struct store *store);

/* Is it still ours (and not taken for stale by another)? */
bool lock_held(const struct lock *lock);

/* Unlocks; nothing when not locked. */
void lock_release(struct lock *lock);

/*
 * Replaces the locked file by text, which is written into the lock file and
 * renamed with it (as Dovecot does for subscriptions and keywords), and
 * unlocks, whatever happens.  The new file's mtime is after older by a second
 * at least: Dovecot tells by that.  0, -ESTALE when the lock was lost, -errno.
 */
int lock_replace(struct store *store, struct lock *lock, const char *name,
    struct slice text, time_t older);

#define LOCK_AUTO __attribute__((cleanup(lock_release))) struct lock

#endif
