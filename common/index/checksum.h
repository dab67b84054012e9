/* What tells that a row or text is damaged, or another's: XXH3, compiled in.
 * No secret and no defence: who can write an index can make what is right. */
#ifndef NJIWA_INDEX_CHECKSUM_H
#define NJIWA_INDEX_CHECKSUM_H

#include <stdint.h>
#include "common/base/slice.h"

/* The checksum of octets and of what was summed up before them: 0, or its
 * checksum. */
uint64_t index_checksum(uint64_t before, struct slice octets);

#endif
