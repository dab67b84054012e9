#include <string.h>

#include "common/msg/mime.h"
#include "common/msg/mime_value.h"
#include "tests/unit/unit.h"

/* ---- structures ---- */

/* Writes a part as KIND[body;lines](children), L, M or R (a message/rfc822). */
static void
show(const struct mime *m, struct slice text, uint32_t i, struct str *out)
{
	const struct mime_part *part = &m->parts[i];
	uint32_t child;

	str_append_char(out, "LMR"[part->kind]);
	if (part->kind == MIME_LEAF)
		str_appendf(out, "[%.*s;%u]",
		    (int)(part->end_at - part->body_at),
		    text.ptr + part->body_at, (unsigned)part->lines);
	if (part->child == MIME_NONE)
		return;
	str_append_char(out, '(');
	for (child = part->child; child != MIME_NONE;
	     child = m->parts[child].next)
		show(m, text, child, out);
	str_append_char(out, ')');
}

#define MULTI "Content-Type: multipart/mixed; boundary=b\n\n"
#define INNER "Content-Type: multipart/x; boundary=\"b c\"\n\n"
#define MESSAGE "Content-Type: message/rfc822\n\n"

static const struct {
	const char *text, *shown;
} structure_rows[] = {
	/* clang-format off */
	{ "", "L[;0]" },
	{ "\n", "L[;0]" },
	{ "A: b\n\nhello\n", "L[hello\n;1]" },
	{ "A: b\n\nhello", "L[hello;0]" },
	{ "A: b\n", "L[;0]" },
	{ MULTI, "M" },
	{ MULTI "no boundary\n", "M" },
	{ MULTI "--b\n\none\n--b\n\ntwo\n--b--\n", "M(L[one;0]L[two;0])" },
	{ MULTI "pre\n--b\n\none\n\n--b--\nepi\n--b\n\nx\n", "M(L[one\n;1])" },
	{ MULTI "--b \t\n\none\n--b--garbage\n--b\n\nx", "M(L[one;0])" },
	{ MULTI "--bb\n--b\n\none\n--bb\n--b--", "M(L[one\n--bb;1])" },
	{ MULTI "--b\n--b\n--b--\n", "M(L[;0]L[;0])" },
	{ MULTI "--b\nA: x\n--b\n\nx", "M(L[;0]L[x;0])" },
	{ MULTI "--b\n\n--b--", "M(L[;0])" },
	{ MULTI "--b\n\n\n--b--", "M(L[;0])" },
	{ MULTI "--b\n\n\n\n--b--", "M(L[\n;1])" },
	{ MULTI "--b\n\nunfinished\n", "M(L[unfinished\n;1])" },
	{ MULTI "--b\n" INNER "--b c\n\none\n--b c--\n--b\n\ntwo\n--b--",
	  "M(M(L[one;0])L[two;0])" },
	{ MULTI "--b\n" INNER "--b c\n\none\n--b\n\ntwo\n--b--",
	  "M(M(L[one;0])L[two;0])" },
	{ MULTI "--b\n" INNER "--b--\n", "M(M)" },
	{ MULTI "--b\n" MESSAGE "B: c\n\none\ntwo\n--b--\n",
	  "M(R(L[one\ntwo;1]))" },
	{ MESSAGE "B: c\n\nwithin\n", "R(L[within\n;1])" },
	{ MESSAGE, "R(L[;0])" },
	{ MESSAGE MULTI "--b\n\none\n--b--\n", "R(M(L[one;0]))" },
	{ MULTI "--b\n" MESSAGE MULTI "--b\n\none\n--b--\n--b\n\nx\n",
	  "M(R(M(L[one;0]))L[x\n;1])" },
	{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
	  "eA==\n", "L[eA==\n;1]" },
	{ "Content-Type: multipart/digest; boundary=b\n\n"
	  "--b\n\nSubject: x\n\nhi\n--b\nContent-Type: text/plain\n\nyo\n--b--",
	  "M(R(L[hi;0])L[yo;0])" },
	{ "Content-Type: multipart/mixed\n\n--b\n\nx\n", "L[--b\n\nx\n;3]" },
	{ "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n",
	  "L[--\n\nx\n;3]" },
	{ MULTI "--b\r\n\r\none\r\n--b--\r\n", "M(L[one;0])" },
	/* clang-format on */
};

