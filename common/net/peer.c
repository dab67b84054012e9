#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/num.h"
#include "common/net/peer.h"

/* Octets of an address in network order; 4 or 16, 0 when text is none. */
static size_t
parse_address(const char *text, unsigned char octets[16])
{
	if (inet_pton(AF_INET, text, octets) == 1)
		return 4;
	return inet_pton(AF_INET6, text, octets) == 1 ? 16 : 0;
}

bool
peer_print(int family, const void *octets, char address[PEER_ADDRESS_MAX])
{
	struct in6_addr in6;

	if (family == AF_INET6) {
		memcpy(&in6, octets, sizeof in6);
		if (IN6_IS_ADDR_V4MAPPED(&in6)) {
			octets = (const char *)octets + 12;
			family = AF_INET;
		}
	}
	if (family != AF_INET && family != AF_INET6)
		return false;
	return inet_ntop(family, octets, address, PEER_ADDRESS_MAX) != NULL;
}

/* The address of a socket's end as text; "" when it has none. */
static bool
print_address(const struct sockaddr_storage *from,
    char address[PEER_ADDRESS_MAX], uint16_t *ret_port)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET) {
		*ret_port = ntohs(in4->sin_port);
		return peer_print(AF_INET, &in4->sin_addr, address);
	}
	if (from->ss_family != AF_INET6)
		return false;
	*ret_port = ntohs(in6->sin6_port);
	return peer_print(AF_INET6, &in6->sin6_addr, address);
}

/* Takes the address that text is, in the one way that we write it. */
static bool
take_address(struct slice text, char address[PEER_ADDRESS_MAX])
{
	char copy[PEER_ADDRESS_MAX];
	unsigned char octets[16];
	size_t len;

	if (text.len >= sizeof copy || slice_find(text, '\0') < text.len)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	len = parse_address(copy, octets);
	return len &&
	       peer_print(len == 4 ? AF_INET : AF_INET6, octets, address);
}

bool
peer_set_address(struct peer *peer, struct slice text)
{
	if (!take_address(text, peer->address))
		return false;
	peer->ipv6 = strchr(peer->address, ':') != NULL;
	peer->is_pipe = false;
	return true;
}

bool
peer_set_local(struct peer *peer, struct slice text)
{
	return take_address(text, peer->local_address);
}

bool
peer_set_name(struct peer *peer, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
			return false;
	}
	if (text.len >= sizeof peer->name)
		return false;
	memcpy(peer->name, text.ptr, text.len);
	peer->name[text.len] = '\0';
	return true;
}

static bool
from_socket(int fd, struct peer *peer)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof from;

	if (getpeername(fd, (struct sockaddr *)&from, &len) < 0 ||
	    !print_address(&from, peer->address, &peer->port))
		return false;
	len = sizeof from;
	if (getsockname(fd, (struct sockaddr *)&from, &len) == 0)
		(void)print_address(&from, peer->local_address, /* "" is fine */
		    &peer->local_port);
	return true;
}

/* The address in the variable name, when it is one. */
static bool
env_address(const char *name, char address[PEER_ADDRESS_MAX])
{
	const char *value = getenv(name);

	return value && take_address(slice_from(value), address);
}

static uint16_t
env_port(const char *name)
{
	const char *value = getenv(name);
	uint64_t port = 0;

	if (value && num_parse(slice_from(value), UINT16_MAX, &port))
		return (uint16_t)port;
	return 0;
}

static bool
from_environment(struct peer *peer)
{
	/* whatever PROTO says (TCP, TCP6, SSL): who has an address is not us */
	if (!env_address("TCPREMOTEIP", peer->address))
		return false;
	peer->port = env_port("TCPREMOTEPORT");
	(void)env_address("TCPLOCALIP", peer->local_address); /* "" is fine */
	peer->local_port = env_port("TCPLOCALPORT");
	return true;
}

void
peer_of(int fd, struct peer *ret_peer)
{
	memset(ret_peer, 0, sizeof *ret_peer);
	if (!from_socket(fd, ret_peer) && !from_environment(ret_peer))
		ret_peer->is_pipe = true;
	ret_peer->ipv6 = strchr(ret_peer->address, ':') != NULL;
}

static bool
prefix_equal(const unsigned char *a, const unsigned char *b, size_t bits)
{
	size_t whole = bits / 8, rest = bits % 8;
	unsigned mask = (0xff00U >> rest) & 0xffU;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

/* Is the address inside the network "addr" or "addr/bits"? */
static bool
in_network(const unsigned char *address, size_t len, struct slice network)
{
	char text[PEER_ADDRESS_MAX];
	unsigned char octets[16];
	size_t slash = slice_find(network, '/');
	uint64_t bits = len * 8;

	if (slash >= sizeof text)
		return false;
	memcpy(text, network.ptr, slash);
	text[slash] = '\0';
	if (parse_address(text, octets) != len)
		return false;
	if (slash < network.len &&
	    !num_parse(slice_skip(network, slash + 1), len * 8, &bits))
		return false;
	return prefix_equal(address, octets, (size_t)bits);
}

bool
peer_in_networks(const struct peer *peer, const char *networks)
{
	struct slice rest = slice_from(networks);
	unsigned char address[16];
	size_t len = parse_address(peer->address, address);

	if (len == 0)
		return false;
	while (rest.len) {
		size_t n = strspn(rest.ptr, ", \t");
		size_t word = strcspn(rest.ptr + n, ", \t");

		if (word &&
		    in_network(address, len, slice_of(rest.ptr + n, word)))
			return true;
		rest = slice_skip(rest, n + word);
	}
	return false;
}

bool
peer_is_loopback(const struct peer *peer)
{
	return peer_in_networks(peer, "127.0.0.0/8 ::1");
}
