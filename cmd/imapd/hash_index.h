/* Numbers found by the hash of what they stand for, 64 bits under a key that
 * nobody knows (siphash.h): of a million texts two fall together once in thirty
 * million times, and nobody can make them.
 * Never keeps what was hashed. */
#ifndef NJIWA_CMD_IMAPD_HASH_INDEX_H
#define NJIWA_CMD_IMAPD_HASH_INDEX_H

#include <stdint.h>
#include "common/base/slice.h"

/* Zeroed is empty; no key has been chosen then. */
struct hash_index {
	uint64_t *hashes; /* 0: the place is free */
	uint32_t *numbers;
	size_t places; /* a power of two */
	size_t count;
	uint64_t key[2];
	bool keyed;
};

void hash_index_release(struct hash_index *index);

/* The hash of octets in this index, never 0. */
uint64_t hash_index_hash(struct hash_index *index, struct slice octets);

/* The number under hash, 0 for none. */
uint32_t hash_index_find(const struct hash_index *index, uint64_t hash);

/* The place of the number under hash, which is made (and 0) if there is none;
 * it may move with the next call. */
uint32_t *hash_index_at(struct hash_index *index, uint64_t hash);

#endif
