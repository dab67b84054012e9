#include <stdint.h>

#include "cmd/imapd/search_text.h"
#include "common/base/enc.h"
#include "common/msg/casemap.h"
#include "common/msg/charset.h"
#include "common/msg/transfer.h"
#include "common/msg/words.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

static void
decode(enum transfer_encoding encoding, struct slice text)
{
	struct transfer t;
	STR_AUTO whole = STR_INIT;
	STR_AUTO halves = STR_INIT;

	transfer_init(&t, encoding);
	transfer_feed(&t, text, &whole);
	transfer_end(&t, &whole);
	transfer_release(&t);
	transfer_init(&t, encoding);
	transfer_feed(&t, slice_head(text, text.len / 2), &halves);
	transfer_feed(&t, slice_skip(text, text.len / 2), &halves);
	transfer_end(&t, &halves);
	transfer_release(&t);
	want(slice_equal(str_slice(&whole), str_slice(&halves)));
	want(whole.len <= text.len);
}

static void
convert(struct slice text)
{
	static const char *const names[] = { "utf-8", "koi8-r", "gbk", "big5",
		"euc-kr", "shift_jis", "euc-jp", "iso-2022-jp", "utf-16",
		"utf-16le", "us-ascii", "?" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		STR_AUTO out = STR_INIT;

		charset_to_utf8(slice_from(names[i]), text, &out);
		want(enc_utf8_valid(str_slice(&out)));
	}
}

/* The first line is what is looked for, the rest the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), line;
	struct mime mime = { NULL, 0, 0 };
	struct search_message message = { .mime = &mime };
	STR_AUTO utf8 = STR_INIT;
	STR_AUTO needle = STR_INIT;

	decode(TRANSFER_BASE64, text);
	decode(TRANSFER_QUOTED_PRINTABLE, text);
	convert(text);
	words_decode(text, &utf8);
	want(enc_utf8_valid(str_slice(&utf8)));
	str_clear(&utf8);
	if (!slice_next(&text, '\n', &line) || text.ptr == NULL)
		return 0;
	charset_to_utf8(slice_from("utf-8"), line, &utf8);
	casemap_fold(str_slice(&utf8), &needle);
	message.text = text;
	mime_parse(text, &mime);
	if (search_parts(&message, false, str_slice(&needle)))
		want(search_parts(&message, true, str_slice(&needle)));
	mime_release(&mime);
	return 0;
}
