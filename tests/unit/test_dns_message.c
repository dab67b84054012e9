/* DNS messages: the question, and all that an answer may be. */
#include "common/net/dns_message.h"
#include "common/net/dns_servers.h"
#include "tests/unit/dns_reply.h"
#include "tests/unit/unit.h"

#define OK 0x8180
#define NO_SUCH 0x8183
#define SERVFAIL 0x8182
#define FORMERR 0x8181
#define CUT 0x8380

enum { CNAME = 5, SOA = 6 };

static const struct dns_question asked = {
	.name = "WWW.Example.org", .type = DNS_A, .id = 0x1234, .edns = true
};

static void
names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "a", true },
		{ "a.b", true },
		{ "a.b.", true },
		{ "_dmarc.example.org", true },
		{ "1.0/25.2.0.192.x", true },
		{ "", false },
		{ ".", false },
		{ "a..b", false },
		{ ".a", false },
		{ "a b", false },
		{ "a\\.b", false },
		{ "\xc3\xbc.org", false },
		{ "a..", false },
	};
	STR_AUTO name = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i,
		    dns_name_valid(slice_from(rows[i].name)) == rows[i].valid);
	for (i = 0; i < 63; i++)
		str_append_char(&name, 'a');
	assert_true(dns_name_valid(str_slice(&name)));
	str_append_char(&name, 'a');
	assert_false(dns_name_valid(str_slice(&name)));
	str_clear(&name);
	for (i = 0; i < 126; i++)
		str_append_cstr(&name, "a.");
	str_append_char(&name, 'a'); /* 253 octets */
	assert_true(dns_name_valid(str_slice(&name)));
	str_append_char(&name, 'a');
	assert_false(dns_name_valid(str_slice(&name)));
}

