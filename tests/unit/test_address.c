#include <string.h>

#include "common/msg/address.h"
#include "tests/unit/unit.h"

#define A8 "aaaaaaaa"
#define A63 A8 A8 A8 A8 A8 A8 A8 "aaaaaaa"
#define A64 A63 "a"
#define SUITE                                                                  \
	(ADDRESS_ALLOW_NULL | ADDRESS_ALLOW_POSTMASTER | ADDRESS_ALLOW_UTF8)

struct row {
	const char *text;
	unsigned flags;
	enum address_error error;
	const char *local, *domain; /* when it is ADDRESS_OK */
	const char *rest;
};

static void
check(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct slice rest = slice_from(rows[i].text);
		struct address a = { { "?", 1 }, { "?", 1 }, false, false };
		enum address_error error =
		    address_parse_path(&rest, rows[i].flags, &a);

		UNIT_CHECK(i, error == rows[i].error);
		if (error != ADDRESS_OK) {
			UNIT_CHECK(i, slice_is(rest, rows[i].text));
			UNIT_CHECK(i, slice_is(a.local, "?"));
			continue;
		}
		UNIT_CHECK(i, slice_is(a.local, rows[i].local));
		UNIT_CHECK(i, slice_is(a.domain, rows[i].domain));
		UNIT_CHECK(i, slice_is(rest, rows[i].rest));
		UNIT_CHECK(i, a.quoted == (rows[i].local[0] == '"'));
		UNIT_CHECK(i, a.literal == (rows[i].domain[0] == '['));
	}
}

