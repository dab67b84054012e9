/* The SMTP conversation as the front holds it, with a keeper that answers from
 * a table: first octet: profile, TLS, size of reads. */
#include <stdlib.h>

#include "tests/unit/smtpd_fake.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What went to a Maildir has neither CR nor NUL, or the end of a message was
 * found where there was none. */
static void
check_stored(struct slice stored)
{
	if (slice_find(stored, '\r') < stored.len ||
	    slice_find(stored, '\0') < stored.len)
		abort();
}

/* Every line to the client ends with CRLF and begins with a code. */
static void
check_output(struct slice output)
{
	while (output.len) {
		size_t at = slice_find(output, '\n');

		if (at == output.len || at < 5 || output.ptr[at - 1] != '\r' ||
		    output.ptr[0] < '2' || output.ptr[0] > '5' || at > 511)
			abort();
		output = slice_skip(output, at + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const profiles[] = { "mx", "submission", "lmtp",
		"mx" };
	struct fake f;
	unsigned mode;

	if (size < 1)
		return 0;
	mode = data[0];
	/* 128: what came with BDAT, LMTP and XCLIENT */
	fake_init(&f, profiles[(mode & 1) | (mode & 128 ? 2 : 0)]);
	f.settings.bare_newline = mode & 128 ? "normalize" : "reject";
	f.front.xclient = mode & 128;
	if (mode & 128)
		f.peer = (struct peer){ .is_pipe = true };
	f.front.tls_offered = mode & 2;
	f.front.tls = (mode & 6) == 4;
	f.settings.spamd = mode & 8 ? "/spamd" : "";
	f.filter = mode & 16;
	f.settings.smtp_add_delivered_to = mode & 32;
	fake_run(&f, slice_of((const char *)data + 1, size - 1),
	    mode & 64 ? 7 : 4096);
	check_output(str_slice(&f.output));
	check_stored(str_slice(&f.stored));
	fake_release(&f);
	return 0;
}
