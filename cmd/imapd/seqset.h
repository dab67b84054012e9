/* Sequence sets (RFC 3501 section 9): ranges of sequence numbers or of uids,
 * kept in order and apart, so that walking one is linear.
 * Never knows what the numbers stand for. */
#ifndef NJIWA_CMD_IMAPD_SEQSET_H
#define NJIWA_CMD_IMAPD_SEQSET_H

#include <stdint.h>
#include "common/base/str.h"

#define SEQSET_RANGES_MAX 16384 /* of one set, as written */
#define SEQSET_STAR 0           /* "*", until seqset_resolve */

struct seqset_range {
	uint32_t first, last;
};

/* Zeroed is empty. */
struct seqset {
	struct seqset_range *ranges;
	size_t count;
	size_t cap;
	bool star; /* "*" stood in it */
};

void seqset_release(struct seqset *set);

/* Parses all of text, replacing what the set held; false for what is no
 * sequence set or has too many ranges. */
bool seqset_parse(struct slice text, struct seqset *set);

/* Gives "*" its number, then sorts the ranges, turns those around that were
 * written backwards, and merges those that touch.  last is the greatest number
 * in use; 0, when there is none, takes ranges that name "*" out. */
void seqset_resolve(struct seqset *set, uint32_t last);

/* Is number in the resolved set? */
bool seqset_has(const struct seqset *set, uint32_t number);

/* The greatest number of the resolved set, 0 when it is empty. */
uint32_t seqset_last(const struct seqset *set);

/* Adds one number, which must not be less than any in the set (building a set
 * for a response code). */
void seqset_add(struct seqset *set, uint32_t number);

/* Adds the numbers from first to last; they may lie anywhere when
 * seqset_resolve follows, else none of them before a number of the set. */
void seqset_add_range(struct seqset *set, uint32_t first, uint32_t last);

/* How many numbers the resolved set has. */
uint64_t seqset_size(const struct seqset *set);

/* Adds to part the numbers of the resolved set at places from first (counted
 * from 1) to last, as far as there are any. */
void seqset_cut(const struct seqset *set, uint64_t first, uint64_t last,
    struct seqset *part);

/* Adds to common the numbers that both resolved sets have. */
void seqset_intersect(
    const struct seqset *a, const struct seqset *b, struct seqset *common);

/* Appends the resolved set as text ("1:3,7"); nothing when it is empty. */
void seqset_print(const struct seqset *set, struct str *out);

#endif
