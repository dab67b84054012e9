/* What is seen of texts in a list of messages, and where it ends. */
#include "common/base/enc.h"
#include "common/msg/preview.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text, *preview;
} plain_rows[] = {
	{ "Hello,\n\nhow  are\tyou?\r\n", "Hello, how are you?" },
	{ "", "" },
	{ " \n\t\n", "" },
	{ "On Monday Ann wrote:\n> old\n> words\n\nNew words\n", "New words" },
	{ "Note this:\nlist\n", "Note this: list" },
	{ "On Monday Ann wrote:\n\n> old\nnew", "new" },
	{ "Hi\n-- \nAnn\nACME", "Hi" },
	{ "-- \nAnn", "Ann" },
	{ "Hi\n-----Original Message-----\nFrom: b", "Hi" },
	{ "====\nTitle\n----\ntext", "Title text" },
	{ "a\xc2\xa0\xe2\x80\x8b\xc2\xad"
	  "b\xe2\x80\xae"
	  "c",
	    "a bc" },
	{ "Gr\xc3\xbc\xc3\x9f"
	  "e \xf0\x9f\x98\x80",
	    "Gr\xc3\xbc\xc3\x9f"
	    "e \xf0\x9f\x98\x80" },
	{ "a\x01\x7f"
	  "b",
	    "a b" },
};

static const struct {
	const char *text, *preview;
} html_rows[] = {
	{ "<p>Hello</p><p>you</p>", "Hello you" },
	{ "He<b>l</b>lo<br>you", "Hello you" },
	{ "<html><head><title>t</title><style>p { a > b }</style></head>"
	  "<body>Hi</body>",
	    "Hi" },
	{ "<style>a { content: \"<p>\" }</style>Hi", "Hi" },
	{ "<script>if (a < b) x('</p>');</script>Hi", "Hi" },
	{ "<blockquote>a<blockquote>b</blockquote>c</blockquote>new", "new" },
	{ "<!-- a > b -- <p> -->Hi<!---->!", "Hi!" },
	{ "<!-- never ended", "" },
	{ "<a href=\"x>y\" title='>'>link</a>", "link" },
	{ "a &lt;b&gt; &amp;amp; &#228;&#xE4;&nbsp;&zwnj;&foo; &",
	    "a <b> &amp; \xc3\xa4\xc3\xa4 &foo; &" },
	{ "&#xd800;&#1114112;&#;&#x;&#xzz;",
	    "&#xd800;&#1114112;&#;&#x;&#xzz;" },
	{ "I <3 you", "I <3 you" },
	{ "<", "<" },
	{ "a<b", "a" },
	{ "<STYLE>x</Style>y<BR/>z", "y z" },
	{ "</blockquote>x", "x" },
	{ "<?xml version=\"1.0\"?><!DOCTYPE html>x", "x" },
};

static void
plain(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(plain_rows); i++) {
		STR_AUTO out = STR_INIT;

		preview_plain(slice_from(plain_rows[i].text), &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), plain_rows[i].preview));
	}
}

static void
html(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(html_rows); i++) {
		STR_AUTO out = STR_INIT;

		preview_html(slice_from(html_rows[i].text), &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), html_rows[i].preview));
	}
}

/* So many characters, each of two octets, and no half a word's blank. */
static void
lengths(void **state)
{
	unsigned n;

	(void)state;
	for (n = PREVIEW_CHARACTERS - 2; n < PREVIEW_CHARACTERS + 3; n++) {
		unsigned want = n < PREVIEW_CHARACTERS ? n : PREVIEW_CHARACTERS;
		STR_AUTO text = STR_INIT;
		STR_AUTO out = STR_INIT;
		unsigned i;

		for (i = 0; i < n; i++)
			str_append_cstr(&text, "\xc3\xa4");
		preview_plain(str_slice(&text), &out);
		assert_int_equal(out.len, 2 * want);
		str_append_cstr(&text, " x");
		str_clear(&out);
		preview_html(str_slice(&text), &out);
		assert_int_equal(
		    out.len, 2 * want + (n + 2 <= PREVIEW_CHARACTERS ? 2 : 0));
	}
}

static void
of(const char *message, struct str *out)
{
	struct mime mime = { NULL, 0, 0 };

	str_clear(out);
	mime_parse(slice_from(message), &mime);
	preview_message(&mime, slice_from(message), out);
	mime_release(&mime);
}

static const struct {
	const char *message, *preview;
} message_rows[] = {
	{ "Subject: x\n\nHello\n", "Hello" },
	{ "Subject: x\n\n", "" },
	{ "Content-Type: text/html\n\n<b>Hi</b>\n", "Hi" },
	{ "Content-Type: text/plain; charset=iso-8859-1\n"
	  "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n",
	    "Gr\xc3\xbc\xc3\x9f"
	    "e" },
	{ "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n", "Hello" },
	{ "Content-Transfer-Encoding: x-what\n\nSGVsbG8=\n", "" },
	{ "Content-Type: image/png\n\nxxx\n", "" },
	{ "Content-Type: multipart/alternative; boundary=b\n\n--b\n"
	  "Content-Type: text/html\n\n<p>html\n--b\n\nplain\n--b--\n",
	    "plain" },
	{ "Content-Type: multipart/alternative; boundary=b\n\n--b\n"
	  "Content-Type: text/html\n\n<p>html\n--b\n\n> q\n--b--\n",
	    "html" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	  "Content-Disposition: attachment\n\nlog\n--b\n"
	  "Content-Disposition: inline\n\ntext\n--b--\n",
	    "text" },
};

static void
messages(void **state)
{
	STR_AUTO out = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(message_rows); i++) {
		of(message_rows[i].message, &out);
		UNIT_CHECK(
		    i, slice_is(str_slice(&out), message_rows[i].preview));
	}
}

/* A text behind a ceiling is not found. */
static void
ceilings(void **state)
{
	unsigned parts;

	(void)state;
	for (parts = PREVIEW_PARTS_MAX - 2; parts < PREVIEW_PARTS_MAX;
	     parts++) {
		STR_AUTO text = STR_INIT;
		STR_AUTO out = STR_INIT;
		unsigned i;

		str_append_cstr(
		    &text, "Content-Type: multipart/mixed; boundary=b\n\n");
		for (i = 0; i < parts; i++)
			str_append_cstr(
			    &text, "--b\nContent-Type: image/png\n\nx\n");
		str_append_cstr(&text, "--b\n\ntext\n--b--\n");
		of(str_cstr(&text), &out);
		assert_string_equal(str_cstr(&out),
		    parts + 2 <= PREVIEW_PARTS_MAX ? "text" : "");
	}
}

static void
octets(void **state)
{
	size_t before;

	(void)state;
	for (before = PREVIEW_OCTETS - 1; before <= PREVIEW_OCTETS; before++) {
		STR_AUTO text = STR_INIT;
		STR_AUTO out = STR_INIT;
		size_t i;

		str_append_cstr(&text, "Subject: x\n\n");
		for (i = 0; i < before; i++)
			str_append_char(&text, i % 70 ? ' ' : '\n');
		str_append_cstr(&text, "x\n");
		of(str_cstr(&text), &out);
		assert_string_equal(
		    str_cstr(&out), before < PREVIEW_OCTETS ? "x" : "");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(html),
		cmocka_unit_test(lengths),
		cmocka_unit_test(messages),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
