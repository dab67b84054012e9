#include <stdlib.h>
#include <string.h>

#include "common/msg/date.h"
#include "tests/unit/unit.h"

static void
formats(void **state)
{
	static const struct {
		long long when;
		int offset;
		const char *mail, *imap;
	} rows[] = {
		/* clang-format off */
		{ 1795353600, 0, "Sun, 22 Nov 2026 13:20:00 +0000",
		  "22-Nov-2026 13:20:00 +0000" },
		{ 1795353600, 60, "Sun, 22 Nov 2026 14:20:00 +0100",
		  "22-Nov-2026 14:20:00 +0100" },
		{ 1795353600, -210, "Sun, 22 Nov 2026 09:50:00 -0330",
		  "22-Nov-2026 09:50:00 -0330" },
		{ 0, 0, "Thu, 01 Jan 1970 00:00:00 +0000",
		  " 1-Jan-1970 00:00:00 +0000" },
		{ 0, -1, "Wed, 31 Dec 1969 23:59:00 -0001",
		  "31-Dec-1969 23:59:00 -0001" },
		{ -1, 0, "Wed, 31 Dec 1969 23:59:59 +0000",
		  "31-Dec-1969 23:59:59 +0000" },
		{ 1709164800, 0, "Thu, 29 Feb 2024 00:00:00 +0000",
		  "29-Feb-2024 00:00:00 +0000" },
		{ 4107542400, 0, "Mon, 01 Mar 2100 00:00:00 +0000",
		  " 1-Mar-2100 00:00:00 +0000" },
		{ 253402300799, 0, "Fri, 31 Dec 9999 23:59:59 +0000",
		  "31-Dec-9999 23:59:59 +0000" },
		{ 253402300800, 60, "Fri, 31 Dec 9999 23:59:59 +0100",
		  "31-Dec-9999 23:59:59 +0100" },
		{ INT64_MAX, 0, "Fri, 31 Dec 9999 23:59:59 +0000",
		  "31-Dec-9999 23:59:59 +0000" },
		{ INT64_MIN, 0, "Sat, 01 Jan 0000 00:00:00 +0000",
		  " 1-Jan-0000 00:00:00 +0000" },
		{ INT64_MIN, -60, "Sat, 01 Jan 0000 00:00:00 -0100",
		  " 1-Jan-0000 00:00:00 -0100" },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO mail = STR_INIT;
		STR_AUTO imap = STR_INIT;

		date_format(rows[i].when, rows[i].offset, &mail);
		date_format_imap(rows[i].when, rows[i].offset, &imap);
		UNIT_CHECK(i, strcmp(str_cstr(&mail), rows[i].mail) == 0);
		UNIT_CHECK(i, strcmp(str_cstr(&imap), rows[i].imap) == 0);
	}
}

struct parse_row {
	const char *text;
	bool good;
	long long when;
	int offset;
};

typedef bool parser(struct slice text, time_t *ret_when, int *ret_offset);

static void
check(parser *parse, const struct parse_row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		time_t when = 0;
		int offset = 0;
		bool good = parse(slice_from(rows[i].text), &when, &offset);

		UNIT_CHECK(i, good == rows[i].good);
		UNIT_CHECK(i, when == rows[i].when);
		UNIT_CHECK(i, offset == rows[i].offset);
	}
}

