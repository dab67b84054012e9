#include "cmd/imapd/hash_index.h"

#include <stdlib.h>
#include <sys/random.h>

#include "common/base/mem.h"
#include "common/base/siphash.h"

#define PLACES_FIRST 64

void
hash_index_release(struct hash_index *index)
{
	free(index->hashes);
	free(index->numbers);
	*index = (struct hash_index){ .hashes = NULL };
}

uint64_t
hash_index_hash(struct hash_index *index, struct slice octets)
{
	uint64_t hash;

	if (!index->keyed) {
		/* so few octets come at once; without them it is a bad key */
		(void)!getrandom(index->key, sizeof index->key, 0);
		index->keyed = true;
	}
	hash = siphash(index->key, octets);
	return hash ? hash : 1;
}

/* Where hash is, or the free place where it belongs; there is always one. */
static size_t
place_of(const struct hash_index *index, uint64_t hash)
{
	size_t mask = index->places - 1, at = (size_t)hash & mask;

	while (index->hashes[at] && index->hashes[at] != hash)
		at = (at + 1) & mask;
	return at;
}

static void
grow(struct hash_index *index)
{
	struct hash_index old = *index;
	size_t i, at;

	index->places = old.places ? 2 * old.places : PLACES_FIRST;
	index->hashes = mem_zalloc(index->places, sizeof *index->hashes);
	index->numbers = mem_zalloc(index->places, sizeof *index->numbers);
	for (i = 0; i < old.places; i++) {
		if (old.hashes[i] == 0)
			continue;
		at = place_of(index, old.hashes[i]);
		index->hashes[at] = old.hashes[i];
		index->numbers[at] = old.numbers[i];
	}
	free(old.hashes);
	free(old.numbers);
}

uint32_t
hash_index_find(const struct hash_index *index, uint64_t hash)
{
	if (index->places == 0)
		return 0;
	return index->numbers[place_of(index, hash)];
}

uint32_t *
hash_index_at(struct hash_index *index, uint64_t hash)
{
	size_t at;

	if (index->count >= index->places / 4 * 3)
		grow(index);
	at = place_of(index, hash);
	if (index->hashes[at] == 0) {
		index->hashes[at] = hash;
		index->count++;
	}
	return &index->numbers[at];
}
