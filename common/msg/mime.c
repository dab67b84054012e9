#include <stdlib.h>

#include "common/base/mem.h"
#include "common/msg/header.h"
#include "common/msg/mime.h"
#include "common/msg/mime_value.h"

/* A multipart whose boundary may come. */
struct open_multipart {
	uint32_t part;
	bool digest;
	size_t boundary, len; /* in struct parse's boundaries */
};

/* A line of the text, and where it stands. */
struct line {
	struct slice text; /* without its line end */
	size_t at;
	uint64_t crlf;
};

struct parse {
	struct mime *mime;
	struct slice text;
	size_t at;      /* behind the line that is looked at */
	uint64_t crlf;  /* the same with CRLF */
	uint64_t lines; /* line ends before that line */
	uint64_t ended; /* line ends up to and with its own */
	size_t end_len; /* octets of the line end before that line */
	uint32_t part;  /* in which it stands */
	bool in_header;
	bool crlf_only; /* LF alone ends no line */
	/* at most one for each level */
	struct open_multipart open[MIME_DEPTH_MAX];
	size_t nopen;
	struct str boundaries;
};

static struct mime_part *
part_of(const struct parse *p, uint32_t i)
{
	return &p->mime->parts[i];
}

/* Where the LF is that ends the first line of text, or text.len. */
static size_t
find_line_end(const struct parse *p, struct slice text)
{
	size_t at = slice_find(text, '\n');

	while (p->crlf_only && at < text.len &&
	       (at == 0 || text.ptr[at - 1] != '\r'))
		at += 1 + slice_find(slice_skip(text, at + 1), '\n');
	return at;
}

static bool
next_line(struct parse *p, struct line *ret_line)
{
	struct slice rest = slice_skip(p->text, p->at);
	size_t len = find_line_end(p, rest);
	bool whole = len < rest.len;
	bool cr = whole && len > 0 && rest.ptr[len - 1] == '\r';

	if (rest.len == 0)
		return false;
	*ret_line = (struct line){ slice_head(rest, len - cr), p->at, p->crlf };
	p->at += len + whole;
	p->crlf += len - cr + (whole ? 2 : 0);
	p->lines = p->ended;
	p->ended += whole;
	return true;
}

/* ---- parts begin and end ---- */

/* A part whose header begins at the offset; room was looked for before. */
static void
begin_part(struct parse *p, uint32_t parent, size_t at, uint64_t crlf)
{
	struct mime *m = p->mime;
	struct mime_part part = { .parent = parent,
		.child = MIME_NONE,
		.next = MIME_NONE,
		.header_at = at,
		.body_at = at,
		.end_at = at,
		.header = crlf,
		.body = crlf,
		.end = crlf };

	if (parent != MIME_NONE)
		part.depth = (uint16_t)(m->parts[parent].depth + 1);
	m->parts = mem_grow(m->parts, &m->cap, m->count + 1, sizeof *m->parts);
	m->parts[m->count] = part;
	p->part = m->count++;
	p->in_header = true;
}

/* Puts the newest part behind its siblings; before is the last of them. */
static void
link_part(struct parse *p, uint32_t parent, uint32_t before)
{
	if (before == MIME_NONE)
		part_of(p, parent)->child = p->part;
	else
		part_of(p, before)->next = p->part;
}

static bool
has_room(const struct parse *p, uint32_t parent)
{
	return p->mime->count < MIME_PARTS_MAX &&
	       part_of(p, parent)->depth < MIME_DEPTH_MAX;
}

/* The part ends before the octet at; lines is how many line ends came before
 * it. */
static void
end_part(struct parse *p, uint32_t i, size_t at, uint64_t crlf, uint64_t lines)
{
	struct mime_part *part = part_of(p, i);
	uint64_t before = part->lines;

	if (p->in_header && i == p->part) {
		part->body_at = part->header_at < at ? at : part->header_at;
		part->body = part->header < crlf ? crlf : part->header;
		before = lines;
	}
	part->end_at = part->body_at < at ? at : part->body_at;
	part->end = part->body < crlf ? crlf : part->body;
	part->lines = lines > before ? lines - before : 0;
}

