/* The file of tally.h, for its two modules.  Never included by others. */
#ifndef NJIWA_BASE_TALLY_OWN_H
#define NJIWA_BASE_TALLY_OWN_H

#include <stdatomic.h>
#include "common/base/tally.h"

#define TALLY_WAYS 8      /* slots that a key may be in */
#define TALLY_KEY_WORDS 3 /* of 8 octets */
#define TALLY_HEAD 4096   /* octets before the first slot */

/* A slot is in use by the key whose hash its tag is; the key itself is there
 * to be shown. */
struct tally_slot {
	_Atomic uint64_t tag; /* 0: free */
	_Atomic uint64_t key[TALLY_KEY_WORDS];
	_Atomic uint64_t used; /* when it was asked for: seconds */
	_Atomic uint64_t marks[TALLY_MARKS];
	_Atomic uint64_t counters[TALLY_COUNTERS];
	_Atomic uint64_t spare;
};

_Static_assert(sizeof(struct tally_slot) == TALLY_SLOT_OCTETS, "the file");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words are shared by processes");

struct tally_head {
	char magic[8];
	uint32_t version;
	uint32_t slots;
	uint64_t key[2]; /* of the hash: whoever reads it may aim at a slot */
	uint64_t check;  /* the hash of all of that */
};

struct tally {
	void *map;
	size_t size;
	struct tally_slot *slots;
	size_t count;
	uint64_t key[2];
	int64_t keep;
};

#endif
