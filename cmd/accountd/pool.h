/* The processes of njiwa-accountd behind a listening socket.
 * The parent never speaks to a client or to the database. */
#ifndef NJIWA_CMD_ACCOUNTD_POOL_H
#define NJIWA_CMD_ACCOUNTD_POOL_H

#include "cmd/accountd/server.h"

struct pool_config {
	struct server_config server; /* load, and of sessions all but their
				      * limit, are filled by the pool */
	unsigned int workers;
	int64_t idle_ms; /* ends after so long without a client; 0: stays */
	/* Called in each process before it serves; false ends it. */
	bool (*confine)(void *ctx);
	void *ctx;
};

#define POOL_WORKERS_MAX 64

/* Keeps the processes going until SIGTERM or idleness.  The exit status. */
int pool_run(const struct pool_config *config);

#endif
