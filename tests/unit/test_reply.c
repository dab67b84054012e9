#include <string.h>

#include "common/proto/reply.h"
#include "tests/unit/unit.h"

static const struct reply_style helo = { false, "t1" }, ehlo = { true, "t1" },
				mute = { true, "" };

static void
formats(void **state)
{
	static const struct {
		struct reply reply;
		const struct reply_style *style;
		const char *argument;
		const char *wire;
	} rows[] = {
		/* clang-format off */
		{ { 250, "2.0.0", "OK" }, &ehlo, "", "250 2.0.0 OK\r\n" },
		{ { 250, "2.0.0", "OK" }, &helo, "", "250 OK\r\n" },
		{ { 220, NULL, "mx ESMTP" }, &ehlo, "", "220 mx ESMTP\r\n" },
		{ { 354, NULL, "Go" }, &ehlo, "", "354 Go\r\n" },
		{ { 250, NULL, "mx\nPIPELINING\nSIZE 1" }, &ehlo, "",
		  "250-mx\r\n250-PIPELINING\r\n250 SIZE 1\r\n" },
		{ { 550, "5.1.1", "No" }, &ehlo, "", "550 5.1.1 No [t1]\r\n" },
		{ { 451, "4.3.0", "No" }, &helo, "", "451 No [t1]\r\n" },
		{ { 550, "5.1.1", "No" }, &mute, "", "550 5.1.1 No\r\n" },
		{ { 552, "5.2.2", "a\nb" }, &ehlo, "",
		  "552-5.2.2 a\r\n552 5.2.2 b [t1]\r\n" },
		{ { 250, "2.1.5", "<%s> fine" }, &ehlo, "a@b",
		  "250 2.1.5 <a@b> fine\r\n" },
		{ { 250, "2.1.5", "<%s> %s" }, &ehlo, "%s",
		  "250 2.1.5 <%s> %s\r\n" },
		{ { 250, "2.1.5", "<%s>" }, &ehlo, "a\r\n250 b\xff",
		  "250 2.1.5 <a\\x0d\\x0a250 b\\xff>\r\n" },
		{ { 250, "2.0.0", "a\rb\xff" }, &ehlo, "",
		  "250 2.0.0 a?b?\r\n" },
		{ { 250, "2.0.0", "" }, &ehlo, "", "250 2.0.0 \r\n" },
		{ { 250, "2.0.0", "a\n" }, &ehlo, "",
		  "250-2.0.0 a\r\n250 2.0.0 \r\n" },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		reply_format(&rows[i].reply, rows[i].style,
		    slice_from(rows[i].argument), &out);
		UNIT_CHECK(i, strcmp(str_cstr(&out), rows[i].wire) == 0);
	}
}

/* Formats a 250 of n times c, a blank at the offset blank. */
static void
sized(size_t n, char c, size_t blank, struct str *out)
{
	STR_AUTO text = STR_INIT;
	struct reply reply = { 250, NULL, "" };
	size_t i;

	for (i = 0; i < n; i++)
		str_append_char(&text, i == blank ? ' ' : c);
	reply.text = str_cstr(&text);
	reply_format(&reply, &mute, slice_from(""), out);
}

static void
long_lines(void **state)
{
	static const struct {
		size_t n, blank;
		size_t first; /* octets of the first line */
		size_t all;
	} rows[] = {
		{ REPLY_LINE_MAX - 6, SIZE_MAX, 512, 512 },
		{ REPLY_LINE_MAX - 5, SIZE_MAX, 512, 512 + 7 },
		{ REPLY_LINE_MAX - 5, 100, 106, 106 + 406 + 6 },
		{ REPLY_LINE_MAX - 5, 506, 512, 512 + 6 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		sized(rows[i].n, 'x', rows[i].blank, &out);
		UNIT_CHECK(
		    i, slice_find(str_slice(&out), '\n') + 1 == rows[i].first);
		UNIT_CHECK(i, out.len == rows[i].all);
	}
}

static void
many_lines(void **state)
{
	static const size_t counts[] = { REPLY_LINES_MAX, REPLY_LINES_MAX + 1 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(counts); i++) {
		STR_AUTO out = STR_INIT;
		struct slice rest, line, last = { "", 0 };
		size_t lines = 0;

		sized(counts[i] - 1, '\n', SIZE_MAX, &out);
		rest = str_slice(&out);
		while (slice_next(&rest, '\n', &line) && line.len) {
			last = line;
			lines++;
		}
		UNIT_CHECK(i, lines == REPLY_LINES_MAX);
		UNIT_CHECK(i, slice_is(last, "250 \r"));
	}
}

static void
describes(void **state)
{
	static const struct {
		struct reply reply;
		const char *argument;
		const char *text;
	} rows[] = {
		/* clang-format off */
		{ { 550, "5.1.1", "No" }, "", "5.1.1 No" },
		{ { 421, "4.7.0", "<%s>: no" }, "a@b", "4.7.0 <a@b>: no" },
		{ { 354, NULL, "Go" }, "", "Go" },
		{ { 554, "5.7.1", "%s" }, "a\r\nb\xff", "5.7.1 a\\x0d\\x0ab\\xff" },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		reply_describe(
		    &rows[i].reply, slice_from(rows[i].argument), &out);
		UNIT_CHECK(i, strcmp(str_cstr(&out), rows[i].text) == 0);
	}
}

static void
long_arguments(void **state)
{
	struct reply reply = { 550, "5.1.1", "<%s>" };
	STR_AUTO argument = STR_INIT;
	STR_AUTO out = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i <= REPLY_ARGUMENT_MAX; i++)
		str_append_char(&argument, 'a');
	reply_format(&reply, &ehlo, str_slice(&argument), &out);
	assert_int_equal(
	    out.len, strlen("550 5.1.1 <> [t1]\r\n") + REPLY_ARGUMENT_MAX);
}

static void
reasons(void **state)
{
	static const unsigned commands[] = { 0, 500, 503, 501, 501, 530, 503 };
	static const unsigned sasls[] = { 0, 0, 501, 535, 501, 504 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(commands); i++) {
		const struct reply *r =
		    reply_for_command((enum command_error)i);

		UNIT_CHECK(i, (r ? r->code : 0) == commands[i]);
		UNIT_CHECK(i, r == NULL || r->enhanced[0] == '5');
	}
	for (i = 0; i < UNIT_COUNT(sasls); i++) {
		const struct reply *r = reply_for_sasl((enum sasl_result)i);

		UNIT_CHECK(i, (r ? r->code : 0) == sasls[i]);
		UNIT_CHECK(i, r == NULL || r->enhanced[0] == '5');
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(describes),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(long_arguments),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
