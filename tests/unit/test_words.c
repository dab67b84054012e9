#include <string.h>

#include "common/base/enc.h"
#include "common/msg/charset.h"
#include "common/msg/transfer.h"
#include "common/msg/words.h"
#include "tests/unit/unit.h"

/* ---- charsets ---- */

static const struct {
	const char *charset, *text, *utf8;
} charset_rows[] = {
	/* clang-format off */
	{ "UTF-8", "a\xc3\xa9", "a\xc3\xa9" },
	{ "utf8", "a\xc3", "a\xef\xbf\xbd" },
	{ "utf-8", "\xed\xa0\x80x", "\xef\xbf\xbdx" },
	{ "utf-8", "\xf0\x9f\x98", "\xef\xbf\xbd" },
	{ "us-ascii", "a\xc3\xa9", "a\xc3\xa9" },
	{ "US-ASCII", "a\xe9", "a\xc3\xa9" },
	{ "no such one", "a\xe9", "a\xc3\xa9" },
	{ "", "a\xc3\xa9", "a\xc3\xa9" },
	{ "ISO-8859-1", "\xe9\x80", "\xc3\xa9\xe2\x82\xac" },
	{ "iso_8859-15", "\xa4", "\xe2\x82\xac" },
	{ "windows-1251", "\xcf\xf0", "\xd0\x9f\xd1\x80" },
	{ "KOI8-R", "\xf0\xd2", "\xd0\x9f\xd1\x80" },
	{ "windows-1253", "\xd2", "\xef\xbf\xbd" },
	{ "GB2312", "\xd6\xd0\xce\xc4", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "gb2312", "\xd6", "\xef\xbf\xbd" },
	{ "gb2312", "\xd6\nx", "\xef\xbf\xbd\nx" },
	{ "big5", "\xa4\xa4\xa4\xe5", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "ks_c_5601-1987", "\xc7\xd1", "\xed\x95\x9c" },
	{ "Shift_JIS", "\x93\xfa\xb1z", "\xe6\x97\xa5\xef\xbd\xb1z" },
	{ "euc-jp", "\xc6\xfc", "\xe6\x97\xa5" },
	{ "ISO-2022-JP", "a\x1b$BF|\x1b(Bz", "a\xe6\x97\xa5z" },
	{ "ISO-2022-JP", "\x1b$BF", "\x46" },
	{ "utf-16le", "a\0\x3d\xd8\x00\xde", "a\xf0\x9f\x98\x80" },
	/* clang-format on */
};

static void
charsets(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(charset_rows); i++) {
		const char *text = charset_rows[i].text;
		bool wide = strcmp(charset_rows[i].charset, "utf-16le") == 0;
		STR_AUTO out = STR_INIT;

		charset_to_utf8(slice_from(charset_rows[i].charset),
		    slice_of(text, wide ? 6 : strlen(text)), &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), charset_rows[i].utf8));
	}
	assert_true(charset_is_known(slice_from("X-SJIS")));
	assert_false(charset_is_known(slice_from("klingon")));
	assert_false(charset_is_known(slice_from("")));
}

/* Whatever the octets, the result is UTF-8. */
static void
charsets_of_noise(void **state)
{
	static const char *const names[] = { "utf-8", "koi8-r", "gbk", "big5",
		"euc-kr", "shift_jis", "euc-jp", "iso-2022-jp", "utf-16",
		"utf-16le", "us-ascii" };
	char noise[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof noise; i++)
		noise[i] = (char)(i * 167 + (i >> 3) * 29);
	for (i = 0; i < UNIT_COUNT(names); i++) {
		STR_AUTO out = STR_INIT;

		charset_to_utf8(
		    slice_from(names[i]), slice_of(noise, sizeof noise), &out);
		UNIT_CHECK(i, enc_utf8_valid(str_slice(&out)));
	}
}

/* ---- transfer encodings ---- */

