#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/svc/rates.h"
#include "tests/unit/unit.h"

#define PEERS_AT_ONCE 4 /* of which rates are open */
#define NOW 1700002800  /* the start of an hour and of a minute */
#define HOUR 3600
#define DAY (24 * HOUR)

struct site {
	char folder[PATH_MAX];
	struct settings settings;
	char log[LOG_LINE_MAX];
};

static void
keep_log(void *ctx, const struct log_event *event)
{
	struct site *site = ctx;

	(void)snprintf(
	    site->log, sizeof site->log, "%s", event->text); /* cut is fine */
}

static void
at(time_t seconds)
{
	clock_fake((struct timespec){ seconds, 0 });
}

static int
make_site(void **state)
{
	static struct site site;
	const char *tmp = getenv("TMPDIR");

	memset(&site, 0, sizeof site);
	(void)snprintf(site.folder, sizeof site.folder, "%s/rates.XXXXXX",
	    tmp ? tmp : "/tmp"); /* too long is not made */
	site.settings = (struct settings){
		.runtime_dir = site.folder,
		.trusted_networks = "198.51.100.0/24 2001:db8:ff::/48",
		.mail_uid = geteuid(),
		.mail_gid = getegid(),
		.rate_slots = 1024,
		.rate_connections = 5,
		.rate_connections_network = 8,
		.rate_unknown = 3,
		.login_delay = 2000,
		.login_delay_max = 15000,
	};
	log_to(keep_log, &site);
	at(NOW);
	*state = &site;
	return mkdtemp(site.folder) ? 0 : -1;
}

static int
drop_site(void **state)
{
	struct site *site = *state;
	char path[PATH_MAX + 8];

	log_to(NULL, NULL);
	clock_fake((struct timespec){ -1, 0 });
	(void)snprintf(path, sizeof path, "%s/tally", site->folder);
	(void)unlink(path); /* not every test makes one */
	return rmdir(site->folder);
}

static struct rates *
open_for(const struct site *site, const char *address)
{
	static struct peer peers[PEERS_AT_ONCE];
	static size_t next;
	struct peer *peer = &peers[next++ % PEERS_AT_ONCE];

	/* it is borrowed as long as its rates are open */
	*peer = (struct peer){ .port = 25 };
	(void)snprintf(peer->address, sizeof peer->address, "%s", address);
	return rates_open(&site->settings, peer);
}

/* One connection from there: is it let in? */
static bool
connects(const struct site *site, const char *address)
{
	struct rates *rates = open_for(site, address);
	bool ok;

	assert_non_null(rates);
	ok = rates_allow(rates, RATE_CONNECTION);
	rates_close(rates);
	return ok;
}

static void
logs_in(const struct site *site, const char *address, bool good)
{
	struct rates *rates = open_for(site, address);

	rates_login(rates, good);
	rates_close(rates);
}

static int64_t
delay_of(const struct site *site, const char *address)
{
	struct rates *rates = open_for(site, address);
	int64_t ms = rates_login_delay(rates);

	rates_close(rates);
	return ms;
}

static void
limits_of_connections(void **state)
{
	struct site *site = *state;
	int i;

	for (i = 0; i < 5; i++)
		assert_true(connects(site, "192.0.2.1"));
	assert_string_equal(site->log, "");
	assert_false(connects(site, "192.0.2.1"));
	assert_string_equal(
	    site->log, "too many connections in a minute of 192.0.2.1");
	/* the network has three left; who is refused does not count */
	for (i = 0; i < 3; i++)
		assert_true(connects(site, "192.0.2.2"));
	assert_false(connects(site, "192.0.2.3"));
	assert_string_equal(site->log, "too many connections in a minute of "
				       "192.0.2.3 and its network");
	assert_true(connects(site, "192.0.3.1"));
	at(NOW + 119);
	assert_true(connects(site, "192.0.2.1"));
}

