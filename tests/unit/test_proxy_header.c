#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/proxy_header.h"
#include "tests/unit/unit.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define ADDRESSES4 "\xc0\0\2\7\xc0\0\2\x19\x12\x67\0\x19"
#define ADDRESS6 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0"
#define ADDRESSES6 ADDRESS6 "\7" ADDRESS6 "\x19\x12\x67\0\x19"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2"
#define PROXY "192.0.2.99" /* as it is when nothing is said */

struct row {
	struct slice in; /* with "EHLO" behind it */
	int rc;
	const char *address, *local;
	uint16_t port, local_port;
};

/* clang-format off */
#define SAYS(text, address, local) \
	{ SLICE_LIT(text "EHLO"), 1, address, local, 4711, 25 }
#define OWN(text) { SLICE_LIT(text "EHLO"), 0, PROXY, "", 1, 0 }
#define NONE(text) { SLICE_LIT(text "EHLO"), -EPROTO, PROXY, "", 1, 0 }

static const struct row rows[] = {
	SAYS("PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\n",
	    "192.0.2.7", "192.0.2.25"),
	SAYS("PROXY TCP6 2001:db8::7 2001:0DB8::19 4711 25\r\n",
	    "2001:db8::7", "2001:db8::19"),
	SAYS("PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 25\r\n",
	    "192.0.2.7", "::1"),
	OWN("PROXY UNKNOWN\r\n"),
	OWN("PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n"),
	NONE("PROXY\r\n123456"),
	NONE("PROXY TCP4\r\n"),
	NONE("PROXY TCP4 192.0.2.7 192.0.2.25 4711\r\n"),
	NONE("PROXY TCP4 192.0.2.7 192.0.2.25 4711 25 9\r\n"),
	NONE("PROXY TCP4  192.0.2.7 192.0.2.25 4711 25\r\n"),
	NONE("PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\n"),
	NONE("PROXY TCP4 192.0.2.7 192.0.2.25 4711 65536\r\n"),
	NONE("PROXY TCP4 192.0.2.7 192.0.2.25 04711 25\r\n"),
	NONE("PROXY TCP4 192.0.2.7 192.0.2.25 -1 25\r\n"),
	NONE("PROXY TCP4 192.0.2.256 192.0.2.25 4711 25\r\n"),
	NONE("PROXY TCP4 ::1 ::1 4711 25\r\n"),
	NONE("PROXY TCP6 192.0.2.7 192.0.2.25 4711 25\r\n"),
	NONE("PROXY TCP5 192.0.2.7 192.0.2.25 4711 25\r\n"),
	NONE("proxy TCP4 192.0.2.7 192.0.2.25 4711 25\r\n"),
	NONE("PROXY TCP4 192.0.2.7\0 192.0.2.25 4711 25\r\n"),
	NONE("EHLO client.example.org\r\n"),
	NONE("\r\n\r\n\0\r\nQUIT\r"),

	SAYS(V2 "\x21\x11\0\x0c" ADDRESSES4, "192.0.2.7", "192.0.2.25"),
	SAYS(V2 "\x21\x21\0\x24" ADDRESSES6, "2001:db8::7", "2001:db8::19"),
	SAYS(V2 "\x21\x21\0\x24" MAPPED "\7" MAPPED "\x19\x12\x67\0\x19",
	    "192.0.2.7", "192.0.2.25"),
	/* what stands behind the addresses is skipped */
	SAYS(V2 "\x21\x11\0\x13" ADDRESSES4 "\4\0\4abcd",
	    "192.0.2.7", "192.0.2.25"),
	/* the proxy's own, datagrams, Unix sockets, families to come */
	OWN(V2 "\x20\0\0\0"),
	OWN(V2 "\x20\x11\0\x0c" ADDRESSES4),
	OWN(V2 "\x21\0\0\0"),
	OWN(V2 "\x21\x12\0\x0c" ADDRESSES4),
	OWN(V2 "\x21\x31\0\3abc"),
	OWN(V2 "\x21\xff\0\3abc"),
	/* too short for its family, unknown version and command */
	NONE(V2 "\x21\x11\0\x0b" ADDRESSES4),
	NONE(V2 "\x21\x21\0\x0c" ADDRESSES4),
	NONE(V2 "\x11\x11\0\x0c" ADDRESSES4),
	NONE(V2 "\x22\x11\0\x0c" ADDRESSES4),
	NONE(V2 "\x21\x11\x10\0" ADDRESSES4), /* longer than we read */
};
/* clang-format on */

static void
check_peer(size_t i, const struct row *row, int rc, const struct peer *peer)
{
	UNIT_CHECK(i, rc == row->rc);
	UNIT_CHECK(i, strcmp(peer->address, row->address) == 0);
	UNIT_CHECK(i, strcmp(peer->local_address, row->local) == 0);
	UNIT_CHECK(i, peer->port == row->port);
	UNIT_CHECK(i, peer->local_port == row->local_port);
	UNIT_CHECK(i, peer->ipv6 == (strchr(peer->address, ':') != NULL));
}

/* Of a pipe with header and "EHLO" in it only the header is read. */
static void
reads(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct peer peer = { .address = PROXY, .port = 1 };
		char rest[8] = "";
		int ends[2], rc;

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], rows[i].in.ptr, rows[i].in.len),
		    (ssize_t)rows[i].in.len);
		close(ends[1]);
		rc = proxy_header_read(ends[0], clock_deadline(60000), &peer);
		check_peer(i, &rows[i], rc, &peer);
		if (rc >= 0) {
			assert_int_equal(read(ends[0], rest, sizeof rest), 4);
			assert_string_equal(rest, "EHLO");
		}
		close(ends[0]);
	}
}

/* At the limits of both versions and one past them. */
static void
limits(void **state)
{
	char text[PROXY_HEADER_MAX + 1];
	struct peer peer = { .address = PROXY };
	size_t extra;

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		memset(text, 'x', sizeof text);
		memcpy(text, "PROXY UNKNOWN ", 14);
		memcpy(text + PROXY_HEADER1_MAX - 2 + extra, "\r\n", 2);
		assert_int_equal(
		    proxy_header_parse(
			slice_of(text, PROXY_HEADER1_MAX + extra), &peer),
		    extra ? -EPROTO : 0);
		assert_int_equal(proxy_header_wants(slice_of(
				     text, PROXY_HEADER1_MAX - 1 + extra)),
		    extra ? -EPROTO : 1);
		memcpy(text, V2 "\x20\0\x0f\xf0", 16);
		text[15] = (char)(0xf0 + (int)extra);
		assert_int_equal(proxy_header_wants(slice_of(text, 16)),
		    extra ? -EPROTO : PROXY_HEADER_MAX - 16);
	}
}

static void
ends(void **state)
{
	struct peer peer = { .address = PROXY };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "PROXY TCP4", 10), 10);
	assert_int_equal(
	    proxy_header_read(fds[0], clock_deadline(20), &peer), -ETIMEDOUT);
	close(fds[1]);
	assert_int_equal(
	    proxy_header_read(fds[0], clock_deadline(60000), &peer), -EPIPE);
	close(fds[0]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(limits),
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