static void
structures(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(structure_rows); i++) {
		struct slice text = slice_from(structure_rows[i].text);
		struct mime m = { NULL, 0, 0 };
		STR_AUTO out = STR_INIT;

		mime_parse(text, &m);
		show(&m, text, 0, &out);
		if (strcmp(str_cstr(&out), structure_rows[i].shown) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
		mime_release(&m);
	}
}

/* Offsets with CRLF are those that the same text with CRLF has. */
static void
crlf_offsets(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(structure_rows); i++) {
		struct mime lf = { NULL, 0, 0 }, crlf = { NULL, 0, 0 };
		const char *text = structure_rows[i].text;
		STR_AUTO converted = STR_INIT;

		for (j = 0; text[j]; j++)
			if (text[j] == '\n')
				str_append_cstr(&converted, "\r\n");
			else if (text[j] != '\r')
				str_append_char(&converted, text[j]);
		mime_parse(slice_from(text), &lf);
		mime_parse(str_slice(&converted), &crlf);
		UNIT_CHECK(i, lf.count == crlf.count);
		for (j = 0; j < lf.count; j++) {
			const struct mime_part *a = &lf.parts[j];
			const struct mime_part *b = &crlf.parts[j];

			UNIT_CHECK(i, a->header == b->header_at);
			UNIT_CHECK(i, a->body == b->body_at);
			UNIT_CHECK(i, a->end == b->end_at);
			UNIT_CHECK(i, a->lines == b->lines);
		}
		mime_release(&lf);
		mime_release(&crlf);
	}
}

/* ---- ceilings ---- */

static void
too_many_parts(void **state)
{
	STR_AUTO text = STR_INIT;
	struct mime m = { NULL, 0, 0 };
	size_t i;

	(void)state;
	str_append_cstr(&text, MULTI);
	for (i = 1; i < MIME_PARTS_MAX; i++)
		str_append_cstr(&text, "--b\n\nx\n");
	mime_parse(str_slice(&text), &m);
	assert_int_equal(m.count, MIME_PARTS_MAX);
	assert_int_equal(m.parts[m.count - 1].end_at, text.len);
	str_append_cstr(&text, "--b\n\nx\n--b--\n");
	mime_parse(str_slice(&text), &m);
	assert_int_equal(m.count, MIME_PARTS_MAX);
	assert_true(m.parts[m.count - 1].end_at < text.len - 10);
	mime_release(&m);
}

static void
too_deep(void **state)
{
	STR_AUTO text = STR_INIT;
	struct mime m = { NULL, 0, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < MIME_DEPTH_MAX + 20; i++)
		str_append_cstr(&text, MESSAGE);
	mime_parse(str_slice(&text), &m);
	assert_int_equal(m.count, MIME_DEPTH_MAX + 1);
	assert_int_equal(m.parts[m.count - 1].depth, MIME_DEPTH_MAX);
	assert_int_equal(m.parts[m.count - 1].kind, MIME_LEAF);
	str_clear(&text);
	for (i = 0; i < MIME_DEPTH_MAX + 20; i++)
		str_appendf(&text,
		    "Content-Type: multipart/mixed; boundary=%zu-\n\n--%zu-\n",
		    i, i);
	mime_parse(str_slice(&text), &m);
	assert_int_equal(m.count, MIME_DEPTH_MAX + 1);
	assert_int_equal(m.parts[m.count - 1].kind, MIME_LEAF);
	mime_release(&m);
}

/* ---- by number ---- */