/* Of IPv6 a /64 is one address and a /48 a network. */
static void
limits_of_ipv6(void **state)
{
	struct site *site = *state;
	char address[PEER_ADDRESS_MAX];
	int i;

	for (i = 1; i < 10; i++) {
		(void)snprintf(address, sizeof address, "2001:db8:1:2::%x", i);
		assert_int_equal(connects(site, address), i <= 5);
	}
	for (i = 0; i < 3; i++)
		assert_true(connects(site, "2001:db8:1:3::1"));
	assert_false(connects(site, "2001:db8:1:4::1"));
	assert_true(connects(site, "2001:db8:2::1"));
}

static void
limits_of_recipients(void **state)
{
	struct site *site = *state;
	struct rates *rates = open_for(site, "192.0.2.1");
	int i;

	for (i = 0; i < 3; i++) {
		assert_true(rates_have_room(rates, RATE_UNKNOWN));
		assert_true(rates_allow(rates, RATE_UNKNOWN));
	}
	assert_false(rates_have_room(rates, RATE_UNKNOWN));
	assert_false(rates_allow(rates, RATE_UNKNOWN));
	/* 0 is no limit */
	for (i = 0; i < 1000; i++)
		assert_true(rates_allow(rates, RATE_MESSAGE));
	at(NOW + 2 * HOUR);
	assert_true(rates_have_room(rates, RATE_UNKNOWN));
	rates_close(rates);
}

static void
is_not_counted(void **state)
{
	struct site *site = *state;
	const struct peer pipe = { .is_pipe = true };

	assert_null(rates_open(&site->settings, &pipe));
	assert_null(open_for(site, "127.0.0.1"));
	assert_null(open_for(site, "::1"));
	assert_null(open_for(site, "198.51.100.7"));
	assert_null(open_for(site, "2001:db8:ff:1::2"));
	/* of nobody all may be asked */
	assert_true(rates_allow(NULL, RATE_CONNECTION));
	assert_true(rates_have_room(NULL, RATE_UNKNOWN));
	assert_int_equal(rates_login_delay(NULL), 0);
	rates_login(NULL, true);
	rates_close(NULL);
	site->settings.check_loopback = true;
	assert_true(connects(site, "127.0.0.1"));
	site->settings.rate_connections = site->settings.rate_unknown = 0;
	site->settings.rate_connections_network = 0;
	assert_int_equal(delay_of(site, "192.0.2.1"), 0);
	site->settings.login_delay_max = 0;
	assert_null(open_for(site, "192.0.2.1"));
}

static void
good_logins_spare(void **state)
{
	struct site *site = *state;
	int i;

	site->settings.rate_connections_network = 0;
	logs_in(site, "192.0.2.1", true);
	for (i = 0; i < 20; i++) {
		assert_true(connects(site, "192.0.2.1"));
		assert_int_equal(connects(site, "192.0.2.2"), i < 5);
	}
	at(NOW + RATES_SPARED - 1);
	for (i = 0; i < 20; i++)
		assert_true(connects(site, "192.0.2.1"));
	assert_string_equal(site->log,
	    "192.0.2.1 has too many connections in a minute and is let in all "
	    "the same: somebody has logged in from there lately");
	site->log[0] = '\0'; /* once a day is enough */
	assert_true(connects(site, "192.0.2.1"));
	assert_string_equal(site->log, "");
	at(NOW + RATES_SPARED);
	for (i = 0; i < 20 && connects(site, "192.0.2.1"); i++)
		continue;
	assert_in_range(i, 0, 5);
}

/* A private address from which most come is no client; a public one floods. */
static void
shared_addresses(void **state)
{
	struct site *site = *state;
	char address[PEER_ADDRESS_MAX];
	int i;

	for (i = 0; i < 19; i++)
		assert_int_equal(connects(site, "10.0.0.9"), i < 5);
	assert_true(connects(site, "10.0.0.9"));
	assert_non_null(strstr(site->log, "most clients seem to come from"));
	for (i = 0; i < 40; i++)
		assert_int_equal(connects(site, "203.0.113.9"), i < 5);
	/* now it is a part of them only */
	assert_false(connects(site, "10.0.0.9"));
	for (i = 0; i < 40; i++) {
		(void)snprintf(address, sizeof address, "192.0.%d.1", i);
		assert_true(connects(site, address));
	}
	assert_false(connects(site, "203.0.113.9"));
}

