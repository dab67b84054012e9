#include "cmd/imapd/bodystructure.h"

#include "cmd/imapd/envelope.h"
#include "cmd/imapd/response.h"
#include "common/msg/header.h"
#include "common/msg/mime_value.h"

#define LANGUAGES_MAX 100 /* of one part; the rest is left out */

/* A structure that is being written. */
struct writing {
	const struct mime *mime;
	struct slice text;
	bool extended;
	struct str *out;
};

/* The fields of a part's header that its structure tells, ptr NULL for those
 * that are not there. */
struct fields {
	struct slice type, id, description, encoding, md5, disposition,
	    language, location;
};

static void
find_fields(struct slice header, struct fields *ret_fields)
{
	struct fields f = { .type = { NULL, 0 } };
	const struct {
		const char *name;
		struct slice *body;
	} wanted[] = {
		{ "Content-Type", &f.type },
		{ "Content-ID", &f.id },
		{ "Content-Description", &f.description },
		{ "Content-Transfer-Encoding", &f.encoding },
		{ "Content-MD5", &f.md5 },
		{ "Content-Disposition", &f.disposition },
		{ "Content-Language", &f.language },
		{ "Content-Location", &f.location },
	};
	struct header_field field;
	size_t i;

	while (header_next(&header, &field)) {
		if (!slice_starts_nocase(field.name, "Content-"))
			continue;
		for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
			if (wanted[i].body->ptr == NULL &&
			    slice_is_nocase(field.name, wanted[i].name))
				*wanted[i].body = field.body;
	}
	*ret_fields = f;
}

/* " " and an unfolded field, or NIL. */
static void
put_field(struct writing *w, struct slice body)
{
	STR_AUTO text = STR_INIT;

	str_append_char(w->out, ' ');
	if (body.ptr)
		header_unfold(body, &text);
	response_nstring(w->out, body.ptr ? str_slice(&text) : body);
}

static void
put_pair(struct writing *w, bool first, struct slice name, struct slice value)
{
	str_append_char(w->out, first ? '(' : ' ');
	response_string(w->out, name);
	str_append_char(w->out, ' ');
	response_string(w->out, value);
}

/* " " and ("NAME" "value" ...), or NIL; charset, unless it is NULL, is that of
 * a text that does not say its own. */
static void
put_params(
    struct writing *w, const struct mime_value *value, const char *charset)
{
	size_t i;

	str_append_char(w->out, ' ');
	for (i = 0; i < value->count; i++)
		put_pair(w, i == 0, str_slice(&value->params[i].name),
		    str_slice(&value->params[i].value));
	if (charset)
		put_pair(w, i == 0, slice_from("charset"), slice_from(charset));
	str_append_cstr(w->out, i || charset ? ")" : "NIL");
}

/* " " and ("attachment" params), or NIL. */
static void
put_disposition(struct writing *w, struct slice body)
{
	struct mime_value value = MIME_VALUE_INIT;

	if (body.ptr)
		mime_value_parse(body, &value);
	if (value.main.len == 0) {
		str_append_cstr(w->out, " NIL");
	} else {
		str_append_cstr(w->out, " (");
		response_string(w->out, str_slice(&value.main));
		put_params(w, &value, NULL);
		str_append_char(w->out, ')');
	}
	mime_value_release(&value);
}

/* " " and one language, several as a list, or NIL (RFC 3282). */
static void
put_languages(struct writing *w, struct slice body)
{
	STR_AUTO text = STR_INIT;
	struct slice rest, tag;
	size_t at = w->out->len, n = 0;

	header_unfold(body.ptr ? body : slice_from(""), &text);
	rest = str_slice(&text);
	str_append_cstr(w->out, " (");
	while (n < LANGUAGES_MAX && slice_next(&rest, ',', &tag)) {
		tag = slice_trim(tag);
		if (tag.len == 0)
			continue;
		if (n++ > 0)
			str_append_char(w->out, ' ');
		response_string(w->out, tag);
	}
	str_append_char(w->out, ')');
	if (n == 0) {
		str_truncate(w->out, at);
		str_append_cstr(w->out, " NIL");
	}
}

/* Disposition, language and location, which both kinds have at their end. */
static void
put_extension(struct writing *w, const struct fields *fields)
{
	put_disposition(w, fields->disposition);
	put_languages(w, fields->language);
	put_field(w, fields->location);
}

static bool
is_message_type(struct slice type)
{
	return slice_is_nocase(type, "message/rfc822") ||
	       slice_is_nocase(type, "message/global");
}

static void
set_type(struct mime_value *value, const char *type)
{
	mime_value_release(value);
	str_append_cstr(&value->main, type);
}

/* The type of a part that is no multipart: of one that says none, or a
 * multipart's that has no parts, the default (RFC 2045 section 5.2, RFC 2046
 * section 5.1.5).  A message that was not looked into has no envelope to be
 * told, so it is data. */
static void
type_of(const struct mime_part *part, const struct fields *fields,
    struct mime_value *value)
{
	struct slice main;

