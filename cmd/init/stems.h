/* The stems of the services: processes that are warmed up and fork for each
 * connection (common/svc/stem.h).  Whatever is wrong with one, connections are
 * served without it.  Never serves a connection twice. */
#ifndef NJIWA_CMD_INIT_STEMS_H
#define NJIWA_CMD_INIT_STEMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "cmd/init/services.h"

#define STEMS_MAX 16 /* services */

struct init;

/* One service's.  Without a process (pid 0) one is started when a connection
 * comes, but not before `resume`. */
struct stem {
	const struct init_service *service;
	pid_t pid;
	int line;       /* our end of the pair; -1 without a process */
	bool ready;     /* it has said so */
	int64_t served; /* connections */
	int64_t ends;   /* when it is too old (clock.h) */
	int64_t resume;
};

/* Zeroed is empty. */
struct stems {
	struct stem stem[STEMS_MAX];
	size_t count;
};

/*
 * Has the service's stem fork for the connected socket.  The pid of the
 * process, a child of ours that has the socket; 0 when there is no stem (one
 * may be started meanwhile) and nobody has the socket; -errno when it is not
 * known who has it.
 */
pid_t stems_fork(
    struct init *init, const struct init_service *service, int socket);

/* A stem has ended. */
void stems_ended(struct init *init, pid_t pid);

/* A process has crashed that may have been forked by a stem: no other process
 * is to have the memory layout that this one had. */
void stems_crashed(struct init *init);

/* Hangs up on all stems, which end then. */
void stems_close(struct init *init);

#endif
