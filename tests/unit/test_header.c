#include <string.h>

#include "common/msg/header.h"
#include "tests/unit/unit.h"

#define ALL_FIVE                                                               \
	(HEADER_HAS_FROM | HEADER_HAS_DATE | HEADER_HAS_MESSAGE_ID |           \
	    HEADER_HAS_SUBJECT | HEADER_HAS_TO)

/* Feeds text (LF ended lines) to a scan, as it would arrive. */
static void
feed(struct header_scan *scan, const char *text, struct str *out)
{
	struct slice rest = slice_from(text), line;

	*scan = (struct header_scan){ .authserv_id = "mx.test.dev" };
	while (slice_next(&rest, '\n', &line) && rest.ptr)
		header_scan_line(scan, line, out);
}

static const struct {
	const char *in, *out; /* out NULL: as in */
	unsigned has;
	size_t lines;
	bool done, broken;
} scan_rows[] = {
	/* clang-format off */
	{ "", NULL, 0, 0, false, false },
	{ "\n", NULL, 0, 0, true, false },
	{ "\n\nFrom: x\n", NULL, 0, 0, true, false },
	{ "From: a\n\nDate: x\n", NULL, HEADER_HAS_FROM, 1, true, false },
	{ "FROM : a\n", NULL, HEADER_HAS_FROM, 1, false, false },
	{ "from\t:a\ndate:\nMESSAGE-ID:\nsubject:\nto:\n\n", NULL,
	  ALL_FIVE, 5, true, false },
	{ "cc:\n", NULL, HEADER_HAS_TO, 1, false, false },
	{ "A: b\n c\n\td\n  \ne\n", "A: b\n c\n\td\n  \n\ne\n",
	  0, 4, true, true },
	{ "A: b\n From: c\n\n", NULL, 0, 2, true, false },
	{ " a\n", "\n a\n", 0, 0, true, true },
	{ "hello\nFrom: x\n", "\nhello\nFrom: x\n", 0, 0, true, true },
	{ "A: b\nhello\n\nx\n", "A: b\n\nhello\n\nx\n", 0, 1, true, true },
	{ ": b\n", "\n: b\n", 0, 0, true, true },
	{ "A b: c\n", "\nA b: c\n", 0, 0, true, true },
	{ "\xc3\xa4: c\n", "\n\xc3\xa4: c\n", 0, 0, true, true },
	{ "A\x7f: c\n", "\nA\x7f: c\n", 0, 0, true, true },
	{ "A:\n", NULL, 0, 1, false, false },
	{ "From a@b Sun Nov 22\nTo: x\n",
	  "X-Mailbox-Line: From a@b Sun Nov 22\nTo: x\n",
	  HEADER_HAS_TO, 2, false, false },
	{ "To: x\nFrom a@b\n", "To: x\n\nFrom a@b\n",
	  HEADER_HAS_TO, 1, true, true },
	{ "X-Spam-Flag: YES\nx-spam-score: 1\n 2\n\nX-Spam-Flag: NO\n",
	  "X-Old-Spam-Flag: YES\nX-Old-Spam-score: 1\n 2\n\n"
	  "X-Spam-Flag: NO\n", 0, 3, true, false },
	{ "X-Spam: YES\nA: X-Spam-B: c\n X-Spam-D: e\n\n", NULL,
	  0, 3, true, false },
	{ "X-Spam-Status : a\n", "X-Old-Spam-Status : a\n",
	  0, 1, false, false },
	{ "From: a\r\n", NULL, HEADER_HAS_FROM, 1, false, false },
	/* results that claim to be ours, mx.test.dev, or may do so */
	{ "Authentication-Results: mx.test.dev; none\n",
	  "X-Old-Authentication-Results: mx.test.dev; none\n",
	  0, 1, false, false },
	{ "AUTHENTICATION-RESULTS:MX.test.dev\n",
	  "X-Old-AUTHENTICATION-RESULTS:MX.test.dev\n",
	  0, 1, false, false },
	{ "Authentication-Results: (a (b\\)) c) mx.test.dev 1; none\n",
	  "X-Old-Authentication-Results: (a (b\\)) c) mx.test.dev 1; none\n",
	  0, 1, false, false },
	{ "Authentication-Results:\n mx.test.dev; none\n",
	  "X-Old-Authentication-Results:\n mx.test.dev; none\n",
	  0, 2, false, false },
	{ "Authentication-Results: (\n ) mx.test.dev; none\n",
	  "X-Old-Authentication-Results: (\n ) mx.test.dev; none\n",
	  0, 2, false, false },
	{ "Authentication-Results: \"mx.test.dev\"; none\n",
	  "X-Old-Authentication-Results: \"mx.test.dev\"; none\n",
	  0, 1, false, false },
	{ "Authentication-Results: mx.test.dev.example; none\n", NULL,
	  0, 1, false, false },
	{ "Authentication-Results: other.example; none\n", NULL,
	  0, 1, false, false },
	{ "Authentication-Results-x: mx.test.dev; none\n", NULL,
	  0, 1, false, false },
	/* clang-format on */
};

