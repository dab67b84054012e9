/* The PROXY header: what is said to be one is read to its end and no further,
 * whatever stands behind it, and names addresses that are some. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "common/net/proxy_header.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_address(const char *address)
{
	unsigned char octets[16];

	if (inet_pton(AF_INET, address, octets) != 1 &&
	    inet_pton(AF_INET6, address, octets) != 1)
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size);
	struct peer peer = { .address = "192.0.2.1", .port = 1 };
	size_t len = 0;
	int wants, rc;

	while ((wants = proxy_header_wants(slice_head(all, len))) > 0) {
		if ((size_t)wants > size - len)
			return 0; /* it is cut */
		len += (size_t)wants;
		if (len > PROXY_HEADER_MAX)
			__builtin_trap();
	}
	rc = proxy_header_parse(slice_head(all, len), &peer);
	if (wants < 0 && rc != wants)
		__builtin_trap();
	if (rc > 0) {
		check_address(peer.address);
		check_address(peer.local_address);
		if (peer.ipv6 != (strchr(peer.address, ':') != NULL))
			__builtin_trap();
	} else if (strcmp(peer.address, "192.0.2.1") != 0 || peer.port != 1) {
		__builtin_trap();
	}
	return 0;
}
