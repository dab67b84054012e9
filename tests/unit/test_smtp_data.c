/* What becomes of a message in the front: limits at and one past them, what is
 * stored, and the filter stage. */
#include "cmd/smtpd/wire_content.h"
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

/* ---- limits of lines and messages, at the limit and one past it ---- */

/* before, x until the line has len octets, CRLF. */
static void
put_line(struct str *out, const char *before, const char *after, size_t len)
{
	size_t pad = len - 2 - strlen(before) - strlen(after);

	str_append_cstr(out, before);
	while (pad--)
		str_append_char(out, 'x');
	str_appendf(out, "%s\r\n", after);
}

/* The reply's code to a line of that many octets. */
static unsigned
code_of_line(
    const char *profile, const char *before, const char *after, size_t len)
{
	struct fake f;
	STR_AUTO in = STR_INIT;
	struct slice rest, line = { "", 0 };
	unsigned code = 0;

	fake_init(&f, profile);
	str_append_cstr(&in, "HELO me\r\n");
	put_line(&in, before, after, len);
	str_append_cstr(&in, QUIT);
	fake_run(&f, str_slice(&in), 4096);
	rest = str_slice(&f.output);
	assert_true(slice_next(&rest, '\n', &line)); /* greeting */
	assert_true(slice_next(&rest, '\n', &line)); /* HELO */
	assert_true(slice_next(&rest, '\n', &line));
	assert_int_equal(sscanf(line.ptr, "%u", &code), 1);
	assert_true(slice_is(rest, "221 Bye\r\n"));
	fake_release(&f);
	return code;
}