static void
paths(void **state)
{
	static const struct row rows[] = {
		/* clang-format off */
		{ "<a@b.c>",          0, ADDRESS_OK, "a", "b.c", "" },
		{ "<a@b.c> SIZE=1",   0, ADDRESS_OK, "a", "b.c", " SIZE=1" },
		{ "<A.b-c+d@B.C>",    0, ADDRESS_OK, "A.b-c+d", "B.C", "" },
		{ "<!#$%&'*+-/=?^_`{|}~@b>", 0, ADDRESS_OK,
		  "!#$%&'*+-/=?^_`{|}~", "b", "" },
		{ "<@x.y,@z:a@b.c>",  0, ADDRESS_OK, "a", "b.c", "" },
		{ "<@[1.2.3.4]:a@b>", 0, ADDRESS_OK, "a", "b", "" },
		{ "<@x:a@[1.2.3.4]>", 0, ADDRESS_OK, "a", "[1.2.3.4]", "" },
		{ "<>",           SUITE, ADDRESS_OK, "", "", "" },
		{ "<> BODY=7BIT", SUITE, ADDRESS_OK, "", "", " BODY=7BIT" },
		{ "<Postmaster>", SUITE, ADDRESS_OK, "Postmaster", "", "" },
		{ "<POSTMASTER>", SUITE, ADDRESS_OK, "POSTMASTER", "", "" },
		{ "<postmaster@x>", SUITE, ADDRESS_OK, "postmaster", "x", "" },
		{ "<postmasters@x>", SUITE, ADDRESS_OK, "postmasters", "x", "" },
		{ "<postmasters>", SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<>",               0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<postmaster>",     0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<postmaster>", ADDRESS_ALLOW_NULL, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<>", ADDRESS_ALLOW_POSTMASTER, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "",             SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<",            SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "a@b",          SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ " <a@b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "< a@b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b",         SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b >",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a>",          SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@>",         SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<@b>",         SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<.a@b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a.@b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a..b@c>",     SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a b@c>",      SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b@c>",      SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b,c@d>",    SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@-b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b->",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b-.c>",     SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b..c>",     SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@.b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b.>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@b_c.d>",        0, ADDRESS_OK, "a", "b_c.d", "" },
		{ "<a@_b.c_>",        0, ADDRESS_OK, "a", "_b.c_", "" },
		{ "<@x_y:a@b>",       0, ADDRESS_OK, "a", "b", "" },
		{ "<a@b_-.c>",    SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a@../x>",     SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<@x a@b>",     SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<@x,a@b>",     SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<@x,:a@b>",    SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<@x:>",        SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<:a@b>",       SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		/* clang-format on */
	};

	(void)state;
	check(rows, UNIT_COUNT(rows));
}

static void
quoted(void **state)
{
	static const struct row rows[] = {
		/* clang-format off */
		{ "<\"a b\"@c>",      0, ADDRESS_OK, "\"a b\"", "c", "" },
		{ "<\"\"@c>",         0, ADDRESS_OK, "\"\"", "c", "" },
		{ "<\"a@b>c\"@d>",    0, ADDRESS_OK, "\"a@b>c\"", "d", "" },
		{ "<\"a\\\"b\"@d>",   0, ADDRESS_OK, "\"a\\\"b\"", "d", "" },
		{ "<\"a\\\\\"@d>",    0, ADDRESS_OK, "\"a\\\\\"", "d", "" },
		{ "<\"a\\\"@d>",      0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a\"b@d>",       0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<a\"b\"@d>",       0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a\".\"b\"@d>",  0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a\tb\"@d>",     0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a\\\tb\"@d>",   0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a\177\"@d>",    0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a",             0, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\"a\\",           0, ADDRESS_SYNTAX, 0, 0, 0 },
		/* clang-format on */
	};

	(void)state;
	check(rows, UNIT_COUNT(rows));
}

static void
literals(void **state)
{
	static const struct {
		const char *domain;
		bool good;
	} rows[] = {
		{ "[1.2.3.4]", true },
		{ "[255.255.255.255]", true },
		{ "[256.1.1.1]", false },
		{ "[1.2.3]", false },
		{ "[1.2.3.4.5]", false },
		{ "[01.2.3.4]", false },
		{ "[]", false },
		{ "[1.2.3.4", false },
		{ "[1.2.3.4]x", false },
		{ "[::1]", false },
		{ "[IPv6:::1]", true },
		{ "[ipv6:::]", true },
		{ "[IPv6:1:2:3:4:5:6:7:8]", true },
		{ "[IPv6:1:2:3:4:5:6:7:8:9]", false },
		{ "[IPv6:1:2:3:4:5:6:7]", false },
		{ "[IPv6:2001:DB8::a]", true },
		{ "[IPv6:1::2::3]", false },
		{ "[IPv6:1:2:3:4:5:6::]", true },
		{ "[IPv6:1:2:3:4:5:6:7::]", false },
		{ "[IPv6:::2:3:4:5:6:7:8]", false },
		{ "[IPv6:1:2:3:4:5:6:1.2.3.4]", true },
		{ "[IPv6:1:2:3:4::1.2.3.4]", true },
		{ "[IPv6:1:2:3:4:5::1.2.3.4]", false },
		{ "[IPv6:12345::]", false },
		{ "[IPv6:fe80::1%eth0]", false },
		{ "[IPv6:1.2.3.4]", false },
		{ "[IPv6:]", false },
		{ "[x400:c=de]", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, address_is_domain(slice_from(rows[i].domain),
				  0) == rows[i].good);
	assert_false(address_is_domain(slice_of("[1.2.3.4\0]", 10), 0));
}

static void
lengths(void **state)
{
#define DOMAIN_190 A63 "." A63 "." A8 A8 A8 A8 A8 A8 A8 "aaaaaa"
	static const struct row rows[] = {
		/* clang-format off */
		{ "<" A64 "@b>",   0, ADDRESS_OK, A64, "b", "" },
		/* a local part may fill the path: bounces, forwarders */
		{ "<" A63 A63 A63 A63 "@b>", 0, ADDRESS_OK,
		  A63 A63 A63 A63, "b", "" },
		{ "<" A63 A63 A63 A64 "@b>", 0, ADDRESS_PATH_LONG, 0, 0, 0 },
		{ "<\"" A8 A8 A8 A8 A8 A8 A8 "aaaaaa\"@b>", 0, ADDRESS_OK,
		  "\"" A8 A8 A8 A8 A8 A8 A8 "aaaaaa\"", "b", "" },
		{ "<\"" A63 A63 A63 A8 A8 A8 A8 A8 A8 A8 "aaaaa\"@b>", 0,
		  ADDRESS_OK, "\"" A63 A63 A63 A8 A8 A8 A8 A8 A8 A8 "aaaaa\"",
		  "b", "" },
		{ "<\"" A63 A63 A63 A8 A8 A8 A8 A8 A8 A8 "aaaaaa\"@b>", 0,
		  ADDRESS_PATH_LONG, 0, 0, 0 },
		{ "<a@" A63 ">",   0, ADDRESS_OK, "a", A63, "" },
		{ "<a@" A64 ">",   0, ADDRESS_SYNTAX, 0, 0, 0 },
		/* 256 octets with the brackets, and one more */
		{ "<" A63 "@" DOMAIN_190 ">", 0, ADDRESS_OK,
		  A63, DOMAIN_190, "" },
		{ "<" A64 "@" DOMAIN_190 ">", 0, ADDRESS_PATH_LONG, 0, 0, 0 },
		/* a domain of 255 octets is too much for a path */
		{ "<a@" A63 "." A63 "." A63 "." A63 ">", 0,
		  ADDRESS_PATH_LONG, 0, 0, 0 },
		/* clang-format on */
	};

	(void)state;
	check(rows, UNIT_COUNT(rows));
	assert_true(address_is_domain(
	    slice_from(A63 "." A63 "." A63 "." A63), 0)); /* 255 */
	assert_false(address_is_domain(
	    slice_from(A63 "." A63 "." A63 "." A8 A8 A8 A8 A8 A8 A8 "aaaaaa.b"),
	    0)); /* 256 */
}

static void
utf8(void **state)
{
	static const struct row rows[] = {
		{ "<\xc3\xa4@b>", 0, ADDRESS_NOT_ASCII, 0, 0, 0 },
		{ "<a@\xc3\xa4>", 0, ADDRESS_NOT_ASCII, 0, 0, 0 },
		{ "<@\xc3\xa4:a@b>", 0, ADDRESS_NOT_ASCII, 0, 0, 0 },
		{ "<\xc3\xa4@b>", SUITE, ADDRESS_OK, "\xc3\xa4", "b", "" },
		{ "<a@\xc3\xa4.b>", SUITE, ADDRESS_OK, "a", "\xc3\xa4.b", "" },
		{ "<\"\xc3\xa4 \"@b>", SUITE, ADDRESS_OK, "\"\xc3\xa4 \"", "b",
		    "" },
		{ "<\"\\\xc3\xa4\"@b>", SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\xc3@b>", SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
		{ "<\xed\xa0\x80@b>", SUITE, ADDRESS_SYNTAX, 0, 0, 0 },
	};

	(void)state;
	check(rows, UNIT_COUNT(rows));
}

static void
mailboxes(void **state)
{
	static const struct {
		const char *text;
		enum address_error error;
		const char *canonical;
	} rows[] = {
		{ "Ab@C.D", ADDRESS_OK, "Ab@c.d" },
		{ "\"a.b\"@C", ADDRESS_OK, "a.b@c" },
		{ "\"a\\b\"@C", ADDRESS_OK, "ab@c" },
		{ "\"a b\"@C", ADDRESS_OK, "\"a b\"@c" },
		{ "\"a\\ b\"@C", ADDRESS_OK, "\"a b\"@c" },
		{ "\"a.\"@C", ADDRESS_OK, "\"a.\"@c" },
		{ "\"\"@C", ADDRESS_OK, "\"\"@c" },
		{ "\"a\\\"\\\\\"@C", ADDRESS_OK, "\"a\\\"\\\\\"@c" },
		{ "a@[IPv6:2001:DB8::A]", ADDRESS_OK, "a@[ipv6:2001:db8::a]" },
		{ "a@b ", ADDRESS_SYNTAX, NULL },
		{ "<a@b>", ADDRESS_SYNTAX, NULL },
		{ "@x:a@b", ADDRESS_SYNTAX, NULL },
		{ "a", ADDRESS_SYNTAX, NULL },
		{ "", ADDRESS_SYNTAX, NULL },
		{ A63 "@" DOMAIN_190, ADDRESS_OK, A63 "@" DOMAIN_190 },
		{ A64 "@" DOMAIN_190, ADDRESS_PATH_LONG, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		struct address a;
		enum address_error error =
		    address_parse(slice_from(rows[i].text), 0, &a);

		UNIT_CHECK(i, error == rows[i].error);
		if (error != ADDRESS_OK)
			continue;
		address_canonical(&a, &out);
		UNIT_CHECK(i, strcmp(str_cstr(&out), rows[i].canonical) == 0);
	}
}

static void
literals_cut(void **state)
{
	static const struct {
		const char *domain, *inner; /* NULL: it looks like none */
	} rows[] = {
		{ "[192.0.2.1]", "192.0.2.1" },
		{ "[IPv6:2001:db8::1]", "2001:db8::1" },
		{ "[ipv6:::1]", "::1" },
		{ "[]", "" },
		{ "[", NULL },
		{ "]", NULL },
		{ "", NULL },
		{ "[192.0.2.1", NULL },
		{ "192.0.2.1]", NULL },
		{ "a.example", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice domain = slice_from(rows[i].domain);
		bool is = address_cut_literal(&domain);

		UNIT_CHECK(i, is == (rows[i].inner != NULL));
		UNIT_CHECK(
		    i, slice_is(domain, is ? rows[i].inner : rows[i].domain));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(quoted),
		cmocka_unit_test(literals),
		cmocka_unit_test(literals_cut),
		cmocka_unit_test(lengths),
		cmocka_unit_test(utf8),
		cmocka_unit_test(mailboxes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
