#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/num.h"
#include "common/net/proxy_header.h"

/* Version 1: "PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\r\n". */
#define V1_START "PROXY "

/* Version 2: signature, version and command, family, length, addresses. */
static const char v2_start[] = "\r\n\r\n\0\r\nQUIT\n";
#define V2_START_LEN (sizeof v2_start - 1)
#define V2_FIXED 16

enum { V2_LOCAL = 0x20, V2_PROXY = 0x21 };
enum { V2_TCP4 = 0x11, V2_TCP6 = 0x21 };

static bool
is_v2(struct slice have)
{
	return have.len >= V2_START_LEN &&
	       memcmp(have.ptr, v2_start, V2_START_LEN) == 0;
}

/* Could have become a header of either version? */
static bool
may_begin(struct slice have)
{
	size_t n = have.len < V2_START_LEN ? have.len : V2_START_LEN;
	struct slice start = slice_head(have, strlen(V1_START));

	return memcmp(have.ptr, v2_start, n) == 0 ||
	       memcmp(start.ptr, V1_START, start.len) == 0;
}

static size_t
v2_length(struct slice have)
{
	const unsigned char *octets = (const unsigned char *)have.ptr;

	return V2_FIXED + ((size_t)octets[14] << 8) + octets[15];
}

static int
v2_wants(struct slice have)
{
	size_t whole;

	if (have.len < V2_FIXED)
		return (int)(V2_FIXED - have.len);
	whole = v2_length(have);
	if (whole > PROXY_HEADER_MAX || have.len > whole)
		return -EPROTO;
	return (int)(whole - have.len);
}

int
proxy_header_wants(struct slice have)
{
	if (have.len && !may_begin(have))
		return -EPROTO;
	/* no header of either version is shorter */
	if (have.len < V2_START_LEN)
		return (int)(V2_START_LEN - have.len);
	if (is_v2(have))
		return v2_wants(have);
	if (have.len <= PROXY_HEADER1_MAX && have.ptr[have.len - 1] == '\n')
		return 0;
	return have.len < PROXY_HEADER1_MAX ? 1 : -EPROTO;
}

/* ---- version 1 ---- */

static bool
take_address(struct slice word, int family, char address[PEER_ADDRESS_MAX])
{
	unsigned char octets[16];
	char text[PEER_ADDRESS_MAX];

	if (word.len == 0 || word.len >= sizeof text ||
	    slice_find(word, '\0') < word.len)
		return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	return inet_pton(family, text, octets) == 1 &&
	       peer_print(family, octets, address);
}

static bool
take_port(struct slice word, uint16_t *ret_port)
{
	uint64_t port;

	if (!num_parse(word, UINT16_MAX, &port) ||
	    (word.len > 1 && word.ptr[0] == '0'))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* "192.0.2.1 192.0.2.2 4711 25" */
static int
v1_addresses(struct slice rest, int family, struct peer *peer)
{
	struct slice word[4] = { { NULL, 0 } };
	struct peer said = *peer;
	size_t i;

	for (i = 0; i < 4; i++)
		if (!slice_next(&rest, ' ', &word[i]))
			return -EPROTO;
	if (rest.ptr || !take_address(word[0], family, said.address) ||
	    !take_address(word[1], family, said.local_address) ||
	    !take_port(word[2], &said.port) ||
	    !take_port(word[3], &said.local_port))
		return -EPROTO;
	*peer = said;
	return 1;
}

static int
v1_parse(struct slice header, struct peer *peer)
{
	struct slice rest = slice_skip(header, strlen(V1_START)), word;

	if (header.len < 2 || header.ptr[header.len - 2] != '\r')
		return -EPROTO;
	rest.len -= 2;
	if (!slice_next(&rest, ' ', &word))
		return -EPROTO;
	if (slice_is(word, "UNKNOWN"))
		return 0; /* whatever stands behind */
	if (slice_is(word, "TCP4"))
		return v1_addresses(rest, AF_INET, peer);
	if (slice_is(word, "TCP6"))
		return v1_addresses(rest, AF_INET6, peer);
	return -EPROTO;
}

/* ---- version 2 ---- */

static uint16_t
port_at(const unsigned char *octets)
{
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

/* Both addresses, then both ports; what follows them is nothing to us. */
static int
v2_addresses(struct slice rest, int family, struct peer *peer)
{
	const unsigned char *octets = (const unsigned char *)rest.ptr;
	size_t n = family == AF_INET ? 4 : 16;
	struct peer said = *peer;

	if (rest.len < 2 * n + 4 || !peer_print(family, octets, said.address) ||
	    !peer_print(family, octets + n, said.local_address))
		return -EPROTO;
	said.port = port_at(octets + 2 * n);
	said.local_port = port_at(octets + 2 * n + 2);
	*peer = said;
	return 1;
}

static int
v2_parse(struct slice header, struct peer *peer)
{
	const unsigned char *octets = (const unsigned char *)header.ptr;
	struct slice rest = slice_skip(header, V2_FIXED);

	if (octets[12] == V2_LOCAL)
		return 0;
	if (octets[12] != V2_PROXY)
		return -EPROTO;
	if (octets[13] == V2_TCP4)
		return v2_addresses(rest, AF_INET, peer);
	if (octets[13] == V2_TCP6)
		return v2_addresses(rest, AF_INET6, peer);
	return 0;
}

int
proxy_header_parse(struct slice header, struct peer *peer)
{
	int rc;

	if (proxy_header_wants(header) != 0)
		return -EPROTO;
	rc = is_v2(header) ? v2_parse(header, peer) : v1_parse(header, peer);
	if (rc > 0) {
		peer->ipv6 = strchr(peer->address, ':') != NULL;
		peer->is_pipe = false;
	}
	return rc;
}

/* ---- reading ---- */

/* Reads at most len octets: their number, 0 at the end, or -errno. */
static ssize_t
read_some(int fd, char *octets, size_t len, int64_t deadline)
{
	int rc = fileio_wait(fd, POLLIN, deadline);
	ssize_t n;

	if (rc < 0)
		return rc;
	do
		n = read(fd, octets, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int
proxy_header_read(int fd, int64_t deadline, struct peer *peer)
{
	char octets[PROXY_HEADER_MAX];
	size_t len = 0;

	for (;;) {
		int wants = proxy_header_wants(slice_of(octets, len));
		ssize_t n;

		if (wants < 0)
			return wants;
		if (wants == 0)
			break;
		n = read_some(fd, octets + len, (size_t)wants, deadline);
		if (n <= 0)
			return n < 0 ? (int)n : -EPIPE;
		len += (size_t)n;
	}
	return proxy_header_parse(slice_of(octets, len), peer);
}
