/* The signer that a loader has: it keeps the key and signs for all fronts that
 * the loader forks, each of which has a line of its own to it.  Never sees the
 * network, and reads nothing but the key. */
#ifndef NJIWA_SVC_SIGNER_SHARED_H
#define NJIWA_SVC_SIGNER_SHARED_H

#include "common/svc/connection.h"

/* Forks it, with the key and chain that are open and loaded in c, as our
 * child; it ends when the line to it is closed and its last front is served.
 * The line to it, or -errno with err. */
int signer_share(struct connection *c, struct err *err);

/* A front's line to the signer behind line, the caller's; -EAGAIN when too many
 * wait there, another -errno when it is gone. */
int signer_share_ask(int line);

#endif
