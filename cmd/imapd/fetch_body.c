#include "cmd/imapd/fetch.h"
#include "cmd/imapd/response.h"
#include "common/msg/header.h"

/* Where a section lies in the message, in octets with CRLF. */
struct extent {
	uint64_t offset, length;
};

static struct extent
extent_of(const struct section *section, const struct body *body)
{
	switch (section->part) {
	case SECTION_HEADER:
		return (struct extent){ 0, body->header };
	case SECTION_TEXT:
		return (
		    struct extent){ body->header, body->total - body->header };
	case SECTION_ALL:
	case SECTION_FIELDS:
	case SECTION_FIELDS_NOT:
		break;
	}
	return (struct extent){ 0, body->total };
}

static struct extent
cut_partial(const struct section *section, struct extent all)
{
	uint64_t skip;

	if (!section->partial)
		return all;
	skip = section->offset < all.length ? section->offset : all.length;
	all.offset += skip;
	all.length -= skip;
	if (all.length > section->length)
		all.length = section->length;
	return all;
}

static void
append_crlf(struct str *out, struct slice lines)
{
	size_t at;

	while (lines.len > 0) {
		at = slice_find(lines, '\n');
		if (at == lines.len) {
			str_append(out, lines);
			str_append_cstr(out, "\r\n");
			return;
		}
		str_append(out, slice_head(lines, at));
		if (at == 0 || lines.ptr[at - 1] != '\r')
			str_append_char(out, '\r');
		str_append_char(out, '\n');
		lines = slice_skip(lines, at + 1);
	}
}

static bool
names_field(const struct section *section, struct slice name)
{
	size_t i;

	for (i = 0; i < section->nfields; i++)
		if (slice_equal_nocase(section->fields[i], name))
			return true;
	return false;
}

/* The fields that the section wants, and the empty line. */
static void
collect_fields(
    const struct section *section, const struct body *body, struct str *out)
{
	struct slice rest = body_header(body);
	bool wanted = section->part == SECTION_FIELDS;
	struct header_field field;

	while (header_next(&rest, &field))
		if (names_field(section, field.name) == wanted)
			append_crlf(out, field.raw);
	str_append_cstr(out, "\r\n");
}

static void
begin_literal(struct imap *im, const struct section *section, uint64_t length)
{
	struct str *out = &im->conn.out;

	str_append(out, str_slice(&section->label));
	str_append_cstr(out, " {");
	response_number(out, length);
	str_append_cstr(out, "}\r\n");
}

static void
send_fields(
    struct imap *im, const struct section *section, const struct body *body)
{
	STR_AUTO fields = STR_INIT;
	struct extent extent;

	collect_fields(section, body, &fields);
	extent = cut_partial(section, (struct extent){ 0, fields.len });
	begin_literal(im, section, extent.length);
	str_append(&im->conn.out,
	    slice_head(slice_skip(str_slice(&fields), (size_t)extent.offset),
		(size_t)extent.length));
	conn_drain(&im->conn);
}

void
fetch_section(struct imap *im, const struct section *section, struct body *body)
{
	struct extent extent;

	if (section->part >= SECTION_FIELDS) {
		send_fields(im, section, body);
		return;
	}
	extent = cut_partial(section, extent_of(section, body));
	begin_literal(im, section, extent.length);
	if (extent.length)
		body_write(
		    body, extent.offset, extent.length, conn_put, &im->conn);
}
