/* The resolver against servers that the test plays, at the far end of the
 * descriptors that it hands over. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/net/dns_message.h"
#include "tests/unit/dns_reply.h"
#include "tests/unit/unit.h"

#define OK 0x8180
#define SERVFAIL 0x8182
#define CUT 0x8380
#define CNAME 5
#define TIMEOUT 400

struct world {
	int servers;              /* that there are */
	int far[DNS_SERVERS_MAX]; /* UDP, the last batch's */
	int tcp;                  /* the last connection's */
	int batches, tcps;
	bool no_tcp;
	struct dns *dns;
};

static int
open_fds(void *ctx, int server, int fds[DNS_SERVERS_MAX])
{
	struct world *w = ctx;
	int ends[2], i;

	if (server >= 0) {
		if (w->no_tcp)
			return -ECONNREFUSED;
		w->tcps++;
		(void)socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
		fileio_close(&w->tcp);
		w->tcp = ends[0];
		fds[0] = ends[1];
		return 1;
	}
	w->batches++;
	for (i = 0; i < w->servers; i++) {
		(void)socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
		fileio_close(&w->far[i]);
		w->far[i] = ends[0];
		fds[i] = ends[1];
	}
	return w->servers;
}

static void
world_open(struct world *w, int servers)
{
	*w = (struct world){
		.servers = servers, .far = { -1, -1, -1 }, .tcp = -1
	};
	w->dns = dns_new(open_fds, w, TIMEOUT);
}

static void
world_close(struct world *w)
{
	int i;

	dns_free(w->dns);
	for (i = 0; i < DNS_SERVERS_MAX; i++)
		fileio_close(&w->far[i]);
	fileio_close(&w->tcp);
}

/* The next question at that server, "" when there is none. */
static void
hear(int fd, struct str *ask)
{
	char octets[1024];
	ssize_t n = recv(fd, octets, sizeof octets, MSG_DONTWAIT);

	str_clear(ask);
	if (n > 0)
		str_append_mem(ask, octets, (size_t)n);
}

static void
say(int fd, const struct str *message)
{
	assert_int_equal(send(fd, message->ptr, message->len, MSG_NOSIGNAL),
	    (ssize_t)message->len);
}

/* Answers a question by an address. */
static void
say_address(int fd, const struct str *ask, const char *address)
{
	STR_AUTO m = STR_INIT;

	reply_begin(str_slice(ask), OK, (const unsigned char *)"\1\0\0", &m);
	reply_record(QNAME, DNS_A, 60, slice_of(address, 4), &m);
	say(fd, &m);
}

static void
say_nothing(int fd, const struct str *ask, unsigned flags)
{
	STR_AUTO m = STR_INIT;

	reply_begin(str_slice(ask), flags, (const unsigned char *)"\0\0\0", &m);
	say(fd, &m);
}

static struct dns_query *
ask_a(struct world *w, const char *name)
{
	return dns_ask(w->dns, slice_from(name), DNS_A);
}

static void
check(const struct dns_query *q, enum dns_status status, const char *address)
{
	const struct dns_answer *a = dns_answer_of(q);

	assert_int_equal(a->status, status);
	assert_int_equal(a->count, address ? 1 : 0);
	if (address)
		assert_memory_equal(a->records[0].data.ptr, address, 4);
}

static void
many_at_once(void **state)
{
	struct world w;
	struct dns_query *q[3];
	struct str ask[3] = { STR_INIT, STR_INIT, STR_INIT };
	int i;

	(void)state;
	world_open(&w, 1);
	q[0] = ask_a(&w, "a.example");
	q[1] = ask_a(&w, "b.example.");
	q[2] = ask_a(&w, "no name");
	check(q[2], DNS_NO_NAME, NULL);
	for (i = 0; i < 2; i++)
		hear(w.far[0], &ask[i]);
	say_address(w.far[0], &ask[1], "bbbb");
	dns_poll(w.dns);
	check(q[0], DNS_PENDING, NULL);
	check(q[1], DNS_FOUND, "bbbb");
	say_address(w.far[0], &ask[0], "aaaa");
	dns_wait(w.dns, clock_deadline(5000));
	check(q[0], DNS_FOUND, "aaaa");
	assert_int_equal(dns_answer_of(q[0])->ttl, 60);
	assert_int_equal(w.batches, 1);
	for (i = 0; i < 3; i++) {
		dns_drop(w.dns, q[i]);
		str_release(&ask[i]);
	}
	(void)ask_a(&w, "c.example");
	assert_int_equal(w.batches, 2); /* other ports */
	world_close(&w);
}

