/* The index of an open store: opened when a mailbox is, opened again when
 * somebody dropped it, given up when it cannot be had. */
#ifndef NJIWA_STORE_STORE_INDEX_H
#define NJIWA_STORE_STORE_INDEX_H

#include "common/index/index.h"
#include "common/store/tree.h"

#define STORE_INDEX_OPENED_MAX 8 /* times that one session opens it */

/* The index, NULL when there is none. */
struct index *store_index(struct store *store);

/* It failed with that errno: dropped where it is damaged, or has become full in
 * the course of time; else given up for this session. */
void store_index_failed(struct store *store, int error);

/* The folder's name in the index, borrowed. */
struct slice store_index_name(const struct tree_folder *folder);

/* The modseq after last for a change that no index notes. */
uint64_t store_next_modseq(struct store *store, uint64_t last);

/* In a transaction: forgets what is left of folders that are not there. */
int store_index_tidy(struct store *store, struct index_txn *txn);

/* The folder's directory is gone, or is called to: the index follows, if there
 * is one. */
void store_index_forget(struct store *store, const char *dir);
void store_index_rename(struct store *store, const char *dir, const char *to);

#endif
