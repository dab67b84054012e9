#include <stdint.h>

#include "common/base/enc.h"
#include "common/msg/preview.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* One line of valid UTF-8, not longer than it may be. */
static void
check(const struct str *out)
{
	size_t i, characters = 0;

	want(enc_utf8_valid(str_slice(out)));
	for (i = 0; i < out->len; i++) {
		unsigned char c = (unsigned char)out->ptr[i];

		want(c >= ' ' && c != 0x7f);
		characters += (c & 0xc0) != 0x80;
	}
	want(characters <= PREVIEW_CHARACTERS);
	want(out->len == 0 ||
	     (out->ptr[0] != ' ' && out->ptr[out->len - 1] != ' '));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct mime mime = { NULL, 0, 0 };
	STR_AUTO out = STR_INIT;

	mime_parse(text, &mime);
	preview_message(&mime, text, &out);
	check(&out);
	mime_release(&mime);
	if (!enc_utf8_valid(text))
		return 0;
	str_clear(&out);
	preview_html(text, &out);
	check(&out);
	str_clear(&out);
	preview_plain(text, &out);
	check(&out);
	return 0;
}