static void
numbers(void **state)
{
	static const char text[] =
	    MULTI "--b\n\none\n--b\n" MESSAGE MULTI "--b\n\nlost\n";
	static const char nested[] = MULTI "--b\n\none\n--b\n" MESSAGE INNER
					   "--b c\n\ntwo-one\n--b c\n" MESSAGE
					   "S: x\n\ntwo-two\n--b c--\n--b--\n";
	static const struct {
		uint32_t numbers[4];
		size_t count;
		uint32_t part;
	} rows[] = {
		{ { 0 }, 0, 0 },
		{ { 1 }, 1, 1 },
		{ { 2 }, 1, 2 },
		{ { 3 }, 1, MIME_NONE },
		{ { 0 }, 1, MIME_NONE },
		{ { 1, 1 }, 2, MIME_NONE },
		{ { 2, 1 }, 2, 4 },
		{ { 2, 2 }, 2, 5 },
		{ { 2, 2, 1 }, 3, 6 },
		{ { 2, 2, 2 }, 3, MIME_NONE },
		{ { 2, 2, 1, 1 }, 4, MIME_NONE },
	};
	struct mime m = { NULL, 0, 0 };
	const uint32_t one = 1, two = 2;
	size_t i;

	(void)state;
	mime_parse(slice_from(nested), &m);
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, mime_find(&m, rows[i].numbers, rows[i].count) ==
				  rows[i].part);
	mime_parse(slice_from("A: b\n\nx"), &m);
	assert_int_equal(mime_find(&m, &one, 1), 0);
	assert_int_equal(mime_find(&m, &two, 1), MIME_NONE);
	mime_parse(slice_from(text), &m);
	assert_int_equal(m.count, 5);
	mime_release(&m);
}

/* ---- fields ---- */

static const struct {
	const char *body, *shown;
} value_rows[] = {
	/* clang-format off */
	{ "", "" },
	{ " text/plain", "text/plain" },
	{ " Text / Plain ; Charset = utf-8", "Text/Plain Charset=[utf-8]" },
	{ " (a(b)\\)c) text(d)/plain; (e) x=y (f)", "text/plain x=[y]" },
	{ " a/b; x=\"q\\\"u o\\x\"; y=\"open", "a/b x=[q\"u ox] y=[open]" },
	{ " a/b;\n\tx=\"on\n off\"", "a/b x=[on off]" },
	{ " a/b; x=1;;; y=2;", "a/b x=[1] y=[2]" },
	{ " a/b x=1; y=2", "a/b y=[2]" },
	{ " a/b; =1; y=2; z; w=3", "a/b y=[2] w=[3]" },
	{ " a/b; boundary==_Part_1=; x=a b", "a/b boundary=[=_Part_1=] x=[a]" },
	{ " attachment; filename*=UTF-8''%e2%82%ac",
	  "attachment filename*=[UTF-8''%e2%82%ac]" },
	{ " a; f*0=one; f*1=\"two\"", "a f=[onetwo]" },
	{ " a; f*1=two; x=y; f*0=one", "a x=[y] f=[onetwo]" },
	{ " a; f*0*=utf-8'en'%41; f*1=\"b c\"; f*2*=%42",
	  "a f*=[utf-8'en'%41b%20c%42]" },
	{ " a; f*0=\"x y\"; f*1*=%42", "a f*=[''x%20y%42]" },
	{ " a; f*0=one; f*2=three", "a f=[one]" },
	{ " a; f*1=two", "a" },
	{ " a; f*x=y; *=z", "a f*x=[y] *=[z]" },
	{ " a; \x01x=y", "a x=[y]" },
	/* clang-format on */
};

static void
values(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(value_rows); i++) {
		struct mime_value v = MIME_VALUE_INIT;
		STR_AUTO out = STR_INIT;

		mime_value_parse(slice_from(value_rows[i].body), &v);
		str_append(&out, str_slice(&v.main));
		for (j = 0; j < v.count; j++)
			str_appendf(&out, " %s=[%s]",
			    str_cstr(&v.params[j].name),
			    str_cstr(&v.params[j].value));
		if (strcmp(str_cstr(&out), value_rows[i].shown) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
		mime_value_release(&v);
	}
}

