/* A user's index: one LMDB environment in a folder of its own, keys and values
 * in one ordered table.  It is a cache that may be dropped at any time, and is
 * when it is damaged or another boot's.  Never waits for a client and never
 * ends the process, whatever the file holds. */
#ifndef NJIWA_INDEX_INDEX_H
#define NJIWA_INDEX_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/err.h"
#include "common/base/slice.h"
#include "common/index/told.h"

#define INDEX_BOOT_MAX 40     /* octets of a boot's id, with its NUL */
#define INDEX_KEY_MAX 300     /* octets of a key */
#define INDEX_READERS_MAX 512 /* processes that read at one moment */

struct index_config {
	const char *boot;  /* this boot's id: what another one wrote may be torn
			    * and is not believed.  "": there is no index */
	uint64_t octets;   /* the file's ceiling */
	struct told *told; /* what it must not fall behind; NULL, or lives as
			    * long as the index */
};

struct index;

/*
 * Opens the environment in the existing folder path, which it has alone, and
 * makes it when there is none.  0; -EMEDIUMTYPE on a network's file system;
 * -errno; err is filled.  index_close ends it (NULL is fine).
 */
int index_open(const char *path, const struct index_config *config,
    struct index **ret_index, struct err *err);
void index_close(struct index *index);

/* Is it still the one at its path, and whole?  If not, close it and open it
 * again. */
bool index_alive(const struct index *index);

/* Its file is no good: takes it off its path, for who comes next. */
void index_drop(struct index *index);

/* Which one it is: another number after each new beginning. */
uint64_t index_made(const struct index *index);

#define INDEX_YOUNG_S 3600
/* Is it younger than that?  Then one made anew would be as full. */
bool index_is_young(const struct index *index);

/*
 * Does work in one transaction; that of index_write counts when work returns
 * 0.  What work returned, or -EFBIG when the file has no more room, -ENOSPC
 * when the disk has none, -EBADMSG when it is damaged (and then dead), -errno.
 * Nothing that work keeps may be lost when it ends anywhere.
 */
struct index_txn;
typedef int index_work(struct index_txn *txn, void *ctx);
int index_read(struct index *index, index_work *work, void *ctx);
int index_write(struct index *index, index_work *work, void *ctx);

/* 0, -ENOENT, -errno.  Values are borrowed until the next change or the
 * transaction's end. */
int index_get(struct index_txn *txn, struct slice key, struct slice *ret_value);
int index_put(struct index_txn *txn, struct slice key, struct slice value);
int index_delete(struct index_txn *txn, struct slice key); /* 0 for none */

/* The same for what is mostly not there, in one search.  0; -EEXIST, with what
 * is there and stays; -errno. */
int index_add(struct index_txn *txn, struct slice key, struct slice value,
    struct slice *ret_there);

/*
 * Calls each with the keys that begin with prefix, from the key from on, in
 * order, until it returns anything but 0, and returns that.  each may change
 * nothing.
 */
typedef int index_each(void *ctx, struct slice key, struct slice value);
int index_walk(struct index_txn *txn, struct slice prefix, struct slice from,
    index_each *each, void *ctx);

/* Deletes at most max keys that begin with prefix, from the first on.  How many
 * there were, or -errno. */
int index_delete_all(struct index_txn *txn, struct slice prefix, int max);

/* What somebody wants to know of an index. */
struct index_facts {
	uint64_t octets; /* of its file */
	uint64_t mailboxes, messages, texts, text_octets;
	uint32_t version;
	char boot[INDEX_BOOT_MAX];
	int state; /* 0: a session would use it; -ENOENT: there is none;
		    * -ESTALE: another boot's; -EBADMSG: damaged, or another
		    * version's; -EMEDIUMTYPE: on a network's file system */
};

/* Looks at the one in the folder path, and changes nothing.  0, or -errno with
 * err filled when it may not be looked at. */
int index_look(const char *path, const char *boot,
    struct index_facts *ret_facts, struct err *err);

/* Removes its files, also while sessions use it: they make it anew.  0, also
 * when there is none, or -errno with err filled. */
int index_remove(const char *path, struct err *err);

#endif
