/* Ways to the filters, opened by the keeper and handed to the front: sockets of
 * spamd's, clamd's, milters', or both ends of a command that a runner starts,
 * as the keeper may not exec.  Never sees the message. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_FILTER_H
#define NJIWA_CMD_SMTPD_KEEPER_FILTER_H

#include <sys/socket.h>
#include "cmd/smtpd/wire_content.h"

#define FILTER_CONNECT_MS 5000 /* for spamd and clamd to take a connection */
#define FILTER_WORDS_MAX 32    /* words of spam_command */

/* Where a server is. */
struct filter_way {
	struct sockaddr_storage to;
	socklen_t len; /* 0: there is none */
	int64_t connect_ms;
};

/* All of them, found out before the keeper is confined. */
struct filters {
	struct filter_way ways[WIRE_FILTERS];
	int runner; /* pair to the runner of spam_command, -1 for none */
};

/* Looks up where the filters are, and with spam also forks the runner of
 * spam_command when it is to be used.  What cannot be found is logged, and
 * missing from then on. */
void filters_init(
    struct filters *filters, const struct settings *settings, bool spam);

/* Lets go of the runner, which ends. */
void filters_release(struct filters *filters);

/*
 * Opens a filter: one descriptor (a socket), or two (to the command, and from
 * it); the number of them, or -errno with err filled.
 */
int filters_open(struct filters *filters, enum wire_filter which,
    int ret_fds[2], struct err *err);

/* What a runner is told. */
struct filter_runner {
	int pair;           /* its end of the pair */
	char *const *words; /* the command, NULL-ended */
	unsigned seconds;   /* that one command may live */
	uint32_t uid, gid;  /* whom it runs as, when we are root */
};

/* The runner's life: starts a command for each message asked for. */
_Noreturn void filter_run(const struct filter_runner *runner);

#endif