/* Ids and letters are not the same twice. */
static void
disguise(void **state)
{
	STR_AUTO first = STR_INIT;
	STR_AUTO second = STR_INIT;
	struct world w;

	(void)state;
	world_open(&w, 1);
	(void)ask_a(&w, "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnop");
	(void)ask_a(&w, "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnop");
	hear(w.far[0], &first);
	hear(w.far[0], &second);
	assert_int_equal(first.len, second.len);
	assert_memory_not_equal(first.ptr + 12, second.ptr + 12, 40);
	assert_int_equal(strncasecmp(first.ptr + 13, second.ptr + 13, 26), 0);
	world_close(&w);
}

/* What is not the answer is as if it had not come. */
static void
forged(void **state)
{
	STR_AUTO ask = STR_INIT;
	STR_AUTO bad = STR_INIT;
	struct dns_query *q;
	struct world w;

	(void)state;
	world_open(&w, 2);
	q = ask_a(&w, "abcdefghijklmnop.example");
	hear(w.far[0], &ask);
	say_address(w.far[1], &ask, "evil"); /* it was not asked */
	str_set(&bad, str_slice(&ask));
	bad.ptr[1]++;
	say_address(w.far[0], &bad, "evil");
	str_set(&bad, str_slice(&ask));
	bad.ptr[13] = 'Z';
	say_address(w.far[0], &bad, "evil");
	str_truncate(&bad, 1);
	say(w.far[0], &bad);
	dns_poll(w.dns);
	check(q, DNS_PENDING, NULL);
	say_address(w.far[0], &ask, "good");
	dns_poll(w.dns);
	check(q, DNS_FOUND, "good");
	world_close(&w);
}

static void
say_tcp(struct world *w, const char *address)
{
	STR_AUTO ask = STR_INIT;
	STR_AUTO m = STR_INIT;
	char len[2] = { 0, 0 };

	hear(w->tcp, &ask);
	assert_int_equal((ask.ptr[0] << 8) + ask.ptr[1] + 2, ask.len);
	str_drop(&ask, 2);
	reply_begin(str_slice(&ask), OK, (const unsigned char *)"\1\0\0", &m);
	reply_record(QNAME, DNS_A, 60, slice_of(address, 4), &m);
	len[1] = (char)m.len;
	assert_int_equal(write(w->tcp, len, 1), 1);
	dns_poll(w->dns); /* it comes in pieces */
	assert_int_equal(write(w->tcp, len + 1, 1), 1);
	dns_poll(w->dns);
	say(w->tcp, &m);
}

static void
by_tcp(void **state)
{
	STR_AUTO ask = STR_INIT;
	struct dns_query *q;
	struct world w;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		world_open(&w, 1);
		q = ask_a(&w, "abcdefghijklmnop.example");
		hear(w.far[0], &ask);
		if (i == 1)
			ask.ptr[14] ^= 0x20; /* somebody changed the case */
		say_nothing(w.far[0], &ask, i == 0 ? CUT : OK);
		dns_poll(w.dns);
		assert_int_equal(w.tcps, 1);
		dns_poll(w.dns);
		say_tcp(&w, "tcp!");
		dns_wait(w.dns, clock_deadline(5000));
		check(q, DNS_FOUND, "tcp!");
		world_close(&w);
	}
	world_open(&w, 1);
	w.no_tcp = true;
	q = ask_a(&w, "a.example");
	for (i = 0; i < DNS_TRIES_MAX; i++) {
		hear(w.far[0], &ask);
		say_nothing(w.far[0], &ask, CUT);
		dns_poll(w.dns);
	}
	check(q, DNS_FAILED, NULL);
	world_close(&w);
}

