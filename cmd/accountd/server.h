/* One process of njiwa-accountd: many clients, one database connection.
 * Never waits for a client: who does not read or sends rubbish is closed. */
#ifndef NJIWA_CMD_ACCOUNTD_SERVER_H
#define NJIWA_CMD_ACCOUNTD_SERVER_H

#include <stdatomic.h>
#include <sys/types.h>
#include "cmd/accountd/pending.h"
#include "cmd/accountd/seats.h"
#include "common/account/account_scram.h"
#include "common/account/wire.h"
#include "common/base/request.h"

#define CLIENTS_MAX 8192 /* of one process */

/* What a process tells its parent; in shared memory. */
struct server_load {
	_Atomic uint32_t clients;
	_Atomic int64_t changed_ms; /* when one came or went (clock_ms) */
};

struct client {
	int fd;
	bool gone;   /* closed; freed when this round is over */
	char *bound; /* the only name it may ask for; NULL: any */
	struct request_counts counts;
	struct str queue;            /* answers that it was too slow to take */
	unsigned int adds;           /* additions in this round, */
	bool refused;                /* of which the database refused one */
	struct account_scram *scram; /* under way, or NULL */
	uint32_t seat; /* of the session that it is, or SEATS_NOBODY */
	struct client *next;
};

/* The sessions of users, which all processes share. */
struct server_sessions {
	struct seats *seats; /* NULL: nobody counts them */
	uint32_t process;    /* which of the processes this is, */
	const int *bells;    /* and what tells each that a seat is called */
	uint32_t limit;      /* of a user in a service; 0: any */
};

/* Quota additions of this round, which are committed together. */
struct add {
	struct client *client;
	struct account_quota_add add;
	bool last;  /* of its request, which is answered for all of them */
	size_t sum; /* the index of the addition that it became part of */
};

struct server {
	struct account_sql *sql;
	struct server_load *load;
	int epoll;
	int listener; /* -1: one client alone */
	int signals;
	bool accepting, ending;
	int64_t resume; /* deadline (clock.h) to accept again */
	uid_t mail_uid;
	struct server_sessions sessions;
	struct client *clients;
	size_t nclients, ngone;
	struct add *adds;
	size_t nadds, adds_cap;
	struct pending pending; /* additions of rounds before */
	bool waiting;           /* note_load counts them as a client */
};

struct server_config {
	const struct account_config *account;
	struct server_load *load;
	struct server_sessions sessions;
	int listener; /* -1: serve the client alone, to its end */
	int client;
	uid_t mail_uid; /* may connect, beside root and ourselves */
};

/* Serves until SIGTERM, or the end of its only client.  The exit status. */
int server_run(const struct server_config *config);

/* ---- between server.c and requests.c ---- */

/* Answers one request; 0, or negative when the client is to be closed. */
int requests_answer(
    struct server *server, struct client *client, struct ipc_msg *msg);

/* Commits the additions of this round and answers them. */
void requests_flush_adds(struct server *server);

/* Sends the client an answer or a part of one. */
void server_send(
    struct server *server, struct client *client, const struct str *body);

/* Closes the client; it is freed later. */
void server_close(struct server *server, struct client *client);

#endif
