#include "cmd/imapd/fetch.h"
#include "cmd/imapd/response.h"
#include "common/msg/header.h"

/* Where a section lies in the message, in octets with CRLF. */
struct extent {
	uint64_t offset, length;
};

/* What the section's part is, or rather of what it is a part: the numbers name
 * a part, behind which HEADER and TEXT mean those of the message that it
 * holds.  False when there is no such part. */
static bool
find_part(const struct fetch_source *from, const struct section *section,
    const struct mime_part **ret_part)
{
	const struct mime *mime = from->mime;
	uint32_t i = mime_find(mime, section->numbers, section->nnumbers);
	const struct mime_part *part;

	if (i == MIME_NONE)
		return false;
	part = &mime->parts[i];
	if (section->part != SECTION_ALL && section->part != SECTION_MIME) {
		if (part->kind != MIME_MESSAGE)
			return false;
		part = &mime->parts[part->child];
	}
	*ret_part = part;
	return true;
}

/* Of a part, or of the message; a section of fields counts as its header. */
static bool
find_extent(const struct fetch_source *from, const struct section *section,
    struct extent *ret_extent)
{
	const struct body *body = from->body;
	const struct mime_part *part;
	uint64_t begin = 0, middle = body->header, end = body->total;

	if (section->nnumbers) {
		if (!find_part(from, section, &part))
			return false;
		begin = part->header;
		middle = part->body;
		end = part->end;
	}
	if (section->part == SECTION_TEXT ||
	    (section->part == SECTION_ALL && section->nnumbers))
		begin = middle;
	else if (section->part != SECTION_ALL)
		end = middle;
	*ret_extent = (struct extent){ begin, end - begin };
	return true;
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

/* The header of which the section wants fields. */
static struct slice
header_of(const struct fetch_source *from, const struct section *section)
{
	const struct mime_part *part;

	if (section->nnumbers && find_part(from, section, &part))
		return mime_header(part, body_text(from->body));
	return body_header(from->body);
}

/* What the section wants of the fields and the empty line behind them. */
static void
collect_fields(
    struct slice rest, const struct section *section, struct str *out)
{
	bool wanted = section->part == SECTION_FIELDS;
	struct header_field field;

	while (header_next(&rest, &field))
		if (names_field(section, field.name) == wanted)
			append_crlf(out, field.raw);
	str_append_cstr(out, "\r\n");
}

static void
begin_literal(struct imap *im, uint64_t length)
{
	struct str *out = &im->conn.out;

	str_append_cstr(out, " {");
	response_number(out, length);
	str_append_cstr(out, "}\r\n");
}

static void
send_fields(struct imap *im, const struct section *section, struct slice header)
{
	STR_AUTO fields = STR_INIT;
	struct extent extent;

	collect_fields(header, section, &fields);
	extent = cut_partial(section, (struct extent){ 0, fields.len });
	begin_literal(im, extent.length);
	str_append(&im->conn.out,
	    slice_head(slice_skip(str_slice(&fields), (size_t)extent.offset),
		(size_t)extent.length));
	conn_drain(&im->conn);
}

void
fetch_section(struct imap *im, const struct section *section)
{
	const struct fetch_source from = { &im->body, &im->mime };
	struct extent extent;

	str_append(&im->conn.out, str_slice(&section->label));
	if (!find_extent(&from, section, &extent)) {
		str_append_cstr(&im->conn.out, " NIL");
		return;
	}
	if (section->part >= SECTION_FIELDS) {
		send_fields(im, section, header_of(&from, section));
		return;
	}
	extent = cut_partial(section, extent);
	begin_literal(im, extent.length);
	if (extent.length)
		body_write(&im->body, extent.offset, extent.length, conn_put,
		    &im->conn);
}

void
fetch_fields(
    struct imap *im, const struct section *section, struct slice header)
{
	str_append(&im->conn.out, str_slice(&section->label));
	send_fields(im, section, header);
}

bool
fetch_section_put(const struct fetch_source *from,
    const struct section *section, body_put *put, void *ctx)
{
	STR_AUTO fields = STR_INIT;
	struct extent extent;
	struct slice wanted;

	if (!find_extent(from, section, &extent))
		return false;
	if (section->part < SECTION_FIELDS) {
		extent = cut_partial(section, extent);
		if (extent.length)
			body_write(
			    from->body, extent.offset, extent.length, put, ctx);
		return true;
	}
	collect_fields(header_of(from, section), section, &fields);
	extent = cut_partial(section, (struct extent){ 0, fields.len });
	wanted = slice_skip(str_slice(&fields), (size_t)extent.offset);
	(void)put(ctx, slice_head(wanted, (size_t)extent.length)); /* the end */
	return true;
}
