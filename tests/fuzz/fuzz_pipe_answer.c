/* A command's answer about a message, whose header is what follows the first
 * NUL: what comes out is a header again, whatever was said. */
#include <stdint.h>
#include <stdlib.h>

#include "cmd/smtpd/content/pipe_answer.h"
#include "common/msg/header.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fields and nothing else: no line of it ends the header or is none. */
static void
check_fields(struct slice top)
{
	struct slice rest = top;
	struct header_field field;
	size_t octets = 0;

	while (header_next(&rest, &field))
		octets += field.raw.len;
	if (octets != top.len || slice_find(top, '\r') < top.len ||
	    slice_find(top, '\0') < top.len)
		abort();
}

static void
check_reply(const char *reply)
{
	size_t i;

	for (i = 0; reply[i]; i++)
		if (reply[i] < ' ' || reply[i] > '~')
			abort();
	if (i > PIPE_REPLY_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice honest = SLICE_LIT("A: 1\nB: 2\n\n");
	struct slice all = slice_of((const char *)data, size);
	struct slice answer = slice_head(all, slice_find(all, '\0'));
	struct pipe_answer first, second;
	struct err err;

	if (pipe_answer_parse(answer, honest, &first, &err) == 0) {
		check_fields(str_slice(&first.top));
		check_fields(
		    slice_head(str_slice(&first.own), first.own.len - 1));
		check_reply(first.reply);
		if (!first.changed &&
		    (first.top.len ||
			!slice_equal(str_slice(&first.own), honest)))
			abort();
	}
	pipe_answer_release(&first);
	/* a header may be anything */
	(void)pipe_answer_parse(
	    answer, slice_skip(all, answer.len + 1), &second, &err);
	pipe_answer_release(&second);
	return 0;
}
