/* Which modification sequences were told of a user's mailboxes, kept apart from
 * the index: one that is lost, or is again what it was before, takes none of
 * them back, whatever the clock says.  Never has more than a file of a few
 * octets, which a promise made durable once an hour. */
#ifndef NJIWA_INDEX_TOLD_H
#define NJIWA_INDEX_TOLD_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/err.h"

struct told;

#define TOLD_AHEAD_US 3600000000u /* that one promise reaches */
#define TOLD_MAX                                                               \
	(UINT64_MAX / 4) /* what is above is damage; clients take what         \
			  * has 63 bits (RFC 7162 3.1) */

struct told_config {
	const char *boot; /* this boot's id: another one may have told all that
			   * it promised */
	bool sync;        /* fsync: else nothing outlives a crash for sure */
};

/* Opens the file name in dirfd, makes it when there is none, and one that is
 * damaged anew.  0, or -errno with err filled.  told_close ends it (NULL is
 * fine). */
int told_open(int dirfd, const char *name, const struct told_config *config,
    struct told **ret_told, struct err *err);
void told_close(struct told *told);

/* The modification sequence after last, and after all that were ever told: the
 * clock in microseconds where it is not behind.  NULL: there is no file, and
 * the clock alone is after what is not known.  0; -EBADMSG above TOLD_MAX;
 * -errno when nothing can be promised.  May fault, as the work on an index
 * (base/fault.h). */
int told_next(struct told *told, uint64_t last, uint64_t *ret_modseq);

/* An index, by when it was made, and its last transaction that is known: when
 * it has only earlier ones it has lost some.  Zeros: nothing is known. */
struct told_last {
	uint64_t made, txn;
};
struct told_last told_last(const struct told *told);

/* Notes which index there is, and a transaction of it that counts. */
void told_set_made(struct told *told, uint64_t made);
void told_set_txn(struct told *told, uint64_t made, uint64_t txn);

#endif