static void
line_limits(void **state)
{
	static const struct {
		const char *profile, *before, *after;
		size_t len;
		unsigned code;
	} rows[] = {
		{ "mx", "NOOP ", "", SMTP_LINE_MAX, 250 },
		{ "mx", "NOOP ", "", SMTP_LINE_MAX + 1, 500 },
		{ "mx", "NOOP ", "", SMTP_LINE_AUTH + 1, 500 },
		{ "mx", "NOOP ", "", 10 * SMTP_LINE_AUTH, 500 },
		{ "mx", "NO", "", SMTP_LINE_MAX + 1, 500 },
		{ "submission", "AUTH PLAIN ", "", SMTP_LINE_AUTH, 501 },
		{ "submission", "AUTH PLAIN ", "", SMTP_LINE_AUTH + 1, 500 },
		{ "mx", "MAIL FROM:<a@b.c> ", "", SMTP_LINE_MAIL, 555 },
		{ "mx", "MAIL FROM:<a@b.c> ", "", SMTP_LINE_MAIL + 1, 500 },
		{ "mx", "RCPT TO:<a@b.c> ", "", SMTP_LINE_RCPT, 503 },
		{ "mx", "RCPT TO:<a@b.c> ", "", SMTP_LINE_RCPT + 1, 500 },
		{ "mx", "HELO ", "", SMTP_NAME_MAX + 7, 250 },
		{ "mx", "HELO ", "", SMTP_NAME_MAX + 8, 501 },
		{ "mx", "MAIL FROM:<", "@b.c>", 256 + 12, 250 },
		{ "mx", "MAIL FROM:<", "@b.c>", 256 + 13, 501 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, code_of_line(rows[i].profile, rows[i].before,
				  rows[i].after, rows[i].len) == rows[i].code);
}

/* A response in the midst of a login. */
static void
auth_line_limit(void **state)
{
	static const char *const told[] = {
		"501 5.5.2 Cannot make sense of this response [t1]\n",
		"500 5.5.6 Line too long [t1]\n"
	};
	size_t more;

	(void)state;
	for (more = 0; more < 2; more++) {
		struct fake f;
		STR_AUTO in = STR_INIT;
		STR_AUTO want = STR_INIT;

		str_append_cstr(&in, EHLO "AUTH PLAIN\r\n");
		put_line(&in, "", "", SMTP_LINE_AUTH + more);
		str_append_cstr(&in, QUIT);
		str_appendf(&want, "%s%s%s", HI EHLO_SUBMISSION "334 \n",
		    told[more], BYE);
		fake_init(&f, "submission");
		fake_check(&f, str_cstr(&in), str_cstr(&want));
	}
}

/* What is said to a message of lines lines of header and size octets. */
static void
check_message(size_t lines, size_t size, const char *told)
{
	struct fake f;
	STR_AUTO in = STR_INIT;
	STR_AUTO want = STR_INIT;
	size_t start, i;

	str_append_cstr(&in, START RCPT_A "DATA\r\n");
	start = in.len;
	for (i = 0; i < lines; i++)
		str_append_cstr(&in, "A: b\r\n");
	str_append_cstr(&in, "\r\n");
	while (size && in.len - start < size)
		put_line(&in, "", "",
		    size - (in.len - start) < 200 ? size - (in.len - start)
						  : 100);
	str_append_cstr(&in, ".\r\n" QUIT);
	fake_init(&f, "mx");
	str_appendf(&want, "%s%s%s", STARTED RCPT_OK GO, told, BYE);
	fake_check(&f, str_cstr(&in), str_cstr(&want));
}

static void
message_limits(void **state)
{
	static const char big[] = "552 5.3.4 Message too big [t1]\n";
	static const char header[] =
	    "554 5.6.0 Header of the message too long [t1]\n";

	(void)state;
	check_message(1, 65536, QUEUED);
	check_message(1, 65537, big);
	check_message(1, 2 * 65536, big);
	check_message(20, 0, QUEUED);
	check_message(21, 0, header);
}

/* What is too big is read to its end, but not for ever. */
static void
endless(void **state)
{
	struct fake f;
	STR_AUTO in = STR_INIT;
	size_t start;

	(void)state;
	str_append_cstr(&in, START RCPT_A "DATA\r\n");
	start = in.len;
	while (in.len - start < 2 * 65536)
		put_line(&in, "", "", 1024);
	fake_init(&f, "mx");
	fake_check(&f, str_cstr(&in), STARTED RCPT_OK GO);
	str_append_char(&in, 'x');
	fake_init(&f, "mx");
	fake_check(&f, str_cstr(&in),
	    STARTED RCPT_OK GO "421 4.3.4 Message far too big, closing [t1]\n");
}

/* ---- what is stored ---- */

static void
check_stored(const char *text, const char *stored)
{
	static const char trace[] = "Return-Path: <s@x.org>\nReceived: from me";
	struct fake f;
	STR_AUTO in = STR_INIT;
	const char *own;

	fake_init(&f, "mx");
	str_appendf(&in, "%s%s\r\n.\r\n", START RCPT_A "DATA\r\n", text);
	fake_run(&f, str_slice(&in), 5);
	assert_int_equal(f.commits, 1);
	assert_true(slice_starts(str_slice(&f.stored), trace));
	own = strstr(str_cstr(&f.stored), "+0000\n");
	assert_non_null(own);
	assert_string_equal(own + strlen("+0000\n"), stored);
	fake_release(&f);
}

static void
storing(void **state)
{
	(void)state;
	check_stored("Subject: x\r\n\r\nbody", "Subject: x\n\nbody\n===\n");
	check_stored("Subject: x\r\n\r\n..\r\n..a\r\n...",
	    "Subject: x\n\n.\n.a\n..\n===\n");
	check_stored("X-Spam-Status: No\r\nA: b\r\n c\r\n\r\nX-Spam-Flag: 1",
	    "X-Old-Spam-Status: No\nA: b\n c\n\nX-Spam-Flag: 1\n===\n");
	/* octet by octet, whatever a header should look like */
	check_stored("From me Mon\r\nA: b\r\n\r\nx",
	    "X-Mailbox-Line: From me Mon\nA: b\n\nx\n===\n");
	/* but for the empty line before what can be no header */
	check_stored(
	    "A: b\r\nno field\r\n\r\nx", "A: b\n\nno field\n\nx\n===\n");
	check_stored("no field\r\nA: b", "\nno field\nA: b\n===\n");
	check_stored(" x\r\nA: b", "\n x\nA: b\n===\n");
	check_stored("Subject: f\r\nno field here\r\nX-Spam-Flag: NO",
	    "Subject: f\n\nno field here\nX-Spam-Flag: NO\n===\n");
	check_stored("\xc3\xa4: b\r\nX-Spam-Flag: NO",
	    "\n\xc3\xa4: b\nX-Spam-Flag: NO\n===\n");
	check_stored("", "\n===\n");
	check_stored("\xff\xfe 8bit\r\n\r\n\xc3\xa9",
	    "\n\xff\xfe 8bit\n\n\xc3\xa9\n===\n");
}

/* ---- the filter stage ---- */

#define UNCHECKED "X-Spam-Checker: unavailable\n"
#define SEEN "X-Spam-Status: seen\n more\n"

static const struct spam_row {
	const char *text;   /* of the message */
	const char *told;   /* the last reply but BYE */
	const char *stored; /* NULL: nothing */
	bool filter, defer;
} spam_rows[] = {
	{ "Subject: x\r\n\r\nscore 4.9", QUEUED,
	    SEEN "Subject: x\n\nscore 4.9\n", true, false },
	{ "Subject: x\r\n\r\nscore 5.0", QUEUED,
	    SEEN "Subject: *** SPAM *** x\n\nscore 5.0\n", true, false },
	{ "Subject:                                   x\r\n\r\nscore 5.0",
	    QUEUED,
	    SEEN "Subject: *** SPAM ***                                   x\n"
		 "\nscore 5.0\n",
	    true, false },
	{ "Subject: x\r\nno field\r\nscore 5.0", QUEUED,
	    SEEN "Subject: *** SPAM *** x\n\nno field\nscore 5.0\n", true,
	    false },
	{ "A: b\r\n\r\nscore 9.9", QUEUED,
	    SEEN "A: b\nSubject: *** SPAM ***\n\nscore 9.9\n", true, false },
	{ "A: b\r\n\r\nscore 10", "554 5.7.1 Looks like spam [t1]\n", NULL,
	    true, false },
	{ "A: b\r\n\r\nno s.", QUEUED, UNCHECKED "A: b\n\nno s.\n", true,
	    false },
	{ "A: b\r\n\r\nscore 10", QUEUED, UNCHECKED "A: b\n\nscore 10\n", false,
	    false },
	{ "A: b\r\n\r\nscore 10",
	    "451 4.7.1 Cannot check for spam for now [t1]\n", NULL, false,
	    true },
	{ "A: b\r\n\r\nno s.", "451 4.7.1 Cannot check for spam for now [t1]\n",
	    NULL, true, true },
};

static void
check_spam_row(size_t i, const struct spam_row *row)
{
	struct fake f;
	STR_AUTO in = STR_INIT;
	STR_AUTO got = STR_INIT;
	STR_AUTO want = STR_INIT;

	fake_init(&f, "mx");
	f.settings.spamd = "/spamd";
	f.settings.spam_unavailable = row->defer ? "defer" : "accept";
	f.filter = row->filter;
	str_appendf(
	    &in, "%s%s\r\n.\r\n" QUIT, START RCPT_A "DATA\r\n", row->text);
	fake_run(&f, str_slice(&in), 4096);
	fake_lines(&f, &got);
	str_appendf(&want, "%s%s%s", STARTED RCPT_OK GO, row->told, BYE);
	assert_string_equal(str_cstr(&got), str_cstr(&want));
	UNIT_CHECK(i, f.commits == (row->stored ? 1 : 0));
	str_clear(&want);
	if (row->stored) {
		str_appendf(&want, "+0000\n%s===\n", row->stored);
		if (!strstr(str_cstr(&f.stored), str_cstr(&want)))
			fail_msg("row %zu: %s", i, str_cstr(&f.stored));
	}
	fake_release(&f);
}

static void
spam(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(spam_rows); i++)
		check_spam_row(i, &spam_rows[i]);
}

