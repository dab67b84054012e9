/* The loader: a process beside a stem that has GnuTLS loaded and forks the
 * fronts behind TLS for the stem's connections, so that none of those carries
 * GnuTLS or waits for it.  Never serves a connection itself, and holds no key:
 * its signer does (signer_shared.h). */
#ifndef NJIWA_SVC_LOADER_H
#define NJIWA_SVC_LOADER_H

#include "common/svc/connection.h"

/*
 * Starts it, a child of the stem's parent; c->loader is then the line to it,
 * which all connections of the stem share: it ends when the last of them has
 * closed it.  Without one (fork has failed) c->loader stays -1.
 */
void loader_start(struct connection *c);

/*
 * Has the loader make a front for c that has a signer: pair and status are
 * their ends as in signer.c, which stay the caller's.  0, or -errno when there
 * is no loader.
 */
int loader_ask(const struct connection *c, bool resumed, int pair, int status);

#endif
