/* Whether folders have changed, of many of them and without opening one: what
 * their directories look like, and a descriptor that says when to look.
 * Never says what has changed. */
#ifndef NJIWA_STORE_FOLDER_LOOK_H
#define NJIWA_STORE_FOLDER_LOOK_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include "common/base/str.h"
#include "common/store/store.h"

/* A file or directory as it was. */
struct look_stamp {
	ino_t ino; /* 0: there is none */
	struct timespec mtime;
	struct timespec ctime;
};

struct folder_look {
	struct look_stamp dir; /* its ino stays when the folder is renamed */
	struct look_stamp new_dir, cur_dir; /* change with its messages */
	struct look_stamp metadata;
};

/* What is the whole store's. */
struct store_look {
	struct look_stamp root; /* changes when folders come and go */
	struct look_stamp subscriptions;
	struct look_stamp metadata;
};

/* Looks; what cannot be seen is not there. */
void store_look(const struct store *store, struct store_look *ret_look);
void folder_look(
    const struct store *store, struct slice name, struct folder_look *ret_look);

/* Is it another one, or changed? */
bool look_differs(const struct look_stamp *a, const struct look_stamp *b);

/* Could it have changed once more after that look without looking otherwise? */
bool look_is_fresh(const struct look_stamp *stamp);

#define STORE_WATCH_DIRS_MAX 600 /* open, where there is no inotify */

/* Hears of many folders, by inotify or, like a struct watch, by signals. */
struct store_watch {
	int fd;    /* readable: something has changed; -1: nothing tells */
	int *dirs; /* that tell us by a signal; owned */
	size_t count, cap;
	bool by_signal;
};

#define STORE_WATCH_INIT                                                       \
	{                                                                      \
		.fd = -1                                                       \
	}

/* Begins with the Maildir itself; watch is STORE_WATCH_INIT.  0, or -errno:
 * then look now and then.  store_watch_close ends it either way. */
int store_watch_open(const struct store *store, struct store_watch *watch);
void store_watch_close(struct store_watch *watch);

/* Adds the folder's messages, and with metadata its entries.  0; -ENOENT when
 * there is no such folder; -errno: the kernel watches no more, or these would
 * be more than STORE_WATCH_DIRS_MAX. */
int store_watch_add(const struct store *store, struct store_watch *watch,
    struct slice name, bool metadata);

/* Forgets what was heard. */
void store_watch_drain(const struct store_watch *watch);

#endif
