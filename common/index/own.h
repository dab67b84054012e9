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
};

/* LMDB's word as an errno: 0, -ENOENT, -EFBIG, -errno, and -EBADMSG for all
 * that tells of damage. */
int index_error(int rc);

/* Has the disk of that path no room? LMDB takes it for damage: a page in the
 * map that cannot be written, or half a write. */
bool index_disk_full(const char *path);

#endif