static void
servers_that_fail(void **state)
{
	STR_AUTO ask = STR_INIT;
	struct dns_query *q;
	struct world w;

	(void)state;
	world_open(&w, 2);
	q = ask_a(&w, "a.example");
	hear(w.far[0], &ask);
	say_nothing(w.far[0], &ask, SERVFAIL);
	dns_poll(w.dns);
	hear(w.far[1], &ask);
	say_nothing(w.far[1], &ask, SERVFAIL);
	dns_poll(w.dns);
	hear(w.far[0], &ask);
	check(q, DNS_PENDING, NULL);
	say_nothing(w.far[0], &ask, SERVFAIL);
	dns_poll(w.dns);
	check(q, DNS_FAILED, NULL);
	dns_drop(w.dns, q);
	/* one that does not know EDNS is asked without */
	q = ask_a(&w, "a.example");
	hear(w.far[0], &ask);
	say_nothing(w.far[0], &ask, 0x8181);
	dns_poll(w.dns);
	hear(w.far[1], &ask);
	assert_int_equal(ask.ptr[11], 0);
	world_close(&w);
	/* and where there is none, nobody waits */
	world_open(&w, 0);
	check(ask_a(&w, "a.example"), DNS_FAILED, NULL);
	world_close(&w);
}

/* Silence: three tries, round the servers, and an end in time. */
static void
silence(void **state)
{
	STR_AUTO ask = STR_INIT;
	int64_t begun = clock_ms();
	struct dns_query *q;
	struct world w;
	int i;

	(void)state;
	world_open(&w, 2);
	q = ask_a(&w, "a.example");
	dns_wait(w.dns, clock_deadline(TIMEOUT));
	check(q, DNS_TIMEOUT, NULL);
	assert_in_range(clock_ms() - begun, TIMEOUT, TIMEOUT + 5000);
	for (i = 0; i < DNS_TRIES_MAX; i++) {
		hear(w.far[i % 2], &ask);
		assert_true(ask.len > 0);
	}
	hear(w.far[1], &ask);
	assert_int_equal(ask.len, 0);
	world_close(&w);
	/* servers that are gone are no reason to wait */
	world_open(&w, 2);
	q = ask_a(&w, "a.example");
	fileio_close(&w.far[0]);
	fileio_close(&w.far[1]);
	begun = clock_ms();
	dns_wait(w.dns, clock_deadline(60000));
	check(q, DNS_FAILED, NULL);
	assert_in_range(clock_ms() - begun, 0, 5000);
	world_close(&w);
}

/* Aliases of which the server says nothing more are asked for, to an end. */
static void
aliases(void **state)
{
	STR_AUTO ask = STR_INIT;
	struct dns_query *q;
	struct world w;
	int i;

	(void)state;
	world_open(&w, 1);
	q = ask_a(&w, "a.example");
	for (i = 0; i <= DNS_ALIASES_MAX; i++) {
		STR_AUTO m = STR_INIT;

		check(q, DNS_PENDING, NULL);
		hear(w.far[0], &ask);
		reply_begin(
		    str_slice(&ask), OK, (const unsigned char *)"\1\0\0", &m);
		reply_record(QNAME, CNAME, 60,
		    i % 2 ? OCTETS("\1a\7example\0") : OCTETS("\1b\0"), &m);
		say(w.far[0], &m);
		dns_poll(w.dns);
	}
	check(q, DNS_FAILED, NULL);
	world_close(&w);
}

static void
limits(void **state)
{
	struct dns_query *q = NULL;
	struct world w;
	size_t i;

	(void)state;
	world_open(&w, 1);
	for (i = 0; i < DNS_QUERIES_MAX; i++)
		q = ask_a(&w, "a.example");
	/* a full socket of the test's is no failure: it is tried again */
	check(q, DNS_PENDING, NULL);
	check(ask_a(&w, "a.example"), DNS_FAILED, NULL);
	world_close(&w);
	world_open(&w, 1);
	for (i = 0; i < DNS_BATCHES_MAX + 10; i++) {
		dns_drop(w.dns, q = ask_a(&w, "a.example"));
	}
	assert_int_equal(w.batches, DNS_BATCHES_MAX);
	world_close(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(disguise),
		cmocka_unit_test(forged),
		cmocka_unit_test(by_tcp),
		cmocka_unit_test(servers_that_fail),
		cmocka_unit_test(silence),
		cmocka_unit_test(aliases),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
