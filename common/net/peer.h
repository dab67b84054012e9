/* Who is at the other end, and of which address of ours: from the socket, else
 * from the UCSPI variables; a pipe has nobody.  Never resolves names. */
#ifndef NJIWA_NET_PEER_H
#define NJIWA_NET_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/slice.h"

#define PEER_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */
#define PEER_NAME_MAX 256   /* of a host name, NUL included */

struct peer {
	char address[PEER_ADDRESS_MAX]; /* "192.0.2.1", "2001:db8::1", "" */
	char local_address[PEER_ADDRESS_MAX]; /* ours */
	uint16_t port, local_port;
	bool ipv6;                /* of address, IPv4-mapped ones being IPv4 */
	bool is_pipe;             /* nobody: local and unprivileged */
	char name[PEER_NAME_MAX]; /* what a trusted proxy says; else "" */
};

/* Fills peer from the descriptor and the environment. */
void peer_of(int fd, struct peer *ret_peer);

/* Sets the address and what follows from it, our own address, or the name
 * (letters, digits, '.', '-', '_'); false, and peer as it was, when text is no
 * such thing. */
bool peer_set_address(struct peer *peer, struct slice text);
bool peer_set_local(struct peer *peer, struct slice text);
bool peer_set_name(struct peer *peer, struct slice text);

/* The address of a family (AF_INET, AF_INET6) in network order as text, an
 * IPv4-mapped one as IPv4; false for another family. */
bool peer_print(int family, const void *octets, char address[PEER_ADDRESS_MAX]);

/* Is the address in the list of networks ("127.0.0.0/8, ::1, 10.0.0.0/8")? */
bool peer_in_networks(const struct peer *peer, const char *networks);

/* Is it a loopback address? */
bool peer_is_loopback(const struct peer *peer);

#endif