static const struct {
	enum transfer_encoding encoding;
	const char *in, *out;
	bool clean;
} transfer_rows[] = {
	/* clang-format off */
	{ TRANSFER_NONE, "a=41\r\n", "a=41\r\n", true },
	{ TRANSFER_BASE64, "aGVsbG8=", "hello", true },
	{ TRANSFER_BASE64, "aGVs\r\nbG8h\r\n", "hello!", true },
	{ TRANSFER_BASE64, "aGVsbG8", "hello", false },
	{ TRANSFER_BASE64, "aG!Vs*bG8=", "hello", false },
	{ TRANSFER_BASE64, "aA==aGk=", "hhi", false },
	{ TRANSFER_BASE64, "a", "", false },
	{ TRANSFER_BASE64, "=", "", true },
	{ TRANSFER_QUOTED_PRINTABLE, "a=41=3d\r\n", "aA=\r\n", true },
	{ TRANSFER_QUOTED_PRINTABLE, "a=\r\nb=\nc", "abc", true },
	{ TRANSFER_QUOTED_PRINTABLE, "a= \t\r\nb", "ab", true },
	{ TRANSFER_QUOTED_PRINTABLE, "a \t\r\nb ", "a\r\nb", true },
	{ TRANSFER_QUOTED_PRINTABLE, "a  b", "a  b", true },
	{ TRANSFER_QUOTED_PRINTABLE, "a=xb=4gc=", "a=xb=4gc=", false },
	{ TRANSFER_QUOTED_PRINTABLE, "==41", "=A", false },
	{ TRANSFER_QUOTED_PRINTABLE, "a=4\nb", "a=4\nb", false },
	/* clang-format on */
};

/* In one piece, and in pieces of one octet. */
static void
transfers(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(transfer_rows); i++) {
		struct slice in = slice_from(transfer_rows[i].in);
		STR_AUTO whole = STR_INIT;
		STR_AUTO pieces = STR_INIT;
		struct transfer t;

		transfer_init(&t, transfer_rows[i].encoding);
		transfer_feed(&t, in, &whole);
		transfer_end(&t, &whole);
		UNIT_CHECK(i, t.clean == transfer_rows[i].clean);
		transfer_release(&t);
		transfer_init(&t, transfer_rows[i].encoding);
		for (j = 0; j < in.len; j++)
			transfer_feed(
			    &t, slice_head(slice_skip(in, j), 1), &pieces);
		transfer_end(&t, &pieces);
		transfer_release(&t);
		UNIT_CHECK(
		    i, slice_is(str_slice(&whole), transfer_rows[i].out));
		UNIT_CHECK(
		    i, slice_equal(str_slice(&whole), str_slice(&pieces)));
	}
	assert_int_equal(
	    transfer_encoding_of(slice_from("Base64")), TRANSFER_BASE64);
	assert_int_equal(
	    transfer_encoding_of(slice_from("x-uuencode")), TRANSFER_UNKNOWN);
}

/* ---- encoded words ---- */

static const struct {
	const char *in, *out;
} word_rows[] = {
	/* clang-format off */
	{ "", "" },
	{ "plain text", "plain text" },
	{ "=?utf-8?q?caf=C3=A9?=", "caf\xc3\xa9" },
	{ "=?ISO-8859-1?Q?a_b=5Fc?= d", "a b_c d" },
	{ "=?iso-8859-1*en?B?6Q==?=", "\xc3\xa9" },
	{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
	{ "=?utf-8?q?a?=\r\n\t=?koi8-r?q?=F0?=", "a\xd0\x9f" },
	{ "=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c" },
	{ "=?utf-8?b?w6k=?= =?utf-8?b?w6k=?=", "\xc3\xa9\xc3\xa9" },
	{ "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xc3\xa9" },
	{ "x=?utf-8?q?a?=y", "xay" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "=?utf-8?q?a", "=?utf-8?q?a" },
	{ "=?utf-8?q?a?", "=?utf-8?q?a?" },
	{ "=?" "?q?a?=", "=?" "?q?a?=" },
	{ "=?=?=?=", "=?=?=?=" },
	{ "=?utf-8?q?" "?=", "" },
	{ "a = b =? c", "a = b =? c" },
	{ "\xe9 raw", "\xef\xbf\xbd raw" },
	{ "=?utf-8?q?a_?= =?utf-8?q?_b?=", "a  b" },
	/* clang-format on */
};

static void
words(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(word_rows); i++) {
		STR_AUTO out = STR_INIT;

		words_decode(slice_from(word_rows[i].in), &out);
		if (strcmp(str_cstr(&out), word_rows[i].out) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charsets),
		cmocka_unit_test(charsets_of_noise),
		cmocka_unit_test(transfers),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
