/* Addresses as numbers, and the networks they are in: what counts as one
 * client.  IPv4 is kept as IPv6 does (::ffff:0:0/96).  Never asks the DNS. */
#ifndef NJIWA_NET_NETWORK_H
#define NJIWA_NET_NETWORK_H

#include <stdbool.h>
#include "common/base/str.h"

#define NETWORK_OCTETS 16
#define NETWORK_BITS4 96 /* bits before those of an IPv4 address */

struct network {
	unsigned char octets[NETWORK_OCTETS]; /* 0 behind the bits */
	unsigned bits; /* that count, NETWORK_BITS4 included */
};

/* The network of so many bits that the address ("192.0.2.1", "2001:db8::1") is
 * in: bits4 of an IPv4 address, bits6 of another.  False when text is none. */
bool network_of(const char *address, unsigned bits4, unsigned bits6,
    struct network *ret_network);

/* The address alone; ::ffff:192.0.2.1 is 192.0.2.1.  False when text is none.
 */
bool network_of_host(struct slice text, struct network *ret_network);

/* Are both texts the same address? */
bool network_same_host(struct slice text, const char *other);

/* Appends "192.0.2.0/24", or the address alone when all its bits count. */
void network_print(const struct network *network, struct str *out);

/* Is it of those that nobody has on the internet: private (RFC 1918), shared
 * (RFC 6598), link-local, or unique local (RFC 4193)? */
bool network_is_private(const struct network *network);

/* Is the address the gateway of a default route of this machine, by
 * /proc/net/route and /proc/net/ipv6_route?  No when they cannot be read. */
bool network_is_gateway(const struct network *network);

/* The same, in texts of those files. */
bool network_is_gateway4(const struct network *network, struct slice routes);
bool network_is_gateway6(const struct network *network, struct slice routes);

#endif
