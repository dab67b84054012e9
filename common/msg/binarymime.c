#include "common/msg/binarymime.h"
#include "common/base/enc.h"
#include "common/msg/header.h"
#include "common/msg/mime.h"
#include "common/msg/mime_value.h"

#define FIELD "Content-Transfer-Encoding"
#define LINE_OCTETS 57 /* of a part, in a line of base64 (76 characters) */
#define BUFFER_MAX 32768

struct convert {
	struct slice message;
	struct mime mime;
	binarymime_sink *put;
	void *ctx;
	size_t at; /* octets of message that were put, or left out */
	size_t encoded;
};

/* ---- what a part is ---- */

/* Is it lines that end with CRLF, of which none is too long, without NUL?  The
 * last one need not end. */
static bool
is_text(struct slice octets, size_t line_max)
{
	struct slice rest = octets;

	if (slice_find(octets, '\0') < octets.len)
		return false;
	while (rest.len) {
		size_t at = slice_find(rest, '\n');
		bool ends = at < rest.len;
		struct slice line = slice_head(rest, at);

		if (ends && (at == 0 || line.ptr[at - 1] != '\r'))
			return false;
		line.len -= ends;
		if (line.len > line_max || slice_find(line, '\r') < line.len)
			return false;
		rest = slice_skip(rest, at + 1);
	}
	return true;
}

static struct slice
header_of(const struct convert *c, const struct mime_part *part)
{
	return slice_head(mime_header(part, c->message), MIME_HEADER_MAX);
}

static bool
says_binary(struct slice header)
{
	struct mime_value value = MIME_VALUE_INIT;
	struct header_field field;
	bool binary = false;

	if (header_find(header, FIELD, &field)) {
		mime_value_parse(field.body, &value);
		binary = slice_is_nocase(str_slice(&value.main), "binary");
	}
	mime_value_release(&value);
	return binary;
}

/* RFC 2046 section 5: multiparts and messages have no encoding, nor have those
 * that are too deep, or too broken, to be taken apart. */
static bool
may_encode(struct slice header)
{
	struct mime_value value = MIME_VALUE_INIT;
	struct header_field field;
	struct slice type;
	bool may;

	if (header_find(header, "Content-Type", &field))
		mime_value_parse(field.body, &value);
	type = str_slice(&value.main);
	may = !slice_starts_nocase(type, "multipart") &&
	      !slice_starts_nocase(type, "message");
	mime_value_release(&value);
	return may;
}

/* A last line without an end would get one where mail is stored. */
static bool
is_8bit(const struct convert *c, const struct mime_part *part)
{
	struct slice body = slice_of(
	    c->message.ptr + part->body_at, part->end_at - part->body_at);

	if (part->end_at == c->message.len && body.len &&
	    body.ptr[body.len - 1] != '\n')
		return false;
	return is_text(body, BINARYMIME_LINE_MAX);
}

/* ---- what it becomes ---- */

/* Puts what comes before the offset as it is. */
static void
put_until(struct convert *c, size_t at)
{
	if (at <= c->at)
		return;
	c->put(c->ctx, slice_of(c->message.ptr + c->at, at - c->at));
	c->at = at;
}

/* Puts the header with that encoding in the place of the first field, and
 * without others of its name. */
static void
put_header(
    struct convert *c, const struct mime_part *part, const char *encoding)
{
	struct slice rest = header_of(c, part);
	struct header_field field;

	while (header_next(&rest, &field)) {
		struct slice raw = field.raw;

		if (!slice_is_nocase(field.name, FIELD))
			continue;
		put_until(c, (size_t)(raw.ptr - c->message.ptr));
		c->at += raw.len;
		if (encoding == NULL)
			continue;
		c->put(c->ctx, slice_from(FIELD ": "));
		c->put(c->ctx, slice_from(encoding));
		/* a header that breaks off stays one */
		if (raw.len && raw.ptr[raw.len - 1] == '\n')
			c->put(c->ctx, slice_from("\r\n"));
		encoding = NULL;
	}
	put_until(c, part->body_at);
}

/* The line end before a boundary is the boundary's: the last line has none. */
static void
put_base64(struct convert *c, const struct mime_part *part)
{
	struct slice body = slice_of(
	    c->message.ptr + part->body_at, part->end_at - part->body_at);
	STR_AUTO out = STR_INIT;

	while (body.len) {
		enc_base64(slice_head(body, LINE_OCTETS), &out);
		body = slice_skip(body, LINE_OCTETS);
		if (body.len)
			str_append_cstr(&out, "\r\n");
		if (out.len >= BUFFER_MAX) {
			c->put(c->ctx, str_slice(&out));
			str_clear(&out);
		}
	}
	c->put(c->ctx, str_slice(&out));
	c->at = part->end_at;
	c->encoded++;
}

static bool
convert_part(struct convert *c, const struct mime_part *part)
{
	struct slice header = header_of(c, part);
	bool encode;

	if (!says_binary(header))
		return true; /* the next part's begin puts it */
	encode = part->kind == MIME_LEAF && !is_8bit(c, part);
	if (!is_text(header, header.len))
		return !encode; /* what is wrong with it stays to be seen */
	if (encode && !may_encode(header))
		return false;
	put_until(c, part->header_at);
	put_header(c, part, encode ? "base64" : "8bit");
	if (encode)
		put_base64(c, part);
	return true;
}

bool
binarymime_convert(
    struct slice message, binarymime_sink *put, void *ctx, size_t *ret_encoded)
{
	struct convert c = { .message = message, .put = put, .ctx = ctx };
	bool good = true;
	uint32_t i;

	mime_parse_crlf(message, &c.mime);
	for (i = 0; i < c.mime.count && good; i++)
		good = convert_part(&c, &c.mime.parts[i]);
	if (good)
		put_until(&c, message.len);
	mime_release(&c.mime);
	*ret_encoded = c.encoded;
	return good;
}
