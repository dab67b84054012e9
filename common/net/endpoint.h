/* Where a server listens, as settings write it: a TCP port of a host, or the
 * path of a Unix socket, and a connection to it.  Never says anything there. */
#ifndef NJIWA_NET_ENDPOINT_H
#define NJIWA_NET_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "common/base/err.h"
#include "common/base/slice.h"

/* Borrows from the text that it was parsed from. */
struct endpoint {
	struct slice path; /* of a Unix socket, absolute; "" for TCP */
	struct slice host; /* a name or an address without brackets */
	uint16_t port;
};

/*
 * Parses /path, unix:/path, local:/path, host:port, inet:host:port (Postfix),
 * inet:port@host and inet6:port@host (Sendmail); an address of IPv6 before a
 * colon stands in brackets.  False for anything else.
 */
bool endpoint_parse(struct slice text, struct endpoint *ret_endpoint);

/*
 * Its socket address.  A name that is neither an address nor localhost is
 * looked up, which may take a while.  0, or -errno with err filled.
 */
int endpoint_resolve(const struct endpoint *endpoint,
    struct sockaddr_storage *ret_address, socklen_t *ret_len, struct err *err);

/* Connects to such an address, ms milliseconds at most; the descriptor is
 * non-blocking.  It, or -errno with err filled. */
int endpoint_connect(const struct sockaddr_storage *address, socklen_t len,
    int64_t ms, struct err *err);

#endif
