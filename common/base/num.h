/* Numbers in text.  Never accepts signs, blanks, overflow or an empty field. */
#ifndef NJIWA_BASE_NUM_H
#define NJIWA_BASE_NUM_H

#include <stdint.h>
#include "common/base/slice.h"

/* All of text as a decimal number from 0 to max. */
bool num_parse(struct slice text, uint64_t max, uint64_t *ret_value);

/* The same in hexadecimal, either case, no prefix. */
bool num_parse_hex(struct slice text, uint64_t max, uint64_t *ret_value);

/* Eats the decimal digits at the start of *rest; false when there are none or
 * the number is above max, and *rest is then unchanged. */
bool num_eat(struct slice *rest, uint64_t max, uint64_t *ret_value);

/* A size such as 10485760, 10M, 10 MB, 1g, 64k (powers of 1024). */
bool num_parse_size(struct slice text, uint64_t max, uint64_t *ret_octets);

/* A time such as 300, 300s, 5m, 2h, 1d, in milliseconds; 250ms too.
 * A bare number is seconds. */
bool num_parse_time(struct slice text, uint64_t max_ms, uint64_t *ret_ms);

#endif