	if (fields->type.ptr)
		mime_value_parse(fields->type, value);
	main = str_slice(&value->main);
	if (main.len == 0 && part->in_digest)
		set_type(value, "message/rfc822");
	else if (slice_find(main, '/') + 1 >= main.len ||
		 slice_starts_nocase(main, "multipart/"))
		set_type(value, "text/plain");
	if (part->kind != MIME_MESSAGE &&
	    is_message_type(str_slice(&value->main)))
		set_type(value, "application/octet-stream");
}

/* Is it a text that does not say in which characters (RFC 2045 section
 * 5.2)? */
static bool
lacks_charset(const struct mime_value *value)
{
	struct slice text;

	return slice_starts_nocase(str_slice(&value->main), "text/") &&
	       !mime_value_param(value, "charset", &text) &&
	       !mime_value_param(value, "charset*", &text);
}

static void
put_type(struct writing *w, const struct mime_value *value)
{
	struct slice main = str_slice(&value->main);
	size_t slash = slice_find(main, '/');

	response_string(w->out, slice_head(main, slash));
	str_append_char(w->out, ' ');
	response_string(w->out, slice_skip(main, slash + 1));
	put_params(w, value, lacks_charset(value) ? "us-ascii" : NULL);
}

static void
put_encoding(struct writing *w, struct slice body)
{
	struct mime_value value = MIME_VALUE_INIT;

	if (body.ptr)
		mime_value_parse(body, &value);
	str_append_char(w->out, ' ');
	response_string(w->out,
	    value.main.len ? str_slice(&value.main) : slice_from("7bit"));
	mime_value_release(&value);
}

static void
put_number(struct writing *w, uint64_t number)
{
	str_append_char(w->out, ' ');
	response_number(w->out, number);
}

/* A leaf, or a message/rfc822 up to its envelope; the fields that stand behind
 * its own structure come with end_message. */
static void
put_leaf(struct writing *w, const struct mime_part *part,
    const struct fields *fields)
{
	struct mime_value type = MIME_VALUE_INIT;

	type_of(part, fields, &type);
	put_type(w, &type);
	put_field(w, fields->id);
	put_field(w, fields->description);
	put_encoding(w, fields->encoding);
	put_number(w, part->end - part->body);
	if (slice_starts_nocase(str_slice(&type.main), "text/"))
		put_number(w, part->lines);
	mime_value_release(&type);
}

/* A multipart has at least one part, by IMAP's grammar. */
static void
put_no_part(struct writing *w)
{
	const struct mime_part part = { .kind = MIME_LEAF };
	const struct fields none = { .type = { NULL, 0 } };

	str_append_char(w->out, '(');
	put_leaf(w, &part, &none);
	if (w->extended) {
		put_field(w, none.md5);
		put_extension(w, &none);
	}
	str_append_char(w->out, ')');
}

static void
begin(struct writing *w, const struct mime_part *part)
{
	struct fields fields;

	str_append_char(w->out, '(');
	if (part->kind == MIME_MULTIPART) {
		if (part->child == MIME_NONE)
			put_no_part(w);
		return;
	}
	find_fields(mime_header(part, w->text), &fields);
	put_leaf(w, part, &fields);
	if (part->kind == MIME_MESSAGE) {
		const struct mime_part *child = &w->mime->parts[part->child];

		str_append_char(w->out, ' ');
		envelope_append(mime_header(child, w->text), w->out);
		str_append_char(w->out, ' ');
	}
}

/* The subtype of a multipart, its parts being told. */
static void
end_multipart(struct writing *w, const struct fields *fields)
{
	struct mime_value type = MIME_VALUE_INIT;
	struct slice subtype;

	mime_value_parse(fields->type, &type);
	subtype = slice_skip(
	    str_slice(&type.main), slice_find(str_slice(&type.main), '/') + 1);
	str_append_char(w->out, ' ');
	response_string(w->out, subtype.len ? subtype : slice_from("mixed"));
	if (w->extended)
		put_params(w, &type, NULL);
	mime_value_release(&type);
}

static void
end(struct writing *w, const struct mime_part *part)
{
	bool parts = part->kind == MIME_MULTIPART;
	struct fields fields;

	if (parts || w->extended)
		find_fields(mime_header(part, w->text), &fields);
	if (parts)
		end_multipart(w, &fields);
	else if (part->kind == MIME_MESSAGE)
		put_number(w, part->lines);
	if (w->extended && !parts)
		put_field(w, fields.md5);
	if (w->extended)
		put_extension(w, &fields);
	str_append_char(w->out, ')');
}

/* Down to the first child, else to the next sibling of it or of one above it,
 * which ends on the way: no recursion for a hostile message to use. */
void
bodystructure_append(
    const struct mime *mime, struct slice text, bool extended, struct str *out)
{
	struct writing w = { mime, text, extended, out };
	uint32_t i = 0;

	for (;;) {
		const struct mime_part *part = &mime->parts[i];

		begin(&w, part);
		if (part->child != MIME_NONE) {
			i = part->child;
			continue;
		}
		end(&w, part);
		while (part->next == MIME_NONE && part->parent != MIME_NONE) {
			part = &mime->parts[part->parent];
			end(&w, part);
		}
		if (part->parent == MIME_NONE)
			return;
		i = part->next;
	}
}
