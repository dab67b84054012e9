/* A page of results (RFC 9394): places counted from the first result, or
 * backwards from the last.  Never knows what the results are. */
#ifndef NJIWA_CMD_IMAPD_PARTIAL_H
#define NJIWA_CMD_IMAPD_PARTIAL_H

#include "cmd/imapd/parse.h"

struct partial {
	bool backwards;       /* "-1" is the last result */
	uint32_t first, last; /* places from 1; first is not above last */
};

/* "1:100" or "-1:-100", the ends in either order; false for a mistake. */
bool partial_parse(struct args *args, struct partial *ret_partial);

/* Appends it as it was asked for, but the lower place first. */
void partial_print(const struct partial *partial, struct str *out);

/* The places, counted from 1 and from the first, that the page has of so many
 * results; false when there are none. */
bool partial_places(const struct partial *partial, uint64_t count,
    uint64_t *ret_first, uint64_t *ret_last);

#endif