static void
scans(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(scan_rows); i++) {
		struct header_scan scan;
		STR_AUTO out = STR_INIT;

		feed(&scan, scan_rows[i].in, &out);
		UNIT_CHECK(i,
		    slice_is(str_slice(&out),
			scan_rows[i].out ? scan_rows[i].out : scan_rows[i].in));
		UNIT_CHECK(i, scan.has == scan_rows[i].has);
		UNIT_CHECK(i, scan.lines == scan_rows[i].lines);
		UNIT_CHECK(i, scan.done == scan_rows[i].done);
		UNIT_CHECK(i, scan.broken == scan_rows[i].broken);
		UNIT_CHECK(i, scan.octets + (scan.done ? 1 : 0) ==
				  header_length(str_slice(&out)));
	}
}

static void
counts(void **state)
{
	struct header_scan scan;
	STR_AUTO out = STR_INIT;

	(void)state;
	feed(&scan,
	    "Received: a\n Received: b\nreceived : c\nReceivedX: d\n"
	    "Delivered-To: e\nDELIVERED-TO: f\n\nReceived: g\n",
	    &out);
	assert_int_equal(scan.received, 2);
	assert_int_equal(scan.delivered_to, 2);
}

static void
iterates(void **state)
{
	static const char header[] = "From x\n folded junk\nA: 1\r\n b\n"
				     "junk\nB :2\nA: 3\n\nC: 4\n";
	static const struct {
		const char *name, *body, *raw;
	} rows[] = {
		{ "A", " 1\r\n b\n", "A: 1\r\n b\n" },
		{ "B", "2\n", "B :2\n" },
		{ "A", " 3\n", "A: 3\n" },
	};
	struct slice rest = slice_from(header);
	struct header_field field;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		UNIT_CHECK(i, header_next(&rest, &field));
		UNIT_CHECK(i, slice_is(field.name, rows[i].name));
		UNIT_CHECK(i, slice_is(field.body, rows[i].body));
		UNIT_CHECK(i, slice_is(field.raw, rows[i].raw));
	}
	assert_false(header_next(&rest, &field));
	assert_true(slice_is(rest, "\nC: 4\n"));
	assert_true(header_find(slice_from(header), "b", &field));
	assert_true(slice_is(field.body, "2\n"));
	assert_false(header_find(slice_from(header), "C", &field));
}

