/* The header that a proxy puts in front of a connection, to say whose it is
 * (HAProxy's PROXY protocol, versions 1 and 2).  Reads not one octet of what
 * follows it, and never asks who may send one. */
#ifndef NJIWA_NET_PROXY_HEADER_H
#define NJIWA_NET_PROXY_HEADER_H

#include "common/base/slice.h"
#include "common/net/peer.h"

#define PROXY_HEADER_MAX 4096 /* octets, what version 2 has behind included */
#define PROXY_HEADER1_MAX 107 /* of version 1, CRLF included */

/* How many octets are to be read next, have being those that are there: 0 when
 * the header is whole, -EPROTO when it is none. */
int proxy_header_wants(struct slice have);

/*
 * What a whole header says: 1 with address and port of both ends in *peer; 0,
 * and *peer as it was, when the connection is the proxy's own (LOCAL, UNKNOWN,
 * a family that is not TCP's); -EPROTO when it is malformed.
 */
int proxy_header_parse(struct slice header, struct peer *peer);

/* Reads and parses the header off fd, a socket or a pipe: as above, or
 * -ETIMEDOUT after the deadline (clock.h), or another -errno. */
int proxy_header_read(int fd, int64_t deadline, struct peer *peer);

#endif
