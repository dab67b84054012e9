#include "cmd/smtpd/front/submission.h"
#include "common/msg/address.h"

#define COMMENT_DEPTH 20 /* of comments in comments */

/* A list of addresses on its way: what is gathered of the one at hand. */
struct list {
	struct slice rest;
	struct str text; /* without comments and blanks */
	bool gap;        /* a blank or comment stands behind text */
	bool words;      /* text is more than one: a name, if < follows */
	bool angle;      /* within < > */
	bool closed;     /* behind > */
	bool bad;
	struct str *out;
};

/* Eats a comment, which may hold others (RFC 5322 section 3.2.2). */
static void
skip_comment(struct list *l)
{
	unsigned depth = 0;

	do {
		char c = l->rest.ptr[0];

		if (c == '\\')
			l->rest = slice_skip(l->rest, 1);
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
		l->rest = slice_skip(l->rest, 1);
	} while (depth && depth <= COMMENT_DEPTH && l->rest.len);
	l->bad = l->bad || depth;
}

static bool
joins(char c)
{
	return c == '.' || c == '@';
}

/* More text comes, which begins with c.  Only around what joins an address may
 * there be a gap in it: others would read two words as another address. */
static void
go_on(struct list *l, char c)
{
	bool begun = l->text.len > 0;

	l->bad = l->bad || l->closed;
	if (l->gap && begun && !joins(c) &&
	    !joins(l->text.ptr[l->text.len - 1]))
		l->words = true;
	l->gap = false;
}

/* Drops what was no address. */
static void
drop_text(struct list *l)
{
	str_clear(&l->text);
	l->gap = l->words = false;
}

/* Takes a quoted string as it is. */
static void
take_quoted(struct list *l)
{
	size_t i = 1;

	go_on(l, '"');
	while (i < l->rest.len && l->rest.ptr[i] != '"')
		i += l->rest.ptr[i] == '\\' ? 2 : 1;
	if (i >= l->rest.len) {
		l->bad = true;
		i = l->rest.len - 1;
	}
	str_append(&l->text, slice_head(l->rest, i + 1));
	l->rest = slice_skip(l->rest, i + 1);
}

/* The end of one address; of none too, for lists may have holes (4.4). */
static void
end_address(struct list *l)
{
	struct address address;

	l->bad = l->bad || l->angle || l->words;
	if (l->text.len == 0) {
		l->bad = l->bad || l->closed; /* <> */
	} else if (address_parse(str_slice(&l->text), ADDRESS_ALLOW_UTF8,
		       &address) == ADDRESS_OK) {
		address_canonical(&address, l->out);
		str_append_char(l->out, '\n');
	} else {
		l->bad = true;
	}
	drop_text(l);
	l->closed = false;
}

/* Is there an @ but in quotes? */
static bool
has_at(const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '@' && !quoted)
			return true;
		if (*text == '"')
			quoted = !quoted;
		else if (*text == '\\' && text[1])
			text++;
	}
	return false;
}

/* What a colon ends: a route, or a group's name.  A name that looks like an
 * address is taken for one by other readers. */
static void
end_prefix(struct list *l)
{
	const char *text = str_cstr(&l->text);

	l->bad = l->bad || (l->angle ? text[0] != '@' : has_at(text));
	drop_text(l);
}

/* Within < > only a route has commas (RFC 5322 section 4.4). */
static bool
is_route(const struct list *l)
{
	return l->text.len == 0 || l->text.ptr[0] == '@';
}

static void
take_special(struct list *l, char c)
{
	switch (c) {
	case '<':
		l->bad = l->bad || l->angle || l->closed;
		l->angle = true;
		drop_text(l); /* a name */
		break;
	case '>':
		l->bad = l->bad || !l->angle;
		l->angle = false;
		l->closed = true;
		break;
	case ':':
		end_prefix(l);
		break;
	default: /* , and ; */
		if (!l->angle)
			end_address(l);
		else
			l->bad = l->bad || c == ';' || !is_route(l);
		break;
	}
}

static void
take_char(struct list *l)
{
	char c = l->rest.ptr[0];

	if (c == '(') {
		skip_comment(l);
		l->gap = true;
		return;
	}
	if (c == '"') {
		take_quoted(l);
		return;
	}
	l->rest = slice_skip(l->rest, 1);
	if (c && strchr("<>:,;", c)) {
		take_special(l, c);
	} else if (c && strchr(" \t\r\n", c)) {
		l->gap = true;
	} else {
		go_on(l, c);
		str_append_char(&l->text, c);
	}
}

bool
submission_addresses(struct slice body, struct str *out)
{
	struct list l = { .rest = body, .out = out };
	size_t before = out->len;

	while (l.rest.len)
		take_char(&l);
	end_address(&l);
	str_release(&l.text);
	return !l.bad && out->len > before;
}