static void
lengths(void **state)
{
	static const struct {
		const char *message;
		size_t length;
	} rows[] = {
		{ "", 0 },
		{ "\n", 1 },
		{ "\r\nx", 2 },
		{ "A: b", 4 },
		{ "A: b\n\nx\n", 6 },
		{ "A: b\r\n\r\nx\n", 8 },
		{ "A: b\n \n\nx\n", 8 },
		{ "A: b\r\r\n\r", 8 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, header_length(slice_from(rows[i].message)) ==
				  rows[i].length);
}

static void
unfolds(void **state)
{
	static const struct {
		const char *body, *value;
	} rows[] = {
		{ " a\n", "a" },
		{ "\n", "" },
		{ "", "" },
		{ " a\r\n  b\tc \r\n", "a  b c" },
		{ "\r\n a\n", "a" },
		{ " a\rb\x01 c\x7f\n", "a b  c" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		str_append_cstr(&out, " ");
		header_unfold(slice_from(rows[i].body), &out);
		UNIT_CHECK(i, strcmp(str_cstr(&out) + 1, rows[i].value) == 0);
	}
}

#define MARK "*** SPAM *** "

static void
prefixes(void **state)
{
	static const struct {
		const char *in, *out;
		size_t taken;
	} rows[] = {
		/* clang-format off */
		{ "", "Subject: *** SPAM ***\n", 0 },
		{ "\nbody", "Subject: *** SPAM ***\n", 0 },
		{ "A: b\n\nbody", "A: b\nSubject: *** SPAM ***\n", 5 },
		{ "A: b\r\n\r\n", "A: b\r\nSubject: *** SPAM ***\r\n", 6 },
		{ "A: b", "A: b\nSubject: *** SPAM ***\n", 4 },
		{ "A: b\n\r", "A: b\nSubject: *** SPAM ***\n", 5 },
		{ "Subject: x\n\nSubject: y\n",
		  "Subject: " MARK "x\n", 11 },
		{ "SUBJECT:x\nA: b\n", "SUBJECT: " MARK "x\nA: b\n", 15 },
		{ "Subject : x\n y\njunk\n",
		  "Subject : " MARK "x\n y\njunk\n", 20 },
		/* no octet is lost */
		{ "Subject:   \t x\n", "Subject: *** SPAM ***   \t x\n", 15 },
		{ "Subject:   \n x\n", "Subject: *** SPAM ***   \n x\n", 15 },
		{ "Subject \t :x\n", "Subject \t : " MARK "x\n", 13 },
		{ "Subject:\n x\n", "Subject: *** SPAM ***\n x\n", 12 },
		{ "Subject:\n", "Subject: *** SPAM ***\n", 9 },
		{ "Subject: " MARK "x\n", "Subject: " MARK "x\n", 24 },
		{ "Subject:\n *** SPAM ***\n", "Subject:\n *** SPAM ***\n", 23 },
		{ "Subject: Re: " MARK "\n",
		  "Subject: " MARK "Re: " MARK "\n", 27 },
		{ "Subject: a\nSubject: b\n",
		  "Subject: " MARK "a\nSubject: " MARK "b\n", 22 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		UNIT_CHECK(i, header_prefix_subject(slice_from(rows[i].in),
				  MARK, &out) == rows[i].taken);
		UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].out));
	}
}

/* Prefixing folds a line that would be too long, and no other. */
static void
prefix_limit(void **state)
{
	static const size_t fits = HEADER_LINE_MAX - sizeof "Subject: " MARK;
	size_t more;

	(void)state;
	for (more = 0; more < 2; more++) {
		STR_AUTO in = STR_INIT;
		STR_AUTO out = STR_INIT;
		size_t i;

		str_append_cstr(&in, "Subject: ");
		for (i = 0; i < fits + more; i++)
			str_append_char(&in, 'x');
		str_append_char(&in, '\n');
		(void)header_prefix_subject(
		    str_slice(&in), MARK, &out); /* all of it */
		assert_int_equal(
		    out.len, in.len + strlen(MARK) + (more ? 1 : 0));
		assert_int_equal(slice_find(str_slice(&out), '\n'),
		    more ? strlen("Subject: *** SPAM ***") : out.len - 1);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scans),
		cmocka_unit_test(counts),
		cmocka_unit_test(iterates),
		cmocka_unit_test(lengths),
		cmocka_unit_test(unfolds),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(prefix_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
