#include "common/msg/msgid.h"

/* Cuts the first octet off. */
static char
next(struct slice *rest)
{
	char c = rest->ptr[0];

	*rest = slice_skip(*rest, 1);
	return c;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A quoted string behind its first quote; false when it has no end. */
static bool
read_quoted(struct slice *rest, struct str *id)
{
	while (rest->len) {
		char c = next(rest);

		if (c == '"')
			return true;
		if (c == '\\' && rest->len)
			c = next(rest);
		str_append_char(id, c);
	}
	return false;
}

/* A comment behind its first parenthesis, others within it. */
static void
skip_comment(struct slice *rest)
{
	size_t depth = 1;

	while (rest->len && depth) {
		char c = next(rest);

		if (c == '\\' && rest->len)
			(void)next(rest); /* whatever it is */
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
	}
}

/* A domain literal behind its first bracket, which is kept as it is. */
static bool
read_literal(struct slice *rest, struct str *id)
{
	str_append_char(id, '[');
	while (rest->len) {
		char c = next(rest);

		str_append_char(id, c);
		if (c == ']')
			return true;
	}
	return false;
}

/* What stands behind "<", to ">"; false where it breaks off.  A "<" in the
 * middle begins anew. */
static bool
read_slowly(struct slice *rest, struct str *id)
{
	str_clear(id);
	while (rest->len) {
		char c = next(rest);

		if (c == '>')
			return true;
		if (c == '<')
			str_clear(id);
		else if (c == '(')
			skip_comment(rest);
		else if (c == '"' ? !read_quoted(rest, id)
				  : c == '[' && !read_literal(rest, id))
			return false;
		else if (c != '"' && c != '[' && !is_blank(c))
			str_append_char(id, c);
	}
	return false;
}

/* Is it an octet that needs a closer look? */
static bool
is_special(char c)
{
	return is_blank(c) || c == '"' || c == '(' || c == '[' || c == '<';
}

/* Nearly all of them have nothing that would have to be taken out. */
static bool
read_plain(struct slice *rest, struct str *id)
{
	size_t i;

	for (i = 0; i < rest->len && rest->ptr[i] != '>'; i++)
		if (is_special(rest->ptr[i]))
			return false;
	if (i == rest->len)
		return false;
	str_set(id, slice_head(*rest, i));
	*rest = slice_skip(*rest, i + 1);
	return true;
}

static bool
is_msgid(struct slice id)
{
	size_t at = slice_find(id, '@');

	return at > 0 && at + 1 < id.len && id.len <= MSGID_MAX;
}

bool
msgid_next(struct slice *rest, struct str *id)
{
	for (;;) {
		*rest = slice_skip(*rest, slice_find(*rest, '<') + 1);
		if (rest->len == 0)
			return false;
		if ((read_plain(rest, id) || read_slowly(rest, id)) &&
		    is_msgid(str_slice(id)))
			return true;
	}
}
