#include "cmd/imapd/search_text.h"

#include "common/msg/casemap.h"
#include "common/msg/charset.h"
#include "common/msg/header.h"
#include "common/msg/part_text.h"
#include "common/msg/words.h"

#include <string.h>

/* Looks for the needle in text that comes in pieces. */
struct finder {
	struct slice needle;
	struct str window; /* folded; its end may be the needle's beginning */
	bool found;
};

static void
finder_take(struct finder *f, struct slice utf8)
{
	size_t keep = f->needle.len ? f->needle.len - 1 : 0;

	if (f->found)
		return;
	casemap_fold(utf8, &f->window);
	f->found = memmem(f->window.ptr ? f->window.ptr : "", f->window.len,
		       f->needle.ptr, f->needle.len) != NULL;
	if (f->window.len > keep)
		str_drop(&f->window, f->window.len - keep);
}

static bool
is_in(struct slice utf8, struct slice needle)
{
	struct finder f = { .needle = needle };

	finder_take(&f, utf8);
	str_release(&f.window);
	return f.found;
}

/* ---- fields ---- */

static bool
is_in_field(const struct header_field *field, struct slice needle)
{
	STR_AUTO line = STR_INIT;
	STR_AUTO words = STR_INIT;

	if (needle.len == 0)
		return true;
	header_unfold(field->body, &line);
	words_decode(str_slice(&line), &words);
	return is_in(str_slice(&words), needle);
}

bool
search_field(struct slice header, struct slice name, struct slice needle)
{
	struct header_field field;

	while (header_next(&header, &field))
		if (slice_equal_nocase(field.name, name) &&
		    is_in_field(&field, needle))
			return true;
	return false;
}

/* The whole field with its name, as who looks for "Subject: x" wants it. */
static bool
is_in_header(struct slice header, struct slice needle)
{
	struct header_field field;
	bool found = false;

	while (!found && header_next(&header, &field)) {
		STR_AUTO line = STR_INIT;
		STR_AUTO words = STR_INIT;

		str_appendf(&line, "%.*s: ", SLICE_FMT(field.name));
		header_unfold(field.body, &line);
		words_decode(str_slice(&line), &words);
		found = is_in(str_slice(&words), needle);
	}
	return found;
}

/* ---- parts ---- */

/* Is there anything to be read in a part of that type? */
static bool
is_text(const struct mime_value *type)
{
	struct slice name = str_slice(&type->main);

	return name.len == 0 || slice_starts_nocase(name, "text/") ||
	       slice_starts_nocase(name, "message/");
}

/* Octets that can be converted without the next piece: whole lines, unless one
 * is as long as a piece. */
static size_t
whole_lines(struct slice octets)
{
	const char *end = memrchr(octets.ptr, '\n', octets.len);

	return end ? (size_t)(end - octets.ptr) + 1 : octets.len;
}

static void
convert(struct finder *f, const struct part_text *part, struct slice octets)
{
	STR_AUTO utf8 = STR_INIT;

	charset_to_utf8(part->charset, octets, &utf8);
	finder_take(f, str_slice(&utf8));
}

static void
look_through(struct finder *f, const struct part_text *part, struct slice body)
{
	STR_AUTO decoded = STR_INIT;
	struct transfer t;
	size_t n;

	transfer_init(&t, part->encoding);
	while (body.len && !f->found) {
		transfer_feed(&t, slice_head(body, SEARCH_PIECE), &decoded);
		body = slice_skip(body, SEARCH_PIECE);
		if (body.len == 0)
			transfer_end(&t, &decoded);
		n = body.len ? whole_lines(str_slice(&decoded)) : decoded.len;
		convert(f, part, slice_head(str_slice(&decoded), n));
		str_drop(&decoded, n);
	}
	transfer_release(&t);
}

static bool
is_in_part(struct slice header, struct slice body, struct slice needle)
{
	struct finder f = { .needle = needle };
	struct part_text part;

	part_text_init(&part, header);
	if (is_text(&part.type))
		look_through(&f, &part, body);
	part_text_release(&part);
	str_release(&f.window);
	return f.found;
}

bool
search_parts(
    const struct search_message *message, bool headers, struct slice needle)
{
	const struct mime *mime = message->mime;
	uint32_t i;

	if (needle.len == 0)
		return true;
	for (i = 0; i < mime->count; i++) {
		const struct mime_part *part = &mime->parts[i];
		struct slice header = mime_header(part, message->text);

		if (headers && is_in_header(header, needle))
			return true;
		if (part->kind == MIME_LEAF &&
		    is_in_part(header,
			slice_of(message->text.ptr + part->body_at,
			    part->end_at - part->body_at),
			needle))
			return true;
	}
	return false;
}
