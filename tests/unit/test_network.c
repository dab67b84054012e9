#include "common/net/network.h"
#include "tests/unit/unit.h"

static void
prefixes(void **state)
{
	static const struct {
		const char *address;
		unsigned bits4, bits6;
		const char *network; /* NULL: no address */
	} rows[] = {
		{ "192.0.2.129", 24, 64, "192.0.2.0/24" },
		{ "192.0.2.129", 32, 64, "192.0.2.129" },
		{ "192.0.2.129", 25, 64, "192.0.2.128/25" },
		{ "::ffff:192.0.2.129", 24, 64, "192.0.2.0/24" },
		{ "2001:db8:1:2:3:4:5:6", 24, 64, "2001:db8:1:2::/64" },
		{ "2001:db8:1:2:3:4:5:6", 24, 48, "2001:db8:1::/48" },
		{ "2001:db8:1:2:3:4:5:6", 24, 128, "2001:db8:1:2:3:4:5:6" },
		{ "::1", 24, 64, "::/64" },
		{ "192.0.2", 24, 64, NULL },
		{ "192.0.2.1.5", 24, 64, NULL },
		{ "", 24, 64, NULL },
		{ "unknown", 24, 64, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO text = STR_INIT;
		struct network network = { { 0 }, 0 };
		bool ok = network_of(
		    rows[i].address, rows[i].bits4, rows[i].bits6, &network);

		UNIT_CHECK(i, ok == (rows[i].network != NULL));
		if (!ok)
			continue;
		network_print(&network, &text);
		UNIT_CHECK(i, slice_is(str_slice(&text), rows[i].network));
	}
}

static void
hosts(void **state)
{
	static const struct {
		const char *text, *other;
		bool same;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "::ffff:192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "2001:DB8:0::1", "2001:db8::1", true },
		{ "2001:db8::1", "2001:db8:1::1", false },
		{ "::1", "127.0.0.1", false },
		{ "", "", false },
		{ "192.0.2.1", "", false },
		{ "x", "x", false },
		{ "0000:0000:0000:0000:0000:ffff:0192.0.2.10", "192.0.2.10",
		    false },
		{ "1111:2222:3333:4444:5555:6666:7777:88888888888888",
		    "192.0.2.1", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, network_same_host(slice_from(rows[i].text),
				  rows[i].other) == rows[i].same);
	UNIT_CHECK(
	    i, !network_same_host(slice_of("192.0.2.1\0", 10), "192.0.2.1"));
}

static void
privates(void **state)
{
	static const struct {
		const char *address;
		bool is_private;
	} rows[] = {
		{ "10.255.0.1", true },
		{ "11.0.0.1", false },
		{ "172.15.255.255", false },
		{ "172.16.0.1", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "192.168.3.4", true },
		{ "192.169.3.4", false },
		{ "100.63.255.255", false },
		{ "100.64.0.0", true },
		{ "100.128.0.0", false },
		{ "169.254.1.1", true },
		{ "127.0.0.1", true },
		{ "192.0.2.1", false },
		{ "::1", true },
		{ "::2", false },
		{ "fe80::1", true },
		{ "fd12::1", true },
		{ "fe00::1", false },
		{ "2001:db8::1", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct network network;

		UNIT_CHECK(i, network_of(rows[i].address, 32, 128, &network));
		UNIT_CHECK(
		    i, network_is_private(&network) == rows[i].is_private);
	}
	/* a network is private when all of it is */
	{
		struct network wide;

		assert_true(network_of("10.0.0.1", 7, 128, &wide));
		assert_false(network_is_private(&wide));
	}
}

/* As the kernel writes them on a machine of this byte order. */
static void
gateways4(void **state)
{
	static const unsigned char gateway[] = { 172, 17, 0, 1 };
	struct network network;
	char routes[512];
	uint32_t number;

	(void)state;
	memcpy(&number, gateway, sizeof number);
	(void)snprintf(routes, sizeof routes, /* it fits */
	    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
	    "eth0\t0000FEA9\t%08X\t0003\t0\t0\t0\t0000FFFF\n"
	    "eth0\t00000000\t%08X\t0003\t0\t0\t0\t00000000\n"
	    "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\n",
	    number + 1, number);
	assert_true(network_of("172.17.0.1", 32, 128, &network));
	assert_true(network_is_gateway4(&network, slice_from(routes)));
	assert_false(network_is_gateway6(&network, slice_from(routes)));
	assert_true(network_of("172.17.0.2", 32, 128, &network));
	assert_false(network_is_gateway4(&network, slice_from(routes)));
	assert_true(network_of("0.0.0.0", 32, 128, &network));
	assert_false(network_is_gateway4(&network, slice_from(routes)));
	assert_true(network_of("172.17.0.1", 32, 128, &network));
	assert_false(network_is_gateway4(&network, slice_from("")));
	assert_false(network_is_gateway4(&network, slice_from("\n\nx 0 \n0")));
}

#define ZEROS "00000000000000000000000000000000"
#define ROUTE6(gateway)                                                        \
	ZEROS " 00 " ZEROS " 00 " gateway                                      \
	      " 00000400 00000001 00000000 00000003     eth0\n"

static void
gateways6(void **state)
{
	static const char routes[] =
	    "fd000000000000000000000000000000 40 " ZEROS " 00 " ZEROS
	    " 00000100 00000001 00000000 00000001     eth0\n" ROUTE6(
		"fd000000000000000000000000000001") ROUTE6(ZEROS);
	struct network network;

	(void)state;
	assert_true(network_of("fd00::1", 32, 128, &network));
	assert_true(network_is_gateway6(&network, slice_from(routes)));
	assert_false(network_is_gateway4(&network, slice_from(routes)));
	assert_true(network_of("fd00::2", 32, 128, &network));
	assert_false(network_is_gateway6(&network, slice_from(routes)));
	assert_true(network_of("::", 32, 128, &network));
	assert_false(network_is_gateway6(&network, slice_from(routes)));
}

/* On whatever machine this runs. */
static void
real_routes(void **state)
{
	struct network network;

	(void)state;
	assert_true(network_of("192.0.2.253", 32, 128, &network));
	assert_false(network_is_gateway(&network));
	assert_true(network_of("2001:db8::4711", 32, 128, &network));
	assert_false(network_is_gateway(&network));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes),
		cmocka_unit_test(hosts),
		cmocka_unit_test(privates),
		cmocka_unit_test(gateways4),
		cmocka_unit_test(gateways6),
		cmocka_unit_test(real_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