static void
delays_of_logins(void **state)
{
	static const int64_t delays[] = { 0, 2000, 4000, 8000, 15000, 15000 };
	struct site *site = *state;
	size_t i;

	for (i = 0; i < UNIT_COUNT(delays); i++) {
		UNIT_CHECK(i, delay_of(site, "192.0.2.1") == delays[i]);
		/* its neighbours: one for each four */
		UNIT_CHECK(
		    i, delay_of(site, "192.0.2.2") == (i < 4 ? 0 : delays[1]));
		logs_in(site, "192.0.2.1", false);
	}
	assert_int_equal(delay_of(site, "192.0.3.1"), 0);
	for (i = 0; i < 100; i++)
		logs_in(site, "192.0.2.1", false);
	assert_int_equal(delay_of(site, "192.0.2.2"), 15000);
	/* one good login of the network, and nobody of it waits */
	logs_in(site, "192.0.2.3", true);
	assert_int_equal(delay_of(site, "192.0.2.1"), 0);
	at(NOW + RATES_SPARED);
	logs_in(site, "192.0.2.1", false);
	assert_int_equal(delay_of(site, "192.0.2.1"), 2000);
	at(NOW + RATES_SPARED + 2 * HOUR);
	assert_int_equal(delay_of(site, "192.0.2.1"), 0);
}

static void
no_table(void **state)
{
	struct site *site = *state;

	site->settings.runtime_dir = "/nonexistent";
	assert_null(open_for(site, "192.0.2.1"));
	assert_string_equal(site->log,
	    "no rates are kept: /nonexistent/tally: No such file or directory");
}

static void
keys(void **state)
{
	static const struct {
		const char *text;
		bool network;
		const char *name; /* NULL: none */
	} rows[] = {
		{ "192.0.2.1", false, "192.0.2.1" },
		{ "192.0.2.1", true, "192.0.2.0/24" },
		{ "192.0.2.0/24", false, "192.0.2.0/24" },
		{ "192.0.2.0/25", false, NULL },
		{ "192.0.2.0/", false, NULL },
		{ "192.0.2.0/x", false, NULL },
		{ "192.0.2", false, NULL },
		{ "", false, NULL },
		{ "2001:db8:1:2:3::4", false, "2001:db8:1:2::/64" },
		{ "2001:db8:1:2::/64", false, "2001:db8:1:2::/64" },
		{ "2001:db8:1::/48", false, "2001:db8:1::/48" },
		{ "2001:db8:1:2::1", true, "2001:db8:1::/48" },
		{ "2001:db8:1::/49", false, NULL },
	};
	const struct tally_entry none = { NULL, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct rates_line line = { .name = STR_INIT };
		struct tally_key key;
		bool ok = rates_key(rows[i].text, rows[i].network, &key);

		UNIT_CHECK(i, ok == (rows[i].name != NULL));
		if (!ok)
			continue;
		UNIT_CHECK(i, rates_read(&key, none, &line));
		UNIT_CHECK(i, slice_is(str_slice(&line.name), rows[i].name));
		str_release(&line.name);
	}
}

#define AT_SITE(test)                                                          \
	cmocka_unit_test_setup_teardown(test, make_site, drop_site)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		AT_SITE(limits_of_connections),
		AT_SITE(limits_of_ipv6),
		AT_SITE(limits_of_recipients),
		AT_SITE(is_not_counted),
		AT_SITE(good_logins_spare),
		AT_SITE(shared_addresses),
		AT_SITE(delays_of_logins),
		AT_SITE(no_table),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
