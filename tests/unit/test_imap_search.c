#include <string.h>

#include "cmd/imapd/search_text.h"
#include "common/msg/casemap.h"
#include "tests/unit/unit.h"

/* ---- folding ---- */

static const struct {
	const char *a, *b; /* fold to the same */
} fold_rows[] = {
	/* clang-format off */
	{ "", "" },
	{ "Hello", "hELLO" },
	{ "\xc3\x89t\xc3\xa9", "\xc3\xa9T\xc3\x89" },
	{ "e\xcc\x81", "\xc3\x89" },
	{ "stra\xc3\x9f" "e", "STRASSE" },
	{ "\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
	  "\xcf\x83\xce\x8a\xce\xa3\xce\xa5\xce\xa6\xce\x9f\xce\xa3" },
	{ "\xef\xbc\xa1", "a" },
	/* clang-format on */
};

static void
folds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(fold_rows); i++) {
		STR_AUTO a = STR_INIT;
		STR_AUTO b = STR_INIT;

		casemap_fold(slice_from(fold_rows[i].a), &a);
		casemap_fold(slice_from(fold_rows[i].b), &b);
		UNIT_CHECK(i, slice_equal(str_slice(&a), str_slice(&b)));
	}
}

/* ---- fields and parts ---- */

static bool
finds(const char *text, bool headers, const char *needle)
{
	struct search_message message = { .text = slice_from(text) };
	struct mime mime = { NULL, 0, 0 };
	STR_AUTO folded = STR_INIT;
	bool found;

	mime_parse(message.text, &mime);
	message.mime = &mime;
	casemap_fold(slice_from(needle), &folded);
	found = search_parts(&message, headers, str_slice(&folded));
	mime_release(&mime);
	return found;
}

#define MULTI                                                                  \
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"                               \
	"Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n"         \
	"Content-Type: text/plain; charset=iso-8859-1\n"                       \
	"Content-Transfer-Encoding: quoted-printable\n\n"                      \
	"Caf=E9 au lait and so=\nme more\n--b\n"                               \
	"Content-Type: text/plain; charset=utf-8\n"                            \
	"Content-Transfer-Encoding: base64\n\n"                                \
	"w5xtbGF1dCBpbiBi\nYXNlNjQ=\n--b\n"                                    \
	"Content-Type: image/png; name=picture.png\n"                          \
	"Content-Transfer-Encoding: base64\n\nUE5HIHRleHQ=\n--b\n"             \
	"Content-Type: message/rfc822\n\nSubject: inner\n\nwithin\n--b--\n"

static const struct {
	const char *text, *needle;
	bool body, all; /* found by BODY, by TEXT */
} part_rows[] = {
	/* clang-format off */
	{ "Subject: x\n\nhello\n", "HELLO", true, true },
	{ "Subject: x\n\nhello\n", "subject: x", false, true },
	{ "Subject: x\n\nhello\n", "absent", false, false },
	{ "Subject: x\n\nhello\n", "", true, true },
	{ "Subject: x\n\none\ntwo\n", "e\nt", true, true },
	{ MULTI, "caf\xc3\x89 AU", true, true },
	{ MULTI, "some more", true, true },
	{ MULTI, "cafe", true, true },
	{ MULTI, "=E9", false, false },
	{ MULTI, "\xc3\xbcMLAUT IN BASE64", true, true },
	{ MULTI, "w5xtbGF1", false, false },
	{ MULTI, "preamble", false, false },
	{ MULTI, "PNG text", false, false },
	{ MULTI, "picture.png", false, true },
	{ MULTI, "gr\xc3\xbcsse", false, true },
	{ MULTI, "within", true, true },
	{ MULTI, "Subject: inner", false, true },
	/* clang-format on */
};

static void
parts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(part_rows); i++) {
		UNIT_CHECK(i, finds(part_rows[i].text, false,
				  part_rows[i].needle) == part_rows[i].body);
		UNIT_CHECK(i, finds(part_rows[i].text, true,
				  part_rows[i].needle) == part_rows[i].all);
	}
}

/* Wherever the pieces are cut. */
static void
across_pieces(void **state)
{
	static const char needle[] = "n\xc3\xa9"
				     "edle";
	size_t at;

	(void)state;
	for (at = SEARCH_PIECE - 20; at < SEARCH_PIECE + 5; at++) {
		STR_AUTO text = STR_INIT;

		str_append_cstr(&text, "Content-Type: text/plain\n\n");
		while (text.len < at + 26)
			str_append_char(
			    &text, text.len % 70 == 69 ? '\n' : 'x');
		str_append_cstr(&text, needle);
		while (text.len < (size_t)3 * SEARCH_PIECE)
			str_append_char(&text, 'y');
		assert_true(finds(str_cstr(&text), false, needle));
		assert_false(finds(str_cstr(&text), false, "needlz"));
	}
}

static void
fields(void **state)
{
	struct slice header = slice_from(
	    "To: =?utf-8?b?w4RuZGk=?= <a@b>\nSubject: one\n two\nTo: c\n\n");
	struct slice to = slice_from("TO");

	(void)state;
	assert_true(search_field(header, to, slice_from("a\xcc\x88ndi")));
	assert_true(search_field(header, to, slice_from("a@b")));
	assert_true(search_field(header, to, slice_from("")));
	assert_true(search_field(header, to, slice_from("c")));
	assert_false(search_field(header, to, slice_from("one")));
	assert_true(
	    search_field(header, slice_from("subject"), slice_from("one two")));
	assert_false(search_field(header, slice_from("Cc"), slice_from("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds),
		cmocka_unit_test(parts),
		cmocka_unit_test(across_pieces),
		cmocka_unit_test(fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