/* ---- what a header says about its part ---- */

/* Is the value's type (before the "/") that? */
static bool
has_type(const struct mime_value *value, const char *type)
{
	struct slice main = str_slice(&value->main);

	return slice_is_nocase(slice_head(main, slice_find(main, '/')), type);
}

static bool
is_encoded(struct slice header)
{
	struct header_field field;
	struct slice text;

	if (!header_find(header, "Content-Transfer-Encoding", &field))
		return false;
	text = slice_trim(slice_head(field.body, slice_find(field.body, '\n')));
	return slice_starts_nocase(text, "base64") ||
	       slice_starts_nocase(text, "quoted-printable");
}

static void
open_multipart(struct parse *p, const struct mime_value *type)
{
	struct slice boundary = { "", 0 };
	struct open_multipart *open = &p->open[p->nopen];

	if (!mime_value_param(type, "boundary", &boundary) ||
	    boundary.len == 0 || boundary.len > MIME_BOUNDARY_MAX ||
	    !has_room(p, p->part))
		return;
	open->part = p->part;
	open->digest =
	    slice_is_nocase(str_slice(&type->main), "multipart/digest");
	open->boundary = p->boundaries.len;
	open->len = boundary.len;
	str_append(&p->boundaries, boundary);
	p->nopen++;
	part_of(p, p->part)->kind = MIME_MULTIPART;
}

static bool
is_message_type(const struct mime_value *type)
{
	return slice_is_nocase(str_slice(&type->main), "message/rfc822") ||
	       slice_is_nocase(str_slice(&type->main), "message/global");
}

static void
open_message(struct parse *p)
{
	uint32_t parent = p->part;

	if (!has_room(p, parent))
		return;
	part_of(p, parent)->kind = MIME_MESSAGE;
	begin_part(p, parent, p->at, p->crlf);
	part_of(p, p->part)->message = true;
	link_part(p, parent, MIME_NONE);
}

/* The header of the part is over: p->at is behind its empty line. */
static void
end_header(struct parse *p)
{
	struct mime_part *part = part_of(p, p->part);
	struct mime_value type = MIME_VALUE_INIT;
	struct header_field field;
	struct slice header;

	p->in_header = false;
	part->body_at = p->at;
	part->body = p->crlf;
	part->lines = p->ended;
	header = slice_head(mime_header(part, p->text), MIME_HEADER_MAX);
	if (header_find(header, "Content-Type", &field))
		mime_value_parse(field.body, &type);
	if (type.main.len == 0 && part->in_digest)
		str_append_cstr(&type.main, "message/rfc822");
	if (has_type(&type, "multipart"))
		open_multipart(p, &type);
	else if (is_message_type(&type) && !is_encoded(header))
		open_message(p);
	mime_value_release(&type);
}

/* ---- boundaries ---- */

/* Is the line this boundary, or the one that closes (RFC 2046 section 5.1.1)?
 * Blanks may follow. */
static bool
is_boundary(struct slice line, struct slice boundary, bool *ret_close)
{
	struct slice rest = slice_skip(line, 2);

	if (rest.len < boundary.len ||
	    memcmp(rest.ptr, boundary.ptr, boundary.len) != 0)
		return false;
	rest = slice_skip(rest, boundary.len);
	*ret_close = slice_starts(rest, "--");
	return *ret_close || slice_trim(rest).len == 0;
}

/* Whose boundary is the line?  An index of open, or nopen; the innermost goes
 * first. */
static size_t
find_boundary(const struct parse *p, struct slice line, bool *ret_close)
{
	size_t i;

	if (!slice_starts(line, "--"))
		return p->nopen;
	for (i = p->nopen; i > 0; i--) {
		const struct open_multipart *open = &p->open[i - 1];

		if (is_boundary(line,
			slice_of(p->boundaries.ptr + open->boundary, open->len),
			ret_close))
			return i - 1;
	}
	return p->nopen;
}

/* The last child of a multipart that is still open: the one in which we are,
 * or were. */
