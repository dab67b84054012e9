#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/msg/mime_value.h"

#define SECTIONS_MAX 1000 /* of one parameter, RFC 2231 section 3 */

/* A parameter as it stands: "name*0*=value" is name, section 0, encoded. */
struct piece {
	struct slice name;
	int section; /* -1: not in sections */
	bool encoded;
	struct str value;
};

struct pieces {
	struct piece *list;
	size_t count, cap;
};

/* ---- tokens (RFC 2045 section 5.1, comments of RFC 5322) ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_token_char(char c)
{
	return (unsigned char)c > ' ' && c != 127 &&
	       strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* A comment, its parenthesis included. */
static void
skip_comment(struct slice *rest)
{
	size_t depth = 0, i;

	for (i = 0; i < rest->len; i++) {
		char c = rest->ptr[i];

		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			break;
	}
	*rest = slice_skip(*rest, i + 1);
}

static void
skip_blanks(struct slice *rest)
{
	while (rest->len) {
		if (rest->ptr[0] == '(')
			skip_comment(rest);
		else if (is_blank(rest->ptr[0]))
			*rest = slice_skip(*rest, 1);
		else
			return;
	}
}

static struct slice
take_token(struct slice *rest)
{
	struct slice token = { rest->ptr, 0 };

	while (token.len < rest->len && is_token_char(rest->ptr[token.len]))
		token.len++;
	*rest = slice_skip(*rest, token.len);
	return token;
}

/* A quoted string; line ends within it are folding. */
static void
take_quoted(struct slice *rest, struct str *out)
{
	size_t i;

	for (i = 1; i < rest->len && rest->ptr[i] != '"'; i++) {
		if (rest->ptr[i] == '\\' && i + 1 < rest->len)
			i++;
		if (rest->ptr[i] != '\r' && rest->ptr[i] != '\n')
			str_append_char(out, rest->ptr[i]);
	}
	*rest = slice_skip(*rest, i + 1);
}

/* A parameter's value.  One that should have been quoted goes to the next ";"
 * or blank: senders write names of files and boundaries so. */
static void
take_value(struct slice *rest, struct str *out)
{
	size_t n = 0;

	if (rest->len && rest->ptr[0] == '"') {
		take_quoted(rest, out);
		return;
	}
	while (n < rest->len && rest->ptr[n] != ';' && !is_blank(rest->ptr[n]))
		n++;
	str_append(out, slice_head(*rest, n));
	*rest = slice_skip(*rest, n);
}

/* ---- parameters ---- */

/* Takes "*0", "*0*" or "*" off the end of a piece's name (RFC 2231). */
static void
split_name(struct piece *piece)
{
	struct slice *name = &piece->name;
	size_t star;
	uint64_t n;

	piece->section = -1;
	if (name->len > 1 && name->ptr[name->len - 1] == '*') {
		piece->encoded = true;
		name->len--;
	}
	star = slice_find(*name, '*');
	if (star == name->len || star == 0)
		return;
	if (num_parse(slice_skip(*name, star + 1), SECTIONS_MAX - 1, &n)) {
		piece->section = (int)n;
		name->len = star;
	}
}

static bool
take_piece(struct slice *rest, struct piece *ret_piece)
{
	struct piece piece = { .value = STR_INIT };

	piece.name = take_token(rest);
	skip_blanks(rest);
	if (piece.name.len == 0 || rest->len == 0 || rest->ptr[0] != '=')
		return false;
	*rest = slice_skip(*rest, 1);
	skip_blanks(rest);
	take_value(rest, &piece.value);
	split_name(&piece);
	*ret_piece = piece;
	return true;
}

static void
take_pieces(struct slice rest, struct pieces *pieces)
{
	struct piece piece;

	while (rest.len && pieces->count < MIME_PARAMS_MAX) {
		if (rest.ptr[0] == ';') {
			rest = slice_skip(rest, 1);
		} else if (is_token_char(rest.ptr[0])) {
			if (!take_piece(&rest, &piece))
				continue;
			pieces->list = mem_grow(pieces->list, &pieces->cap,
			    pieces->count + 1, sizeof *pieces->list);
			pieces->list[pieces->count++] = piece;
		} else {
			rest = slice_skip(rest, 1);
		}
		skip_blanks(&rest);
	}
}

