#include "common/base/enc.h"
#include "tests/unit/unit.h"

/* RFC 4648 section 10, and what no encoder writes. */
static void
base64(void **state)
{
	static const char *const good[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
		{ "\xfb\xef", "++8=" },
	};
	static const char *const bad[] = { "Z", "Zg",
		"Zg=", "Zg===", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n",
		"Z===", "====", "=Zg=", "Zm-_", "Zm9v=", "Zm\xc3\xa9" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(good); i++) {
		STR_AUTO text = STR_INIT, octets = STR_INIT;

		str_append_cstr(&octets, "kept");
		enc_base64(slice_from(good[i][0]), &text);
		UNIT_CHECK(i, slice_is(str_slice(&text), good[i][1]));
		UNIT_CHECK(i, enc_base64_decode(str_slice(&text), &octets));
		UNIT_CHECK(
		    i, slice_is(slice_skip(str_slice(&octets), 4), good[i][0]));
	}
	for (i = 0; i < UNIT_COUNT(bad); i++) {
		STR_AUTO out = STR_INIT;

		str_append_cstr(&out, "kept");
		UNIT_CHECK(i, !enc_base64_decode(slice_from(bad[i]), &out));
		UNIT_CHECK(i, slice_is(str_slice(&out), "kept"));
	}
}

static void
printable(void **state)
{
	STR_AUTO out = STR_INIT, hex = STR_INIT;

	(void)state;
	enc_printable(slice_of("a\\\r\n\0\x7f\xc3~ ", 9), &out);
	assert_string_equal(
	    str_cstr(&out), "a\\x5c\\x0d\\x0a\\x00\\x7f\\xc3~ ");
	enc_hex(slice_of("\0\x1f\xa0\xff", 4), &hex);
	assert_string_equal(str_cstr(&hex), "001fa0ff");
}

static void
secrets_equal(void **state)
{
	static const struct {
		struct slice a, b;
		bool equal;
	} rows[] = {
		{ SLICE_LIT("secret"), SLICE_LIT("secret"), true },
		{ SLICE_LIT("secret"), SLICE_LIT("secreT"), false },
		{ SLICE_LIT("secret"), SLICE_LIT("secre"), false },
		{ SLICE_LIT("secre"), SLICE_LIT("secret"), false },
		{ SLICE_LIT("aaaa"), SLICE_LIT("aa"), false },
		{ SLICE_LIT("a\0b"), SLICE_LIT("a\0c"), false },
		{ SLICE_LIT("a"), SLICE_LIT(""), false },
		{ SLICE_LIT("\0"), SLICE_LIT(""), false },
		{ SLICE_LIT("a"), { NULL, 0 }, false },
		{ { NULL, 0 }, SLICE_LIT("a"), false },
		{ { NULL, 0 }, { NULL, 0 }, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(
		    i, enc_equal_secret(rows[i].a, rows[i].b) == rows[i].equal);
}

/* The borders of RFC 3629's table of well-formed sequences. */
static void
utf8(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "", true },
		{ "plain", true },
		{ "\xc2\x80", true },
		{ "\xdf\xbf", true },
		{ "\xe0\xa0\x80", true },
		{ "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true },
		{ "\xef\xbf\xbf", true },
		{ "\xf0\x90\x80\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\x80", false },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xc3", false },
		{ "\xc3(", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xed\xbf\xbf", false },
		{ "\xe2\x82", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xff", false },
		{ "ok\xf0\x90\x80", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i,
		    enc_utf8_valid(slice_from(rows[i].text)) == rows[i].valid);
	assert_true(enc_utf8_valid(slice_of("a\0b", 3)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64),
		cmocka_unit_test(printable),
		cmocka_unit_test(secrets_equal),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
