/* Whose connection it is when a proxy says so: a PROXY header in front of all
 * else, or XCLIENT.  The front reads it, the keeper knows who may say it. */
#ifndef NJIWA_SVC_PROXIED_H
#define NJIWA_SVC_PROXIED_H

#include "common/svc/connection.h"

/* Octets of a peer in a request. */
#define PEER_BODY_MAX                                                          \
	(2 * PEER_ADDRESS_MAX + PEER_NAME_MAX + ACCOUNT_NAME_MAX + 32)

/* Reads the PROXY header off the connection and tells the keeper; 0, or -errno
 * when the connection is over, which the log says. */
int front_take_proxy(struct front *front);

/* The keeper's answers: once, to a front behind a proxy, and where XCLIENT is
 * for this peer. */
request_handler handle_peer, handle_xclient;

/* Has the service XCLIENT, and may this peer say it? */
bool connection_may_xclient(
    const struct connection *c, const struct peer *peer);

/* Is the profile for strangers, who are counted? */
bool connection_is_open_to_all(const struct connection *c);

/* Opens the peer's place in the table of rates, or of the one to be named. */
void connection_open_rates(struct connection *c);

/* Counts the connection as the peer's, if it is a stranger's. */
void connection_count(struct connection *c);

#endif