static void
too_many_params(void **state)
{
	struct mime_value v = MIME_VALUE_INIT;
	STR_AUTO text = STR_INIT;
	struct slice found;
	size_t i;

	(void)state;
	str_append_cstr(&text, "a/b");
	for (i = 0; i < MIME_PARAMS_MAX + 1; i++)
		str_appendf(&text, "; p%zu=x", i);
	mime_value_parse(str_slice(&text), &v);
	assert_int_equal(v.count, MIME_PARAMS_MAX);
	assert_true(mime_value_param(&v, "P99", &found));
	assert_false(mime_value_param(&v, "p100", &found));
	mime_value_release(&v);
}

/* What stands within: a part, or nothing when the boundary is too long. */
static void
long_boundaries(void **state)
{
	size_t len;

	(void)state;
	for (len = MIME_BOUNDARY_MAX; len <= MIME_BOUNDARY_MAX + 1; len++) {
		STR_AUTO text = STR_INIT;
		STR_AUTO boundary = STR_INIT;
		struct mime m = { NULL, 0, 0 };

		while (boundary.len < len)
			str_append_char(&boundary, 'b');
		str_appendf(&text,
		    "Content-Type: multipart/mixed; boundary=%s\n\n--%s\n\nx\n",
		    str_cstr(&boundary), str_cstr(&boundary));
		mime_parse(str_slice(&text), &m);
		assert_int_equal(m.count, len == MIME_BOUNDARY_MAX ? 2 : 1);
		mime_release(&m);
	}
}

/* The type is found in the header's first octets, and not behind them. */
static void
long_headers(void **state)
{
	static const char type[] = "Content-Type: message/rfc822\n";
	size_t past;

	(void)state;
	for (past = 0; past < 2; past++) {
		STR_AUTO text = STR_INIT;
		struct mime m = { NULL, 0, 0 };
		size_t before = MIME_HEADER_MAX - (sizeof type - 1) + past * 20;

		str_append_cstr(&text, "X: ");
		while (text.len < before - 1)
			str_append_char(&text, 'x');
		str_appendf(&text, "\n%s\nA: b\n\nx\n", type);
		mime_parse(str_slice(&text), &m);
		assert_int_equal(m.count, past ? 1 : 2);
		mime_release(&m);
	}
}

/* Octets of a field that count, and sections of a parameter. */
static void
long_values(void **state)
{
	size_t past;

	(void)state;
	for (past = 0; past < 2; past++) {
		struct mime_value v = MIME_VALUE_INIT;
		STR_AUTO text = STR_INIT;
		struct slice found = { NULL, 0 };

		str_append_cstr(&text, "a/b; x=");
		while (text.len < MIME_VALUE_MAX - 4 + past)
			str_append_char(&text, 'x');
		str_append_cstr(&text, ";y=z");
		mime_value_parse(str_slice(&text), &v);
		assert_true(mime_value_param(&v, "x", &found));
		assert_int_equal(
		    mime_value_param(&v, "y", &found) && slice_is(found, "z"),
		    !past);
		mime_value_release(&v);
	}
	/* SECTIONS_MAX: what comes behind is a parameter of its own */
	for (past = 0; past < 2; past++) {
		struct mime_value v = MIME_VALUE_INIT;

		mime_value_parse(slice_from(past ? "a/b; x*0=y; x*1000=z"
						 : "a/b; x*0=y; x*999=z"),
		    &v);
		assert_int_equal(v.count, 1 + past);
		mime_value_release(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structures),
		cmocka_unit_test(crlf_offsets),
		cmocka_unit_test(too_many_parts),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(numbers),
		cmocka_unit_test(values),
		cmocka_unit_test(too_many_params),
		cmocka_unit_test(long_boundaries),
		cmocka_unit_test(long_headers),
		cmocka_unit_test(long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
