/* The inside of a message on its way, for the files that deliver it.
 * Never included but by them. */
#ifndef NJIWA_STORE_DELIVERY_H
#define NJIWA_STORE_DELIVERY_H

#include "common/store/incoming.h"
#include "common/store/msgfile.h"
#include "common/store/withdraw.h"

struct incoming {
	struct msgfile first; /* what the caller writes */
	struct msgfile copy;  /* the last one made; fd -1: none */
	bool measured;
	uint64_t size, crlf;
	char *path; /* of the first store, for messages */
	struct places places;
};

/* Counts the message, which is complete now.  0 or -errno. */
int incoming_measure(struct incoming *in);

/* Puts a unique name into base, which is emptied first, and the same with flags
 * and keywords into name; RECENT alone has none. */
void incoming_make_name(struct incoming *in,
    const struct incoming_target *target, struct str *base, struct str *name);

#endif
