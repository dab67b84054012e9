/* SipHash-2-4 (Aumasson, Bernstein, 2012): a hash under a key, so that who
 * does not know the key cannot choose what falls together.
 * Never for passwords and never a signature. */
#ifndef NJIWA_BASE_SIPHASH_H
#define NJIWA_BASE_SIPHASH_H

#include <stdint.h>
#include "common/base/slice.h"

/* The hash of octets under the key. */
uint64_t siphash(const uint64_t key[2], struct slice octets);

#endif
