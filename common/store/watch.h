/* Hears that directories have changed: a descriptor that becomes readable when
 * a name in one of them comes, goes or changes.  By inotify, of which a uid has
 * only so many (fs.inotify.max_user_instances, 128 on Debian); beyond these by
 * dnotify, of which there is no such number.  Never says what has changed. */
#ifndef NJIWA_STORE_WATCH_H
#define NJIWA_STORE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#define WATCH_MAX 4 /* directories of one watch */

struct watched {
	const char *path; /* for inotify */
	int dir;          /* for dnotify: open for reading */
	bool above; /* only what goes counts: the directory of others, of whose
		     * own end they tell nothing while somebody has them open */
};

struct watch {
	int fd; /* readable: something has changed; -1: nothing tells */
	int dirs[WATCH_MAX];
	size_t count; /* of dirs, that tell us by a signal */
};

#define WATCH_INIT                                                             \
	{                                                                      \
		-1, { -1, -1, -1, -1 }, 0                                      \
	}

/*
 * Watches the directories, which stay the caller's and open until
 * watch_release; w is WATCH_INIT.  0, or -errno: the kernel has neither, and
 * who wants to know must look.  With dnotify SIGIO is blocked from now on, and
 * all watches of the process hear of each other's directories.
 */
int watch_open(struct watch *w, const struct watched *list, size_t n);

/* The same by dnotify alone. */
int watch_open_by_signal(struct watch *w, const struct watched *list, size_t n);

/* The two steps of that, for who watches more directories than a struct watch
 * has: a descriptor that hears of all directories that the process is told of
 * by signals, and one more such directory, until it is closed.  -errno. */
int watch_open_signals(void);
int watch_dir_by_signal(int dir, bool above);

/* Does it hear by signals, as inotify was not to be had? */
bool watch_is_by_signal(const struct watch *w);

/* Forgets what was heard so far: fd is not readable any more. */
void watch_drain(struct watch *w);

/* Hears nothing more. */
void watch_release(struct watch *w);

#endif
