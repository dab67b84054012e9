#include "common/msg/preview_line.h"

#include "common/base/enc.h"
#include "common/msg/charset.h"
#include "common/msg/header.h"
#include "common/msg/part_text.h"

/* ---- the line ---- */

static bool
is_blank(uint32_t c)
{
	return c <= ' ' || (c >= 0x7f && c <= 0xa0) ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* What senders pad their own previews with, or would turn a line's direction
 * for the rest of a list. */
static bool
is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffd;
}

bool
preview_put(struct preview_line *line, uint32_t c)
{
	if (line->characters >= PREVIEW_CHARACTERS)
		return false;
	if (is_invisible(c))
		return true;
	if (is_blank(c)) {
		line->blank = line->begun;
		return true;
	}
	if (line->blank) {
		if (line->characters + 2 > PREVIEW_CHARACTERS)
			return false;
		str_append_char(line->out, ' ');
		line->characters++;
	}
	enc_utf8_put(line->out, c);
	line->characters++;
	line->blank = false;
	line->begun = true;
	return true;
}

uint32_t
preview_take(struct slice *rest)
{
	unsigned char first = (unsigned char)rest->ptr[0];
	size_t more = first < 0xc0   ? 0
		      : first < 0xe0 ? 1
		      : first < 0xf0 ? 2
				     : 3;
	uint32_t c = more ? first & (0x3fu >> more) : first;
	size_t i;

	for (i = 1; i <= more && i < rest->len; i++)
		c = c << 6 | ((unsigned char)rest->ptr[i] & 0x3f);
	*rest = slice_skip(*rest, i);
	return c;
}

/* ---- plain text ---- */

/* Cuts the next line off *rest, which is not empty. */
static struct slice
next_line(struct slice *rest)
{
	size_t at = slice_find(*rest, '\n');
	struct slice line = slice_head(*rest, at);

	*rest = slice_skip(*rest, at + 1);
	return slice_head(line, slice_find(line, '\r'));
}

/* "On Monday somebody wrote:", before what he wrote. */
static bool
is_attribution(struct slice line, struct slice rest)
{
	while (line.len && line.ptr[line.len - 1] == ' ')
		line.len--;
	while (rest.len && (rest.ptr[0] == '\r' || rest.ptr[0] == '\n'))
		rest = slice_skip(rest, 1);
	return line.len && line.ptr[line.len - 1] == ':' &&
	       slice_starts(rest, ">");
}

/* What follows is a signature, or a whole message that was answered. */
static bool
is_end(struct slice line)
{
	return slice_is(line, "-- ") || slice_is(line, "--") ||
	       slice_starts_nocase(line, "-----Original Message") ||
	       slice_starts_nocase(line, "---------- Forwarded message");
}

/* A line of dashes and their like, that is only drawn. */
static bool
is_rule(struct slice line)
{
	size_t i;

	for (i = 0; i < line.len; i++)
		if (strchr("-_=*~#+. \t", line.ptr[i]) == NULL)
			return false;
	return line.len > 2;
}

static bool
put_line(struct preview_line *line, struct slice text)
{
	while (text.len)
		if (!preview_put(line, preview_take(&text)))
			return false;
	return preview_put(line, ' ');
}

void
preview_plain(struct slice utf8, struct str *out)
{
	struct preview_line line = { .out = out };

	while (utf8.len) {
		struct slice text = next_line(&utf8);

		if (line.begun && is_end(text))
			return;
		if (slice_starts(text, ">") || is_rule(text) ||
		    is_attribution(text, utf8))
			continue;
		if (!put_line(&line, text))
			return;
	}
}

/* ---- the part ---- */

enum text_kind { TEXT_NONE, TEXT_PLAIN, TEXT_HTML };

static enum text_kind
kind_of(const struct mime_value *type, struct slice header)
{
	struct mime_value disposition = MIME_VALUE_INIT;
	struct slice name = str_slice(&type->main);
	struct header_field field;
	bool attached;

	if (header_find(header, "Content-Disposition", &field))
		mime_value_parse(field.body, &disposition);
	attached = slice_is_nocase(str_slice(&disposition.main), "attachment");
	mime_value_release(&disposition);
	if (attached)
		return TEXT_NONE;
	if (name.len == 0 || slice_is_nocase(name, "text/plain"))
		return TEXT_PLAIN;
	return slice_is_nocase(name, "text/html") ? TEXT_HTML : TEXT_NONE;
}

/* The beginning of the part's body as UTF-8. */
static void
decode(const struct part_text *part, struct slice body, struct str *utf8)
{
	STR_AUTO octets = STR_INIT;
	struct transfer t;

	transfer_init(&t, part->encoding);
	transfer_feed(&t, slice_head(body, PREVIEW_OCTETS), &octets);
	transfer_end(&t, &octets);
	transfer_release(&t);
	charset_to_utf8(part->charset, str_slice(&octets), utf8);
}

/* Appends the part's preview, if it is of that kind.  Has it one? */
static bool
try_part(const struct mime_part *part, struct slice text, enum text_kind kind,
    struct str *out)
{
	size_t before = out->len;
	STR_AUTO utf8 = STR_INIT;
	struct slice header = mime_header(part, text);
	struct part_text how;

	part_text_init(&how, header);
	if (kind_of(&how.type, header) == kind &&
	    how.encoding != TRANSFER_UNKNOWN) {
		decode(&how,
		    slice_of(
			text.ptr + part->body_at, part->end_at - part->body_at),
		    &utf8);
		if (utf8.ptr && kind == TEXT_HTML)
			preview_html(str_slice(&utf8), out);
		else if (utf8.ptr)
			preview_plain(str_slice(&utf8), out);
	}
	part_text_release(&how);
	return out->len > before;
}

void
preview_message(const struct mime *mime, struct slice text, struct str *out)
{
	static const enum text_kind order[] = { TEXT_PLAIN, TEXT_HTML };
	uint32_t i, parts = mime->count;
	size_t kind;

	if (parts > PREVIEW_PARTS_MAX)
		parts = PREVIEW_PARTS_MAX;
	for (kind = 0; kind < sizeof order / sizeof order[0]; kind++)
		for (i = 0; i < parts; i++)
			if (mime->parts[i].kind == MIME_LEAF &&
			    try_part(&mime->parts[i], text, order[kind], out))
				return;
}