static uint32_t
last_child(const struct parse *p, uint32_t parent)
{
	uint32_t i = p->part;

	while (i != MIME_NONE && part_of(p, i)->parent != parent)
		i = part_of(p, i)->parent;
	return i;
}

/* Ends everything within the multipart; the line end before a boundary
 * belongs to the boundary, but for one that ended a header: a part ends no
 * earlier than what is in it.  The last of its children, MIME_NONE for none. */
static uint32_t
end_parts_within(struct parse *p, uint32_t multipart, const struct line *line)
{
	uint32_t last = last_child(p, multipart), i;
	size_t at = line->at - p->end_len;
	uint64_t crlf = line->crlf - (p->end_len ? 2 : 0);

	for (i = p->part; i != multipart; i = part_of(p, i)->parent) {
		end_part(p, i, at, crlf, p->lines - (at < line->at));
		at = part_of(p, i)->end_at;
		crlf = part_of(p, i)->end;
		p->in_header = false;
	}
	return last;
}

/* What is before the first part, or behind the last, is the multipart's. */
static void
take_boundary(struct parse *p, size_t at, bool close, const struct line *line)
{
	const struct open_multipart open = p->open[at];
	uint32_t last = end_parts_within(p, open.part, line);

	p->part = open.part;
	p->in_header = false;
	p->nopen = close ? at : at + 1;
	p->boundaries.len = open.boundary + (close ? 0 : open.len);
	if (close || p->mime->count >= MIME_PARTS_MAX)
		return;
	begin_part(p, open.part, p->at, p->crlf);
	part_of(p, p->part)->in_digest = open.digest;
	link_part(p, open.part, last);
}

/* ---- the whole ---- */

static void
take_line(struct parse *p, const struct line *line)
{
	bool close = false;
	size_t at = find_boundary(p, line->text, &close);

	if (at < p->nopen)
		take_boundary(p, at, close, line);
	else if (p->in_header && line->text.len == 0)
		end_header(p);
	p->end_len = p->at - line->at - line->text.len;
}

static void
parse(struct slice text, bool crlf_only, struct mime *mime)
{
	struct parse p = { .mime = mime, .text = text, .crlf_only = crlf_only };
	struct line line;
	uint32_t i;

	mime->count = 0;
	begin_part(&p, MIME_NONE, 0, 0);
	mime->parts[0].message = true;
	while (next_line(&p, &line))
		take_line(&p, &line);
	if (p.in_header)
		end_header(&p);
	for (i = p.part; i != MIME_NONE; i = mime->parts[i].parent) {
		end_part(&p, i, p.at, p.crlf, p.ended);
		p.in_header = false;
	}
	str_release(&p.boundaries);
}

void
mime_parse(struct slice text, struct mime *mime)
{
	parse(text, false, mime);
}

void
mime_parse_crlf(struct slice octets, struct mime *mime)
{
	parse(octets, true, mime);
}

void
mime_release(struct mime *mime)
{
	free(mime->parts);
	*mime = (struct mime){ NULL, 0, 0 };
}

struct slice
mime_header(const struct mime_part *part, struct slice text)
{
	return slice_of(
	    text.ptr + part->header_at, part->body_at - part->header_at);
}

/* ---- by number ---- */

static uint32_t
child_number(const struct mime *mime, uint32_t part, uint32_t number)
{
	uint32_t i = mime->parts[part].child;

	while (i != MIME_NONE && number > 1) {
		i = mime->parts[i].next;
		number--;
	}
	return number == 0 ? MIME_NONE : i;
}

uint32_t
mime_find(const struct mime *mime, const uint32_t *numbers, size_t count)
{
	uint32_t part = 0;
	bool message = true; /* a message, and not yet the part 1 of it */
	size_t i;

	for (i = 0; i < count && part != MIME_NONE; i++) {
		if (!message && mime->parts[part].kind == MIME_MESSAGE) {
			part = mime->parts[part].child;
			message = true;
		}
		if (mime->parts[part].kind == MIME_MULTIPART)
			part = child_number(mime, part, numbers[i]);
		else if (!message || numbers[i] != 1)
			return MIME_NONE;
		message = false;
	}
	return part;
}
