/* A few keys that are found first and deleted then. */
#ifndef NJIWA_INDEX_KEYS_H
#define NJIWA_INDEX_KEYS_H

#include "common/index/index.h"
#include "common/index/record.h"

struct index_keys {
	struct index_key list[16];
	size_t n;
	uint64_t octets; /* of their values */
	uint64_t modseq; /* of the last one, where they have one */
};

/* Finds the first ones that begin with prefix; n 0: there are none.  0 or
 * -errno. */
int index_keys_find(
    struct index_txn *txn, struct slice prefix, struct index_keys *ret_keys);

/* Deletes them.  0 or -errno. */
int index_keys_delete(struct index_txn *txn, const struct index_keys *keys);

/* Deletes some texts whose keys begin with prefix: how many, or -errno. */
int index_texts_drop(struct index_txn *txn, struct slice prefix);

#endif