static struct mime_param *
add_param(struct mime_value *value, struct slice name, bool encoded)
{
	struct mime_param *param;

	value->params = mem_grow(value->params, &value->cap, value->count + 1,
	    sizeof *value->params);
	param = &value->params[value->count++];
	*param = (struct mime_param){ STR_INIT, STR_INIT };
	str_set(&param->name, name);
	if (encoded)
		str_append_char(&param->name, '*');
	return param;
}

static const struct piece *
find_section(const struct pieces *pieces, struct slice name, int section)
{
	size_t i;

	for (i = 0; i < pieces->count; i++)
		if (pieces->list[i].section == section &&
		    slice_equal_nocase(pieces->list[i].name, name))
			return &pieces->list[i];
	return NULL;
}

/* Octets that stand for themselves in an encoded value: RFC 2231's
 * attribute-char. */
static bool
is_attribute_char(char c)
{
	return is_token_char(c) && strchr("*'%", c) == NULL &&
	       (unsigned char)c < 127;
}

/* A section that is not encoded, among others that are. */
static void
append_encoded(struct slice text, struct str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (is_attribute_char(text.ptr[i]))
			str_append_char(out, text.ptr[i]);
		else
			str_appendf(out, "%%%02X", (unsigned char)text.ptr[i]);
}

/* Puts the sections from 0 on together, up to the first that is missing. */
static void
join_sections(const struct pieces *pieces, const struct piece *first,
    struct mime_value *value)
{
	const struct piece *piece;
	bool encoded = false;
	struct str *text;
	int i;

	for (i = 0; (piece = find_section(pieces, first->name, i)); i++)
		encoded = encoded || piece->encoded;
	text = &add_param(value, first->name, encoded)->value;
	if (encoded && !first->encoded)
		str_append_cstr(text, "''");
	for (i = 0; (piece = find_section(pieces, first->name, i)); i++) {
		if (encoded && !piece->encoded)
			append_encoded(str_slice(&piece->value), text);
		else
			str_append(text, str_slice(&piece->value));
	}
}

static void
join(const struct pieces *pieces, struct mime_value *value)
{
	size_t i;

	for (i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->list[i];

		if (piece->section == 0 &&
		    find_section(pieces, piece->name, 0) == piece)
			join_sections(pieces, piece, value);
		if (piece->section < 0)
			str_append(
			    &add_param(value, piece->name, piece->encoded)
				 ->value,
			    str_slice(&piece->value));
	}
}

void
mime_value_parse(struct slice body, struct mime_value *value)
{
	struct slice rest = slice_head(body, MIME_VALUE_MAX);
	struct pieces pieces = { NULL, 0, 0 };
	size_t i;

	skip_blanks(&rest);
	str_append(&value->main, take_token(&rest));
	skip_blanks(&rest);
	if (rest.len && rest.ptr[0] == '/' && value->main.len) {
		rest = slice_skip(rest, 1);
		skip_blanks(&rest);
		str_append_char(&value->main, '/');
		str_append(&value->main, take_token(&rest));
	}
	rest = slice_skip(rest, slice_find(rest, ';'));
	take_pieces(rest, &pieces);
	join(&pieces, value);
	for (i = 0; i < pieces.count; i++)
		str_release(&pieces.list[i].value);
	free(pieces.list);
}

void
mime_value_release(struct mime_value *value)
{
	size_t i;

	for (i = 0; i < value->count; i++) {
		str_release(&value->params[i].name);
		str_release(&value->params[i].value);
	}
	free(value->params);
	str_release(&value->main);
	*value = (struct mime_value)MIME_VALUE_INIT;
}

bool
mime_value_param(
    const struct mime_value *value, const char *name, struct slice *ret_text)
{
	size_t i;

	for (i = 0; i < value->count; i++) {
		if (!slice_is_nocase(str_slice(&value->params[i].name), name))
			continue;
		*ret_text = str_slice(&value->params[i].value);
		return true;
	}
	return false;
}
