#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <string.h>
#include <unistd.h>

#include "common/net/peer.h"
#include "tests/unit/unit.h"

struct network_row {
	const char *address;
	const char *networks;
	bool inside;
};

static void
networks(void **state)
{
	static const struct network_row rows[] = {
		{ "127.0.0.1", "127.0.0.0/8", true },
		{ "128.0.0.1", "127.0.0.0/8", false },
		{ "10.1.2.3", "192.168.0.0/16, 10.0.0.0/8", true },
		{ "10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.4", "10.1.2.3", false },
		{ "10.1.2.3", "10.1.2.2/31", true },
		{ "10.1.2.4", "10.1.2.2/31", false },
		{ "10.1.2.3", "0.0.0.0/0", true },
		{ "10.1.2.3", "10.1.2.3/33", false },
		{ "10.1.2.3", "10.1.2.3/", false },
		{ "10.1.2.3", "10.1.2.3/-1", false },
		{ "10.1.2.3", "", false },
		{ "10.1.2.3", " , ,", false },
		{ "10.1.2.3", "rubbish 10.0.0.0/8", true },
		{ "2001:db8::1", "2001:db8::/32", true },
		{ "2001:db9::1", "2001:db8::/32", false },
		{ "2001:db8::1", "0.0.0.0/0", false },
		{ "::1", "::1", true },
		{ "::1", "::/127", true },
		{ "", "0.0.0.0/0 ::/0", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct peer peer = { .is_pipe = false };

		snprintf(
		    peer.address, sizeof peer.address, "%s", rows[i].address);
		UNIT_CHECK(i, peer_in_networks(&peer, rows[i].networks) ==
				  rows[i].inside);
	}
}

static void
from_a_socket(void **state)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_ANY_INIT };
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof to;
	struct peer peer;
	int listener, client, server;

	(void)state;
	listener = socket(AF_INET6, SOCK_STREAM, 0);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&to, sizeof to) < 0)
		skip(); /* a machine without IPv6 */
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&to, &len), 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	at.sin_port = to.sin6_port;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at), 0);
	server = accept(listener, NULL, NULL);
	peer_of(server, &peer);
	/* IPv4 over an IPv6 listener is IPv4 */
	assert_string_equal(peer.address, "127.0.0.1");
	assert_string_equal(peer.local_address, "127.0.0.1");
	assert_int_equal(peer.local_port, ntohs(to.sin6_port));
	assert_false(peer.ipv6);
	assert_false(peer.is_pipe);
	assert_true(peer_is_loopback(&peer));
	(void)close(client);   /* only connected */
	(void)close(server);   /* only connected */
	(void)close(listener); /* only listened */
}

struct env_row {
	const char *proto, *ip, *port;
	const char *address; /* expected, "" for a pipe */
	uint16_t number;
};

static void
from_the_environment(void **state)
{
	static const struct env_row rows[] = {
		{ "TCP", "192.0.2.7", "1234", "192.0.2.7", 1234 },
		{ "TCP6", "2001:db8::7", "1", "2001:db8::7", 1 },
		{ "TCP", "192.0.2.7", "65536", "192.0.2.7", 0 },
		{ "TCP", "192.0.2.7", "x", "192.0.2.7", 0 },
		{ "TCP", "not an address", "1", "", 0 },
		{ "SSL", "192.0.2.7", "1", "192.0.2.7", 1 },
		/* IPv4 over an IPv6 listener is IPv4 here too */
		{ "TCP6", "::ffff:127.0.0.1", "1", "127.0.0.1", 1 },
	};
	int ends[2];
	size_t i;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct peer peer;

		setenv("PROTO", rows[i].proto, 1);
		setenv("TCPREMOTEIP", rows[i].ip, 1);
		setenv("TCPREMOTEPORT", rows[i].port, 1);
		peer_of(ends[0], &peer);
		UNIT_CHECK(i, strcmp(peer.address, rows[i].address) == 0);
		UNIT_CHECK(i, peer.port == rows[i].number);
		UNIT_CHECK(i, peer.is_pipe == (rows[i].address[0] == '\0'));
	}
	(void)close(ends[0]); /* unused */
	(void)close(ends[1]); /* unused */
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks),
		cmocka_unit_test(from_a_socket),
		cmocka_unit_test(from_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
