#include "cmd/imapd/envelope.h"

#include <string.h>

#include "cmd/imapd/response.h"
#include "common/msg/header.h"

/* In the order of the response. */
enum {
	ENV_DATE,
	ENV_SUBJECT,
	ENV_FROM,
	ENV_SENDER,
	ENV_REPLY_TO,
	ENV_TO,
	ENV_CC,
	ENV_BCC,
	ENV_IN_REPLY_TO,
	ENV_MESSAGE_ID,
	ENV_COUNT
};

static const struct {
	struct slice name;
	bool addresses;
	int instead; /* the field that stands in for it, -1 for none */
} fields[ENV_COUNT] = {
	/* clang-format off */
	[ENV_DATE]        = { SLICE_LIT("Date"),        false, -1 },
	[ENV_SUBJECT]     = { SLICE_LIT("Subject"),     false, -1 },
	[ENV_FROM]        = { SLICE_LIT("From"),        true,  -1 },
	[ENV_SENDER]      = { SLICE_LIT("Sender"),      true,  ENV_FROM },
	[ENV_REPLY_TO]    = { SLICE_LIT("Reply-To"),    true,  ENV_FROM },
	[ENV_TO]          = { SLICE_LIT("To"),          true,  -1 },
	[ENV_CC]          = { SLICE_LIT("Cc"),          true,  -1 },
	[ENV_BCC]         = { SLICE_LIT("Bcc"),         true,  -1 },
	[ENV_IN_REPLY_TO] = { SLICE_LIT("In-Reply-To"), false, -1 },
	[ENV_MESSAGE_ID]  = { SLICE_LIT("Message-ID"),  false, -1 },
	/* clang-format on */
};

/* An address that is being read. */
struct reading {
	envelope_put *put;
	void *ctx;
	unsigned max;
	struct slice rest;
	struct str words;   /* phrase, or address without brackets */
	struct str address; /* what stood in "<>" */
	struct str comment;
	bool angle;
	bool blank; /* the next word needs a blank before it */
	unsigned count;
};

static char
next(struct reading *r)
{
	char c = r->rest.ptr[0];

	r->rest = slice_skip(r->rest, 1);
	return c;
}

static void
put_address(struct reading *r, struct slice name, struct slice local,
    struct slice domain)
{
	struct envelope_address address = { name, local, domain };

	if (r->count == r->max)
		return;
	r->count++;
	r->put(r->ctx, &address);
}

static struct slice
or_nil(const struct str *text)
{
	if (text->len == 0)
		return (struct slice){ NULL, 0 };
	return slice_trim(str_slice(text));
}

/* Splits at the last "@"; the domain is "" where there is none. */
static void
put_mailbox(struct reading *r, struct slice name, struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.ptr[at - 1] != '@')
		at--;
	if (at == 0)
		put_address(r, name, address, slice_of("", 0));
	else
		put_address(r, name, slice_head(address, at - 1),
		    slice_skip(address, at));
}

static void
end_address(struct reading *r)
{
	if (r->angle)
		put_mailbox(r, or_nil(&r->words), str_slice(&r->address));
	else if (r->words.len)
		put_mailbox(r, or_nil(&r->comment), str_slice(&r->words));
	str_clear(&r->words);
	str_clear(&r->address);
	str_clear(&r->comment);
	r->angle = false;
	r->blank = false;
}

static void
begin_group(struct reading *r)
{
	const struct slice nil = { NULL, 0 };

	put_address(r, nil, str_slice(&r->words), nil);
	str_clear(&r->words);
	str_clear(&r->comment);
	r->blank = false;
}

static void
end_group(struct reading *r)
{
	const struct slice nil = { NULL, 0 };

	end_address(r);
	put_address(r, nil, nil, nil);
}

static void
begin_word(struct reading *r)
{
	if (r->blank && r->words.len)
		str_append_char(&r->words, ' ');
	r->blank = false;
}

/* A quoted string, its opening quote eaten, without quotes and escapes. */
static void
read_quoted(struct reading *r, struct str *into)
{
	char c;

	while (r->rest.len && (c = next(r)) != '"') {
		if (c == '\\' && r->rest.len)
			c = next(r);
		str_append_char(into, c);
	}
}

/* A comment, its opening parenthesis eaten; the last one is kept. */
static void
read_comment(struct reading *r)
{
	size_t depth = 1;
	char c;

	str_clear(&r->comment);
	while (r->rest.len && depth) {
		c = next(r);
		if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
		else if (c == '\\' && r->rest.len)
			c = next(r);
		if (depth)
			str_append_char(&r->comment, c);
	}
}

