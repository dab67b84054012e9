/* Octets out to a filter while its answer comes in, with a deadline for all of
 * it and an eye on whoever must not be outlived.  Never knows what is said. */
#ifndef NJIWA_PROTO_EXCHANGE_H
#define NJIWA_PROTO_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/err.h"
#include "common/base/slice.h"

#define EXCHANGE_CHUNK 16384 /* octets of one read or send */

/* What is said; each 0, or -errno with err filled, which ends the exchange. */
struct exchange_ops {
	/* The next octets to send, borrowed until the next call; none: that
	 * was all. */
	int (*next)(void *ctx, struct slice *ret_octets, struct err *err);
	/* Takes what came. */
	int (*take)(void *ctx, struct slice octets, struct err *err);
	/* The other side has closed. */
	int (*end)(void *ctx, struct err *err);
	/* Is there nothing more to be heard? */
	bool (*done)(void *ctx);
};

struct exchange {
	const struct exchange_ops *ops;
	void *ctx;
	const char *who;  /* "the spam filter", for errors */
	int out, in;      /* a socket twice, or two pipes */
	int guard;        /* whose hang-up ends it; 0 and below: nobody's */
	int64_t deadline; /* clock.h */
	bool hang_up;     /* the other side waits for the end of it all */
	bool whole;       /* all is sent, even to one that says no more */
	int spare;        /* stands for a pipe's number after that */
	struct slice ready;
	bool sent; /* all of it; or nobody takes more: then refused too */
	bool refused;
	bool closed; /* by the other side */
};

/*
 * Runs it until there is nothing more to be heard.  0; -ETIMEDOUT; -EPIPE when
 * the guard hung up; -errno; err is filled.  SIGPIPE must be ignored.
 */
int exchange_run(struct exchange *x, struct err *err);

/*
 * Waits until fd is ready for events (poll(2)): 0, -ETIMEDOUT, -errno; -EPIPE
 * when guard (0 and below: nobody) has hung up.
 */
int exchange_wait(int fd, short events, int guard, int64_t deadline);

#endif
