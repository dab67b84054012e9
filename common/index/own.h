/* The inside of an index, for the files that make it up. */
#ifndef NJIWA_INDEX_OWN_H
#define NJIWA_INDEX_OWN_H

#include <lmdb.h>
#include <sys/types.h>
#include "common/index/index.h"

struct index {
	MDB_env *env;
	MDB_dbi table;
	char *path; /* owned, as those of its files */
	char *data, *lock;
	struct index_config config;
	dev_t dev;
	ino_t ino;
	uint64_t made;
	bool broken;
};

struct index_txn {
	struct index *index;
	MDB_txn *txn;
	int64_t rows; /* added less dropped, until the head is written */
	struct told_last told; /* before it began */
};

/* LMDB's word as an errno: 0, -ENOENT, -EFBIG, -errno, and -EBADMSG for all
 * that tells of damage. */
int index_error(int rc);

/* A damaged page can make LMDB take what was there a transaction ago.  Is the
 * index, made at made, behind what was known when txn began? */
bool index_is_behind(const struct index_txn *txn, uint64_t made);

/* One with its paths, not open; index_close ends it. */
struct index *index_new(const char *path, const struct index_config *config);

/* Opens the table, in a transaction; ctx is not looked at. */
int index_open_table(struct index_txn *txn, void *ctx);

/* Opens its environment with LMDB's flags more.  0 or -errno. */
int index_open_env(struct index *index, unsigned flags);

/* Who makes, judges and removes the files in the folder does so alone: a
 * descriptor that is closed then, or -errno. */
int index_lock(const char *path);

/* Removes both files, whoever uses them; under index_lock. */
void index_remove_files(const struct index *index);

/* Locks and maps that machines share do not hold what they promise. */
bool index_is_remote(const char *path);

/* Has the disk of that path no room? LMDB takes it for damage: a page in the
 * map that cannot be written, or half a write. */
bool index_disk_full(const char *path);

#endif
