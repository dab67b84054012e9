/* Ways to the filters, opened by the keeper and handed to the front: sockets of
 * spamd's, clamd's, milters', or the ends of a command that a runner starts,
 * as the keeper may not exec.  Never sees the message. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_FILTER_H
#define NJIWA_CMD_SMTPD_KEEPER_FILTER_H

#include <sys/socket.h>
#include "common/svc/content/chain.h"
#include "cmd/smtpd/wire_content.h"

#define FILTER_CONNECT_MS 5000 /* for spamd and clamd to take a connection */

/* Where a server is. */
struct filter_way {
	struct sockaddr_storage to;
	socklen_t len; /* 0: there is none */
	int64_t connect_ms;
};

/* All of them, found out before the keeper is confined. */
struct filters {
	struct filter_way ways[WIRE_FILTERS];
	int runner; /* pair to the runner of commands, -1 for none */
};

/* Looks up where the filters of the profile are, and forks the runner of
 * commands when there are some.  What cannot be found is logged, and missing
 * from then on. */
void filters_init(struct filters *filters, const struct settings *settings,
    const char *profile);

/* Lets go of the runner, which ends. */
void filters_release(struct filters *filters);

/*
 * Opens a filter: one descriptor (a socket), or three (struct wire.h's
 * SMTP_FILTER); the number of them, or -errno with err filled.  Commands of
 * content_commands get the envelope, a text, to read.
 */
int filters_open(struct filters *filters, enum wire_filter which,
    struct slice envelope, int ret_fds[3], struct err *err);

#endif
