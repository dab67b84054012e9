#include "common/msg/transfer.h"

enum transfer_encoding
transfer_encoding_of(struct slice name)
{
	static const struct {
		const char *name;
		enum transfer_encoding encoding;
	} rows[] = {
		{ "", TRANSFER_NONE },
		{ "7bit", TRANSFER_NONE },
		{ "8bit", TRANSFER_NONE },
		{ "binary", TRANSFER_NONE },
		{ "base64", TRANSFER_BASE64 },
		{ "quoted-printable", TRANSFER_QUOTED_PRINTABLE },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (slice_is_nocase(name, rows[i].name))
			return rows[i].encoding;
	return TRANSFER_UNKNOWN;
}

void
transfer_init(struct transfer *t, enum transfer_encoding encoding)
{
	*t = (struct transfer){ .encoding = encoding, .clean = true };
}

void
transfer_release(struct transfer *t)
{
	str_release(&t->blanks);
}

/* ---- base64 (RFC 2045 section 6.8) ---- */

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The octets of a group of count characters. */
static void
put_group(struct transfer *t, struct str *out)
{
	uint32_t bits = t->bits << 6 * (4 - t->count);
	unsigned i;

	for (i = 0; i + 1 < t->count; i++)
		str_append_char(out, (char)(bits >> (16 - 8 * i)));
	t->bits = 0;
	t->count = 0;
}

static void
take_base64(struct transfer *t, char c, struct str *out)
{
	int value = value_of(c);

	if (value >= 0) {
		t->clean = t->clean && !t->padded;
		t->bits = t->bits << 6 | (uint32_t)value;
		if (++t->count == 4)
			put_group(t, out);
	} else if (c == '=') {
		t->padded = true;
		put_group(t, out);
	} else if (c != '\r' && c != '\n' && c != ' ' && c != '\t') {
		t->clean = false;
	}
}

/* ---- quoted-printable (RFC 2045 section 6.7) ---- */

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Blanks stand for themselves unless a line ends with them. */
static void
put_blanks(struct transfer *t, struct str *out)
{
	str_append(out, str_slice(&t->blanks));
	str_clear(&t->blanks);
}

/* What was held is no escape. */
static void
put_held(struct transfer *t, struct str *out)
{
	t->clean = false;
	str_append_mem(out, t->held, t->nheld);
	t->nheld = 0;
}

static void take_quoted(struct transfer *t, char c, struct str *out);

/* An octet behind a "=". */
static void
take_escaped(struct transfer *t, char c, struct str *out)
{
	int high = t->nheld > 1 ? hex(t->held[1]) : -1;

	if (c == '\n') {
		if (high >= 0)
			put_held(t, out);
		t->nheld = 0; /* a soft line break, blanks before it too */
		if (high >= 0)
			str_append_char(out, c);
	} else if (high >= 0 && hex(c) >= 0) {
		str_append_char(out, (char)(high << 4 | hex(c)));
		t->nheld = 0;
	} else if (t->nheld == 1 &&
		   (hex(c) >= 0 || c == ' ' || c == '\t' || c == '\r')) {
		t->held[t->nheld++] = c;
	} else if (high < 0 && t->nheld > 1 &&
		   (c == ' ' || c == '\t' || c == '\r')) {
		(void)c; /* more blanks before a soft line break */
	} else {
		put_held(t, out);
		take_quoted(t, c, out);
	}
}

static void
take_quoted(struct transfer *t, char c, struct str *out)
{
	if (t->nheld) {
		take_escaped(t, c, out);
	} else if (c == ' ' || c == '\t' || c == '\r') {
		str_append_char(&t->blanks, c);
	} else if (c == '\n') {
		if (t->blanks.len && t->blanks.ptr[t->blanks.len - 1] == '\r')
			str_append_char(out, '\r');
		str_clear(&t->blanks);
		str_append_char(out, c);
	} else {
		put_blanks(t, out);
		if (c == '=')
			t->held[t->nheld++] = c;
		else
			str_append_char(out, c);
	}
}

/* ---- both ---- */

void
transfer_feed(struct transfer *t, struct slice piece, struct str *out)
{
	size_t i;

	if (t->encoding != TRANSFER_BASE64 &&
	    t->encoding != TRANSFER_QUOTED_PRINTABLE) {
		str_append(out, piece);
		return;
	}
	str_reserve(out, piece.len);
	for (i = 0; i < piece.len; i++)
		if (t->encoding == TRANSFER_BASE64)
			take_base64(t, piece.ptr[i], out);
		else
			take_quoted(t, piece.ptr[i], out);
}

void
transfer_end(struct transfer *t, struct str *out)
{
	if (t->encoding == TRANSFER_BASE64) {
		t->clean = t->clean && t->count == 0;
		put_group(t, out);
	}
	if (t->nheld)
		put_held(t, out);
	str_clear(&t->blanks); /* of the last line's end */
}