static const struct parse_row mail_rows[] = {
	/* clang-format off */
	{ "Sun, 22 Nov 2026 13:20:00 +0000", true, 1795353600, 0 },
	{ "22 Nov 2026 13:20:00 +0000", true, 1795353600, 0 },
	{ "22 Nov 2026 13:20 +0000", true, 1795353600, 0 },
	{ "22 Nov 2026 13:20", true, 1795353600, 0 },
	{ "22 Nov 2026 14:20 +0100", true, 1795353600, 60 },
	{ "22 Nov 2026 09:50 -0330", true, 1795353600, -210 },
	{ "sun 22 nov 2026 13:20:00 gmt", true, 1795353600, 0 },
	{ "Sunday, 22-November-26 13:20:00 UT", true, 1795353600, 0 },
	{ " (x(y)\\)) Sun , (c) 22\r\n Nov\t2026 13 : 20 : 00 (z) +0000"
	  " (UTC)", true, 1795353600, 0 },
	{ "Sun, 22 Nov 26 08:20:00 EST", true, 1795353600, -300 },
	{ "Sun, 22 Nov 2026 09:20:00 EDT", true, 1795353600, -240 },
	{ "Sun, 22 Nov 2026 07:20:00 CST", true, 1795353600, -360 },
	{ "Sun, 22 Nov 2026 05:20:00 PST", true, 1795353600, -480 },
	{ "Sun, 22 Nov 2026 13:20:00 A", true, 1795353600, 0 },
	{ "Sun, 22 Nov 2026 13:20:00 CEST", true, 1795353600, 0 },
	{ "Sun, 22 Nov 2026 14:20:00 GMT+0100", true, 1795353600, 60 },
	{ "1 Jan 70 00:00:00 Z", true, 0, 0 },
	{ "1 Jan 49 00:00:00 Z", true, 2493072000, 0 },
	{ "1 Jan 50 00:00:00 Z", true, -631152000, 0 },
	{ "1 Jan 100 00:00:00 Z", true, 946684800, 0 },
	{ "1 Jan 1900 00:00:00 Z", true, -2208988800, 0 },
	{ "1 Jan 1899 00:00:00 Z", false, 0, 0 },
	{ "31 Dec 9999 23:59:59 Z", true, 253402300799, 0 },
	{ "1 Jan 10000 00:00:00 Z", false, 0, 0 },
	{ "29 Feb 2024 00:00 Z", true, 1709164800, 0 },
	{ "29 Feb 2023 00:00 Z", false, 0, 0 },
	{ "29 Feb 2000 00:00 Z", true, 951782400, 0 },
	{ "29 Feb 2100 00:00 Z", false, 0, 0 },
	{ "31 Apr 2026 00:00 Z", false, 0, 0 },
	{ "0 Jan 2026 00:00 Z", false, 0, 0 },
	{ "32 Jan 2026 00:00 Z", false, 0, 0 },
	{ "1 Foo 2026 00:00 Z", false, 0, 0 },
	{ "1 Ja 2026 00:00 Z", false, 0, 0 },
	{ "1 Jan 2026 24:00 Z", false, 0, 0 },
	{ "1 Jan 2026 00:60 Z", false, 0, 0 },
	{ "31 Dec 1969 23:59:60 Z", true, 0, 0 },
	{ "1 Jan 2026 00:00:61 Z", false, 0, 0 },
	{ "1 Jan 2026 00:00:000 Z", false, 0, 0 },
	{ "1 Jan 2026 00:0 Z", false, 0, 0 },
	{ "1 Jan 2026 0000 Z", false, 0, 0 },
	{ "1 Jan 2026 00:00 +000", false, 0, 0 },
	{ "1 Jan 2026 00:00 +00000", false, 0, 0 },
	{ "1 Jan 2026 00:00 +2400", false, 0, 0 },
	{ "1 Jan 2026 00:00 +0060", false, 0, 0 },
	{ "1 Jan 1970 23:59 +2359", true, 0, 1439 },
	{ "1 Jan 2026 00:00 Z x", false, 0, 0 },
	{ "1 Jan 2026 00:00 Z )", false, 0, 0 },
	{ "1 Jan 1970 00:00 (open", true, 0, 0 },
	{ "1 Jan 1970 00:00 (open\\", true, 0, 0 },
	{ "1 Jan 2026", false, 0, 0 },
	{ "99999999999999999999 Jan 2026 00:00 Z", false, 0, 0 },
	{ "Sun", false, 0, 0 },
	{ "", false, 0, 0 },
	/* clang-format on */
};

static void
parses_mail(void **state)
{
	(void)state;
	check(date_parse, mail_rows, UNIT_COUNT(mail_rows));
}

