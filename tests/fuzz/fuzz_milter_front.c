/* A hostile milter and an honest client: what is stored stays a message, what
 * the client is told stays SMTP.  First octet: what becomes of a message when
 * the milter fails, and how long the message is. */
#include <stdlib.h>

#include "tests/unit/smtpd_fake.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAID_MAX 60000 /* what a pair holds without a reader */
#define LONG_LINES 1500

static void
put_message(struct str *out, bool long_one)
{
	size_t i;

	str_append_cstr(out, "EHLO me\r\nMAIL FROM:<s@x.org>\r\n"
			     "RCPT TO:<a@test.dev>\r\nRCPT TO:<b@test.dev>\r\n"
			     "DATA\r\nSubject: s\r\nX-A: 1\r\nX-A: 2\r\n\r\n");
	for (i = 0; i < (long_one ? LONG_LINES : 1); i++)
		str_append_cstr(out, "a line of the body of a message\r\n");
	str_append_cstr(out, ".\r\nNOISE\r\nQUIT\r\n");
}

/* Our trace, a header of fields, an empty line. */
static void
check_stored(struct slice stored)
{
	if (stored.len == 0)
		return;
	if (slice_find(stored, '\r') < stored.len ||
	    slice_find(stored, '\0') < stored.len ||
	    !slice_starts(stored, "Return-Path: <"))
		abort();
}

/* Every line to the client ends with CRLF and begins with a code. */
static void
check_output(struct slice output)
{
	while (output.len) {
		size_t at = slice_find(output, '\n');

		if (at == output.len || at < 4 || output.ptr[at - 1] != '\r' ||
		    output.ptr[0] < '2' || output.ptr[0] > '5' || at > 511)
			abort();
		output = slice_skip(output, at + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const actions[] = { "tempfail", "accept", "reject",
		"quarantine" };
	struct fake f;
	STR_AUTO input = STR_INIT;

	if (size < 1 || size > SAID_MAX)
		return 0;
	fake_init(&f, "mx");
	f.settings.milters = "inet:a:1";
	f.settings.milter_default_action = actions[data[0] & 3];
	f.milter = slice_of((const char *)data + 1, size - 1);
	put_message(&input, data[0] & 4);
	fake_run(&f, str_slice(&input), 4096);
	check_output(str_slice(&f.output));
	check_stored(str_slice(&f.stored));
	fake_release(&f);
	return 0;
}
