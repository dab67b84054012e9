/* The texts that messages are sorted by, each kept once, and then numbered in
 * their order, so that messages are compared by numbers.
 * Never holds more octets than it may. */
#ifndef NJIWA_CMD_IMAPD_SORT_TEXTS_H
#define NJIWA_CMD_IMAPD_SORT_TEXTS_H

#include "cmd/imapd/hash_index.h"
#include "common/base/str.h"

#define SORT_TEXT_MAX 1000 /* octets of a text that count */
#define SORT_TEXT_COST 64  /* octets that each costs beside its own */

struct sort_text {
	uint32_t at, len; /* in the octets */
	uint32_t rank;    /* place among the others, from 0 */
};

/* Zeroed but for max at the start. */
struct sort_texts {
	size_t max; /* octets that all of them may cost, below 4 GB */
	struct str octets;
	struct sort_text *list;
	size_t count, cap;
	struct hash_index known; /* to index and 1 */
};

void sort_texts_release(struct sort_texts *texts);

/* Adds a text, unless it is there already; *ret_index is its index in the list.
 * False when there is no room for it. */
bool sort_texts_add(
    struct sort_texts *texts, struct slice text, uint32_t *ret_index);

/* Ranks them, by their octets. */
void sort_texts_rank(struct sort_texts *texts);

#endif