static void
parses_imap(void **state)
{
	static const struct parse_row rows[] = {
		{ "22-Nov-2026 13:20:00 +0000", true, 1795353600, 0 },
		{ "22-nov-2026 09:50:00 -0330", true, 1795353600, -210 },
		{ " 1-Jan-1970 00:00:00 +0000", true, 0, 0 },
		{ "01-Jan-1970 00:00:00 +0000", true, 0, 0 },
		{ "1-Jan-1970 00:00:00 +0000", true, 0, 0 },
		{ "  1-Jan-1970 00:00:00 +0000", false, 0, 0 },
		{ "001-Jan-1970 00:00:00 +0000", false, 0, 0 },
		{ "01-Jan-0000 00:00:00 +0000", true, -62167219200, 0 },
		{ "01-January-1970 00:00:00 +0000", false, 0, 0 },
		{ "01-Jan-70 00:00:00 +0000", false, 0, 0 },
		{ "01 Jan 1970 00:00:00 +0000", false, 0, 0 },
		{ "01-Jan-1970 0:00:00 +0000", false, 0, 0 },
		{ "01-Jan-1970 00:00 +0000", false, 0, 0 },
		{ "01-Jan-1970 00:00:00 0000", false, 0, 0 },
		{ "01-Jan-1970 00:00:00 GMT", false, 0, 0 },
		{ "01-Jan-1970 00:00:00", false, 0, 0 },
		{ "01-Jan-1970 00:00:00 +0000 ", false, 0, 0 },
		{ "31-Feb-1970 00:00:00 +0000", false, 0, 0 },
		{ "01-Jan-1970", false, 0, 0 },
		{ " ", false, 0, 0 },
		{ "", false, 0, 0 },
	};

	(void)state;
	check(date_parse_imap, rows, UNIT_COUNT(rows));
}

static bool
parse_day(struct slice text, time_t *ret_when, int *ret_offset)
{
	(void)ret_offset;
	return date_parse_imap_day(text, ret_when);
}

static void
parses_days(void **state)
{
	static const struct parse_row rows[] = {
		{ "1-Jan-1970", true, 0, 0 },
		{ "01-jan-1970", true, 0, 0 },
		{ "22-Nov-2026", true, 1795305600, 0 },
		{ "29-Feb-2026", false, 0, 0 },
		{ " 1-Jan-1970", false, 0, 0 },
		{ "1-Jan-1970 ", false, 0, 0 },
		{ "1-Jan-197", false, 0, 0 },
		{ "1-J-1970", false, 0, 0 },
		{ "Jan-1970", false, 0, 0 },
		{ "", false, 0, 0 },
	};

	(void)state;
	check(parse_day, rows, UNIT_COUNT(rows));
}

static void
local_offsets(void **state)
{
	static const struct {
		const char *zone;
		time_t when;
		int offset;
	} rows[] = {
		{ "UTC0", 0, 0 },
		{ "XST-5:30", 0, 330 },
		{ "EST5EDT,M3.2.0,M11.1.0", 1782864000, -240 },
		{ "EST5EDT,M3.2.0,M11.1.0", 1795353600, -300 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		assert_int_equal(setenv("TZ", rows[i].zone, 1), 0);
		tzset();
		UNIT_CHECK(
		    i, date_local_offset(rows[i].when) == rows[i].offset);
	}
}

/* What cannot be meant is left out, bit by bit (RFC 5256 section 2.2). */
static void
parses_sent(void **state)
{
	static const struct {
		const char *text;
		long long when; /* -1: no date at all */
	} rows[] = {
		/* clang-format off */
		{ "Mon, 1 Mar 2021 10:00:00 +0100", 1614589200 },
		{ "Mon, 1 Mar 2021 10:00:00 +9999", 1614592800 },
		{ "1 Mar 2021 10:00:00 +01:00 x", 1614592800 },
		{ "1 Mar 2021 10:00:00 ?", 1614592800 },
		{ "1 Mar 2021 25:00:00 +0100", 1614556800 },
		{ "1 Mar 2021 10:00:99 +0100", 1614556800 },
		{ "1 Mar 2021 10:xx", 1614556800 },
		{ "1 Mar 2021", 1614556800 },
		{ "1 Mar 2021 at noon", 1614556800 },
		{ "31 Feb 2021 10:00:00 +0000", -1 },
		{ "0 Mar 2021", -1 },
		{ "Mar 2021", -1 },
		{ "", -1 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		time_t when = -1;
		bool parsed = date_parse_sent(slice_from(rows[i].text), &when);

		UNIT_CHECK(i, parsed == (rows[i].when != -1));
		UNIT_CHECK(i, when == (time_t)rows[i].when);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(parses_mail),
		cmocka_unit_test(parses_sent),
		cmocka_unit_test(parses_imap),
		cmocka_unit_test(parses_days),
		cmocka_unit_test(local_offsets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