/* What stands in "<>", a source route left out, without quotes. */
static void
read_angle(struct reading *r)
{
	struct str *to = &r->address;
	size_t route;
	char c;

	str_clear(to);
	r->angle = true;
	while (r->rest.len && r->rest.ptr[0] == ' ')
		(void)next(r);
	if (r->rest.len && r->rest.ptr[0] == '@') {
		route = slice_find(r->rest, ':');
		if (route < slice_find(r->rest, '>'))
			r->rest = slice_skip(r->rest, route + 1);
	}
	while (r->rest.len && (c = next(r)) != '>') {
		if (c == '"')
			read_quoted(r, to);
		else
			str_append_char(to, c);
	}
	while (to->len && to->ptr[to->len - 1] == ' ')
		str_truncate(to, to->len - 1);
}

/* A word's character that was eaten, and those behind it that mean nothing
 * else. */
static void
read_word(struct reading *r)
{
	const char *start = r->rest.ptr - 1;
	size_t n = 0;

	while (n < r->rest.len && !strchr(" \t\"(<,:;", r->rest.ptr[n]))
		n++;
	begin_word(r);
	str_append_mem(&r->words, start, n + 1);
	r->rest = slice_skip(r->rest, n);
}

static void
read_one(struct reading *r, bool *in_group)
{
	char c = next(r);

	switch (c) {
	case ' ':
	case '\t':
		r->blank = true;
		return;
	case '"':
		begin_word(r);
		read_quoted(r, &r->words);
		return;
	case '(':
		read_comment(r);
		return;
	case '<':
		read_angle(r);
		return;
	case ',':
		end_address(r);
		return;
	default:
		break;
	}
	if (c == ':' && !*in_group && !r->angle) {
		begin_group(r);
		*in_group = true;
	} else if (c == ';' && *in_group) {
		end_group(r);
		*in_group = false;
	} else {
		read_word(r);
	}
}

unsigned
envelope_each_address(
    struct slice text, unsigned max, envelope_put *put, void *ctx)
{
	struct reading r = { .rest = text, .max = max, .put = put, .ctx = ctx };
	bool in_group = false;

	while (r.rest.len && r.count < max)
		read_one(&r, &in_group);
	if (in_group)
		end_group(&r);
	else
		end_address(&r);
	str_release(&r.words);
	str_release(&r.address);
	str_release(&r.comment);
	return r.count;
}

/* One address structure. */
static void
append_address(void *ctx, const struct envelope_address *address)
{
	struct str *out = ctx;

	str_append_char(out, '(');
	response_nstring(out, address->name);
	str_append_cstr(out, " NIL ");
	response_nstring(out, address->local);
	str_append_char(out, ' ');
	response_nstring(out, address->domain);
	str_append_char(out, ')');
}

void
envelope_addresses(struct slice text, struct str *out)
{
	size_t before = out->len;

	str_append_char(out, '(');
	if (envelope_each_address(
		text, ENVELOPE_ADDRESSES_MAX, append_address, out)) {
		str_append_char(out, ')');
	} else {
		str_truncate(out, before);
		str_append_cstr(out, "NIL");
	}
}

static void
put_field(int i, struct slice body, struct str *out)
{
	STR_AUTO text = STR_INIT;

	if (body.ptr == NULL) {
		str_append_cstr(out, "NIL");
		return;
	}
	header_unfold(body, &text);
	if (fields[i].addresses)
		envelope_addresses(str_slice(&text), out);
	else
		response_string(out, str_slice(&text));
}

static void
find_fields(struct slice header, struct slice *bodies)
{
	struct header_field field;
	int i;

	while (header_next(&header, &field))
		for (i = 0; i < ENV_COUNT; i++)
			if (bodies[i].ptr == NULL &&
			    slice_equal_nocase(field.name, fields[i].name))
				bodies[i] = field.body;
}

/* An address field that is there but holds no address counts as missing. */
static bool
is_missing(int i, struct slice body)
{
	size_t end = body.len;

	while (end && (body.ptr[end - 1] == '\n' || body.ptr[end - 1] == '\r'))
		end--;
	return body.ptr == NULL ||
	       (fields[i].instead >= 0 &&
		   slice_trim(slice_head(body, end)).len == 0);
}

/* Appends what out has from start to end once more. */
static void
repeat(size_t start, size_t end, struct str *out)
{
	str_reserve(out, end - start);
	str_append_mem(out, out->ptr + start, end - start);
}

void
envelope_append(struct slice header, struct str *out)
{
	struct slice bodies[ENV_COUNT] = { { NULL, 0 } };
	size_t starts[ENV_COUNT + 1];
	int i, instead;

	find_fields(header, bodies);
	str_append_char(out, '(');
	starts[0] = out->len;
	for (i = 0; i < ENV_COUNT; i++) {
		instead = fields[i].instead;
		if (instead >= 0 && is_missing(i, bodies[i])) {
			repeat(starts[instead], starts[instead + 1], out);
		} else {
			put_field(i, bodies[i], out);
			str_append_char(out, ' ');
		}
		starts[i + 1] = out->len;
	}
	out->ptr[out->len - 1] = ')';
}
