#include <stdint.h>

#include "common/proto/spam_answer.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* Taken at once and in small pieces, an answer means the same. */
static int
take(struct spam_answer *answer, struct slice text, size_t step)
{
	struct err err = { 0, "" };
	int result = 0;

	while (result == 0 && text.len) {
		result = spam_answer_feed(answer, slice_head(text, step), &err);
		text = slice_skip(text, step);
	}
	if (result == 0)
		result = spam_answer_end(answer, &err);
	want((result < 0) == (err.text[0] != '\0'));
	want(answer->verdict.headers.len <= SPAMD_HEADERS_MAX);
	want(answer->line.len <= SPAM_FIELD_LINE_MAX);
	want(result < 0 || answer->verdict.checked);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text;
	struct spam_answer whole, pieces;
	bool spamd;

	if (size == 0)
		return 0;
	spamd = data[0] & 1;
	text = slice_of((const char *)data + 1, size - 1);
	spam_answer_init(&whole, spamd);
	spam_answer_init(&pieces, spamd);
	want(take(&whole, text, size) == take(&pieces, text, 3));
	want(slice_equal(str_slice(&whole.verdict.headers),
	    str_slice(&pieces.verdict.headers)));
	spam_answer_release(&whole);
	spam_answer_release(&pieces);
	return 0;
}