static void
zones(void **state)
{
	STR_AUTO out = STR_INIT;

	(void)state;
	assert_true(
	    dns_name_in_zone("192.0.2.1", slice_from("zen.example"), &out));
	assert_string_equal(str_cstr(&out), "1.2.0.192.zen.example");
	str_clear(&out);
	assert_true(dns_name_reverse("192.0.2.1", &out));
	assert_string_equal(str_cstr(&out), "1.2.0.192.in-addr.arpa");
	str_clear(&out);
	assert_true(dns_name_reverse("2001:db8::1:ab", &out));
	assert_string_equal(str_cstr(&out),
	    "b.a.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "8.b.d.0.1.0.0.2.ip6.arpa");
	str_clear(&out);
	assert_false(dns_name_reverse("example.org", &out));
	assert_int_equal(out.len, 0);
}

static void
question(void **state)
{
	static const char wire[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\1"
				   "\3WWW\7Example\3org\0\0\1\0\1"
				   "\0\0\x29\x04\xd0\0\0\0\0\0\0";
	struct dns_question q = asked;
	STR_AUTO out = STR_INIT;

	(void)state;
	assert_true(dns_message_ask(&q, &out));
	assert_true(slice_equal(str_slice(&out), OCTETS(wire)));
	q.edns = false;
	str_clear(&out);
	assert_true(dns_message_ask(&q, &out));
	assert_int_equal(out.len, sizeof wire - 1 - 11);
	q.name[0] = ' ';
	assert_false(dns_message_ask(&q, &out));
}

/* Begins an answer to the question. */
static void
begin(unsigned flags, const char *counts, struct str *out)
{
	STR_AUTO ask = STR_INIT;

	str_clear(out);
	(void)dns_message_ask(&asked, &ask);
	reply_begin(str_slice(&ask), flags, (const unsigned char *)counts, out);
}

static enum dns_reading
take(const struct str *message, struct dns_answer *answer, char *next)
{
	return dns_message_read(&asked, str_slice(message), answer, next);
}

/* Every shorter message is no answer, and nothing is kept of it. */
static void
check_cut_short(const struct str *message)
{
	char next[DNS_NAME_MAX + 1];
	size_t len;

	for (len = 0; len < message->len; len++) {
		struct dns_answer answer = { .status = DNS_PENDING };
		enum dns_reading what = dns_message_read(
		    &asked, slice_head(str_slice(message), len), &answer, next);

		UNIT_CHECK(len, what == DNS_READ_BAD || what == DNS_READ_OTHER);
		UNIT_CHECK(len, answer.count == 0);
	}
}

static void
found(void **state)
{
	struct dns_answer answer = { .status = DNS_PENDING };
	char next[DNS_NAME_MAX + 1];
	STR_AUTO m = STR_INIT;

	(void)state;
	begin(OK, "\4\0\0", &m);
	reply_record(QNAME, CNAME, 60, OCTETS("\4mail\xc0\x10"), &m);
	reply_record(
	    OCTETS("\4MAIL\xc0\x10"), DNS_A, 300, OCTETS("\300\0\2\1"), &m);
	reply_record(
	    OCTETS("\4mail\xc0\x10"), DNS_A, 30, OCTETS("\300\0\2\2"), &m);
	reply_record(
	    OCTETS("\5other\xc0\x10"), DNS_A, 1, OCTETS("\300\0\2\3"), &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.status, DNS_FOUND);
	assert_int_equal(answer.ttl, 30);
	assert_int_equal(answer.count, 2);
	assert_true(slice_equal(
	    str_slice(&answer.records[1].data), OCTETS("\300\0\2\2")));
	dns_answer_release(&answer);
	check_cut_short(&m);
}

static void
other_types(void **state)
{
	struct dns_question q = asked;
	struct dns_answer answer = { .status = DNS_PENDING };
	char next[DNS_NAME_MAX + 1];
	STR_AUTO m = STR_INIT;

	(void)state;
	q.type = DNS_MX;
	begin(OK, "\2\0\0", &m);
	m.ptr[m.len - 3] = DNS_MX;
	reply_record(QNAME, DNS_MX, 9, OCTETS("\0\x0a\2mx\xc0\x10"), &m);
	reply_record(QNAME, DNS_MX, 9, OCTETS("\1\0\0"), &m);
	assert_int_equal(dns_message_read(&q, str_slice(&m), &answer, next),
	    DNS_READ_ANSWER);
	assert_int_equal(answer.records[0].preference, 10);
	assert_string_equal(
	    str_cstr(&answer.records[0].data), "mx.Example.org");
	assert_int_equal(answer.records[1].preference, 256);
	assert_string_equal(str_cstr(&answer.records[1].data), "");
	dns_answer_release(&answer);

	q.type = DNS_TXT;
	begin(OK, "\1\0\0", &m);
	m.ptr[m.len - 3] = DNS_TXT;
	reply_record(QNAME, DNS_TXT, 9, OCTETS("\3one\0\4 two"), &m);
	assert_int_equal(dns_message_read(&q, str_slice(&m), &answer, next),
	    DNS_READ_ANSWER);
	assert_string_equal(str_cstr(&answer.records[0].data), "one two");
	dns_answer_release(&answer);
	m.ptr[m.len - 5] = 5; /* a string beyond the data */
	assert_int_equal(
	    dns_message_read(&q, str_slice(&m), &answer, next), DNS_READ_BAD);
}

#define SOA_DATA OCTETS("\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x78")

static void
nothing(void **state)
{
	struct dns_answer answer = { .status = DNS_PENDING };
	char next[DNS_NAME_MAX + 1];
	STR_AUTO m = STR_INIT;

	(void)state;
	begin(NO_SUCH, "\0\1\0", &m);
	reply_record(OCTETS("\0"), SOA, 3600, SOA_DATA, &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.status, DNS_NO_NAME);
	assert_int_equal(answer.ttl, 120);
	begin(OK, "\0\1\0", &m);
	reply_record(OCTETS("\0"), SOA, 60, SOA_DATA, &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.status, DNS_NO_DATA);
	assert_int_equal(answer.ttl, 60);
	begin(OK, "\0\0\0", &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.status, DNS_NO_DATA);
	assert_int_equal(answer.ttl, 0);
	/* an alias of which the server says nothing more */
	begin(OK, "\1\0\0", &m);
	reply_record(QNAME, CNAME, 60, OCTETS("\4mail\3net\0"), &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ALIAS);
	assert_string_equal(next, "mail.net");
	/* and one whose name is not there */
	begin(NO_SUCH, "\1\0\0", &m);
	reply_record(QNAME, CNAME, 60, OCTETS("\4mail\3net\0"), &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.status, DNS_NO_NAME);
	/* to itself, and in a ring */
	begin(OK, "\1\0\0", &m);
	reply_record(QNAME, CNAME, 60, QNAME, &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.status, DNS_FAILED);
}

static void
refused(void **state)
{
	static const struct {
		unsigned flags;
		enum dns_reading what;
	} rows[] = {
		{ SERVFAIL, DNS_READ_BAD },
		{ 0x8185, DNS_READ_BAD }, /* REFUSED */
		{ FORMERR, DNS_READ_PLAIN },
		{ 0x8184, DNS_READ_PLAIN }, /* NOTIMP */
		{ CUT, DNS_READ_CUT },
		{ 0x0180, DNS_READ_OTHER }, /* a question */
		{ 0x8980, DNS_READ_OTHER }, /* another opcode */
	};
	struct dns_answer answer = { .status = DNS_PENDING };
	char next[DNS_NAME_MAX + 1];
	STR_AUTO m = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		begin(rows[i].flags, "\0\0\0", &m);
		UNIT_CHECK(i, take(&m, &answer, next) == rows[i].what);
	}
	begin(OK, "\0\0\0", &m);
	m.ptr[0]++; /* the id */
	assert_int_equal(take(&m, &answer, next), DNS_READ_OTHER);
	begin(OK, "\0\0\0", &m);
	m.ptr[13] = 'X'; /* the name */
	assert_int_equal(take(&m, &answer, next), DNS_READ_OTHER);
	begin(OK, "\0\0\0", &m);
	m.ptr[13] = 'w'; /* its case */
	assert_int_equal(take(&m, &answer, next), DNS_READ_CASE);
	begin(OK, "\0\0\0", &m);
	m.ptr[m.len - 3] = DNS_AAAA; /* the type */
	assert_int_equal(take(&m, &answer, next), DNS_READ_OTHER);
	begin(OK, "\0\0\0", &m);
	m.ptr[5] = 2; /* two questions */
	assert_int_equal(take(&m, &answer, next), DNS_READ_OTHER);
	begin(OK, "\1\0\0", &m);
	reply_record(QNAME, DNS_A, 1, OCTETS("\300\0\2"), &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_BAD);
	begin(OK, "\1\0\0", &m);
	reply_record(OCTETS("\xc0\x21"), DNS_A, 1, OCTETS("1234"), &m);
	assert_int_equal(take(&m, &answer, next), DNS_READ_BAD);
}

/* The records of one answer have a limit, and so has what is looked at. */
static void
limits(void **state)
{
	struct dns_answer answer = { .status = DNS_PENDING };
	char next[DNS_NAME_MAX + 1];
	STR_AUTO m = STR_INIT;
	size_t i;

	(void)state;
	begin(OK, "\0\0\0", &m);
	for (i = 0; i < DNS_RRS_MAX; i++)
		reply_record(QNAME, DNS_A, 1, OCTETS("1234"), &m);
	m.ptr[6] = (char)(DNS_RRS_MAX >> 8);
	assert_int_equal(take(&m, &answer, next), DNS_READ_ANSWER);
	assert_int_equal(answer.count, DNS_RECORDS_MAX);
	dns_answer_release(&answer);
	reply_record(QNAME, DNS_A, 1, OCTETS("1234"), &m);
	m.ptr[7] = 1;
	assert_int_equal(take(&m, &answer, next), DNS_READ_BAD);
}

static void
servers(void **state)
{
	static const struct {
		const char *text;
		int count; /* -1: not valid */
		unsigned port;
	} rows[] = {
		{ "", 0, 0 },
		{ "192.0.2.1", 1, 53 },
		{ "192.0.2.1:5353", 1, 5353 },
		{ "2001:db8::1", 1, 53 },
		{ "[2001:db8::1]", 1, 53 },
		{ "[2001:db8::1]:1", 1, 1 },
		{ "192.0.2.1, 192.0.2.2\t[::1]:53", 3, 53 },
		{ "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", -1, 0 },
		{ "localhost", -1, 0 },
		{ "192.0.2.1:", -1, 0 },
		{ "192.0.2.1:0", -1, 0 },
		{ "192.0.2.1:65536", -1, 0 },
		{ "[::1", -1, 0 },
		{ "[::1]x", -1, 0 },
		{ "192.0.2", -1, 0 },
	};
	struct dns_servers s;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		int rc = dns_servers_parse(rows[i].text, &s, &err);

		UNIT_CHECK(i, (rc < 0) == (rows[i].count < 0));
		if (rc < 0)
			continue;
		UNIT_CHECK(i, (int)s.count == rows[i].count);
		UNIT_CHECK(
		    i, s.count == 0 || dns_servers_port(&s, 0) == rows[i].port);
	}
	dns_servers_resolv_conf(
	    slice_from("# x\nsearch a b\nnameserver 192.0.2.1\n"
		       "nameserver\t2001:db8::1 \nnameserver fe80::1%eth0\n"
		       "nameserver x\nnameserver 192.0.2.2\n"
		       "nameserver 192.0.2.3\n"),
	    &s);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.addresses[1].ss_family, AF_INET6);
	assert_int_equal(dns_servers_port(&s, 2), 53);
	dns_servers_resolv_conf(slice_from("search x\n"), &s);
	assert_int_equal(s.count, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(zones),
		cmocka_unit_test(question),
		cmocka_unit_test(found),
		cmocka_unit_test(other_types),
		cmocka_unit_test(nothing),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
