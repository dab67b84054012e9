/* Several messages that get their names in a folder all or not at all, whenever
 * somebody pulls the plug: their names stand in a list beside them from before
 * the first link to after the last, and whoever finds the list without its
 * writer removes what it names; replacing.h has another sort of line.  For the
 * files of common/store alone. */
#ifndef NJIWA_STORE_BATCH_H
#define NJIWA_STORE_BATCH_H

#include "common/store/tree.h"

#define BATCH_NAME ".njiwa-batch" /* in cur; hidden from whoever reads mail */
#define BATCH_WAIT_MS 10000       /* for a writer to be done */
#define BATCH_MAX (8U << 20)      /* octets of a list */

/* Writes the list, which brings it to the disk, into the open cur; names has
 * one name a line.  *ret_fd holds it until batch_end.  0, or -errno. */
int batch_begin(
    struct store *store, int cur_dir, struct slice names, int *ret_fd);

/* All names are there, on disk: the list goes.  0, or -errno: then it may come
 * back, and what it names is to be withdrawn. */
int batch_end(struct store *store, int cur_dir, int *fd);

/* Waits for the writer of the list that was seen in the open cur, or does what
 * he could not: 0; -EAGAIN when he lives and takes too long; -errno. */
int batch_settle(struct store *store, int cur_dir);

#endif