/* Receives a message of n octets of body, as they are kept; true when it was
 * accepted. */
static bool
sized(struct fake *f, size_t n)
{
	STR_AUTO in = STR_INIT;
	STR_AUTO got = STR_INIT;

	f->settings.smtp_max_message_size = 1 << 20;
	str_append_cstr(&in, START RCPT_A "DATA\r\nA: b\r\n\r\n");
	while (n > 900) {
		put_line(&in, "", "", 901);
		n -= 900;
	}
	put_line(&in, "", "", n + 1);
	str_append_cstr(&in, ".\r\n" QUIT);
	fake_run(f, str_slice(&in), 4096);
	fake_lines(f, &got);
	return strstr(str_cstr(&got), QUEUED) != NULL;
}

/* A message goes with its commit, up to WIRE_MESSAGE_MAX with our own fields;
 * one octet more, and it needs a file. */
static void
large(void **state)
{
	struct fake f;
	size_t own, n;

	(void)state;
	fake_init(&f, "mx");
	assert_true(sized(&f, 10000));
	assert_int_equal(f.files, 0);
	own = f.stored.len - strlen("===\n") - 10000;
	fake_release(&f);
	for (n = WIRE_MESSAGE_MAX - own; n <= WIRE_MESSAGE_MAX - own + 1; n++) {
		fake_init(&f, "mx");
		assert_true(sized(&f, n));
		assert_int_equal(f.files, n + own > WIRE_MESSAGE_MAX);
		assert_int_equal(f.commits, 1);
		assert_int_equal(f.stored.len, own + n + strlen("===\n"));
		fake_release(&f);
	}
}

/* There is no room for a file: the client hears so, and nothing is kept. */
static void
large_without_file(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.no_file = true;
	assert_false(sized(&f, 3 * WIRE_MESSAGE_MAX));
	assert_non_null(strstr(str_cstr(&f.output), "452 4.3.1"));
	assert_int_equal(f.commits, 0);
	fake_release(&f);
}

/* Above spam_max_size nobody looks. */
static void
spam_size(void **state)
{
	struct fake f;
	STR_AUTO in = STR_INIT;

	(void)state;
	fake_init(&f, "mx");
	f.settings.spamd = "/spamd";
	f.filter = true;
	str_append_cstr(&in, START RCPT_A "DATA\r\nscore: score 10\r\n\r\n");
	while (in.len < 31000)
		put_line(&in, "", "", 1000);
	str_append_cstr(&in, ".\r\n");
	fake_run(&f, str_slice(&in), 4096);
	assert_int_equal(f.commits, 1);
	assert_non_null(strstr(
	    str_cstr(&f.stored), "+0000\nX-Spam-Checker: skipped (size)\n"));
	fake_release(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_limits),
		cmocka_unit_test(auth_line_limit),
		cmocka_unit_test(message_limits),
		cmocka_unit_test(endless),
		cmocka_unit_test(storing),
		cmocka_unit_test(spam),
		cmocka_unit_test(large),
		cmocka_unit_test(large_without_file),
		cmocka_unit_test(spam_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
