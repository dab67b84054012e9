#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/fileio.h"
#include "common/base/num.h"
#include "common/net/network.h"

#define ROUTES_MAX 65536 /* octets of a table of routes that is looked at */

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

static bool
is_mapped(const struct network *network)
{
	return memcmp(network->octets, mapped, sizeof mapped) == 0;
}

/* Clears what is behind the first bits. */
static void
cut(struct network *network, unsigned bits)
{
	unsigned i;

	network->bits = bits;
	for (i = bits; i < NETWORK_OCTETS * 8; i++)
		network->octets[i / 8] &= (unsigned char)~(0x80U >> i % 8);
}

bool
network_of(const char *address, unsigned bits4, unsigned bits6,
    struct network *ret_network)
{
	struct network network = { { 0 }, 0 };

	if (inet_pton(AF_INET, address, network.octets + sizeof mapped) == 1)
		memcpy(network.octets, mapped, sizeof mapped);
	else if (inet_pton(AF_INET6, address, network.octets) != 1)
		return false;
	cut(&network, is_mapped(&network) ? NETWORK_BITS4 + bits4 : bits6);
	*ret_network = network;
	return true;
}

bool
network_of_host(struct slice text, struct network *ret_network)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return strlen(copy) == text.len &&
	       network_of(copy, NETWORK_OCTETS * 8 - NETWORK_BITS4,
		   NETWORK_OCTETS * 8, ret_network);
}

bool
network_same_host(struct slice text, const char *other)
{
	struct network a, b;

	return network_of_host(text, &a) &&
	       network_of_host(slice_from(other), &b) &&
	       memcmp(a.octets, b.octets, sizeof a.octets) == 0;
}

void
network_print(const struct network *network, struct str *out)
{
	char text[INET6_ADDRSTRLEN];
	bool v4 = network->bits >= NETWORK_BITS4 && is_mapped(network);
	unsigned skipped = v4 ? NETWORK_BITS4 : 0;

	if (inet_ntop(v4 ? AF_INET : AF_INET6, network->octets + skipped / 8,
		text, sizeof text) == NULL)
		return; /* cannot be: there is room */
	str_append_cstr(out, text);
	if (network->bits < NETWORK_OCTETS * 8)
		str_appendf(out, "/%u", network->bits - skipped);
}

bool
network_is_private(const struct network *network)
{
	static const struct network private[] = {
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10 }, 104 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 172, 16 }, 108 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168 }, 112 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 64 }, 106 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254 }, 112 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 }, 104 },
		{ { 0xfe, 0x80 }, 10 },
		{ { 0xfc }, 7 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128 },
	};
	size_t i;

	for (i = 0; i < sizeof private / sizeof private[0]; i++) {
		struct network part = *network;

		if (part.bits < private[i].bits)
			continue;
		cut(&part, private[i].bits);
		if (memcmp(part.octets, private[i].octets, NETWORK_OCTETS) == 0)
			return true;
	}
	return false;
}

/* The next field of a line, fields being parted by blanks. */
static struct slice
next_field(struct slice *line)
{
	size_t n = 0;
	struct slice field;

	*line = slice_trim(*line);
	while (n < line->len && line->ptr[n] != ' ' && line->ptr[n] != '\t')
		n++;
	field = slice_head(*line, n);
	*line = slice_skip(*line, n);
	return field;
}

/* interface, destination, gateway ...: in hexadecimal, as the machine has them
 * in memory */
bool
network_is_gateway4(const struct network *network, struct slice routes)
{
	struct slice line;
	uint32_t own;

	if (!is_mapped(network))
		return false;
	memcpy(&own, network->octets + sizeof mapped, sizeof own);
	while (slice_next(&routes, '\n', &line)) {
		uint64_t to, gateway;

		(void)next_field(&line);
		if (num_parse_hex(next_field(&line), UINT32_MAX, &to) &&
		    num_parse_hex(next_field(&line), UINT32_MAX, &gateway) &&
		    to == 0 && gateway == own && own != 0)
			return true;
	}
	return false;
}

/* Are these the octets, two digits each? */
static bool
is_address(struct slice digits, const unsigned char octets[NETWORK_OCTETS])
{
	uint64_t value;
	size_t i;

	if (digits.len != (size_t)NETWORK_OCTETS * 2)
		return false;
	for (i = 0; i < NETWORK_OCTETS; i++)
		if (!num_parse_hex(
			slice_of(digits.ptr + i * 2, 2), UINT8_MAX, &value) ||
		    value != octets[i])
			return false;
	return true;
}

/* destination, its bits, source, its bits, next hop ... */
bool
network_is_gateway6(const struct network *network, struct slice routes)
{
	static const unsigned char none[NETWORK_OCTETS];
	struct slice line;

	while (slice_next(&routes, '\n', &line)) {
		bool everywhere = is_address(next_field(&line), none) &&
				  slice_is(next_field(&line), "00");

		if (!everywhere)
			continue;
		(void)next_field(&line);
		(void)next_field(&line);
		if (is_address(next_field(&line), network->octets) &&
		    memcmp(network->octets, none, sizeof none) != 0)
			return true;
	}
	return false;
}

bool
network_is_gateway(const struct network *network)
{
	STR_AUTO routes = STR_INIT;
	bool v4 = is_mapped(network);

	if (fileio_read(AT_FDCWD,
		v4 ? "/proc/net/route" : "/proc/net/ipv6_route", ROUTES_MAX,
		&routes, NULL) < 0)
		return false;
	return v4 ? network_is_gateway4(network, str_slice(&routes))
		  : network_is_gateway6(network, str_slice(&routes));
}
