#include "cmd/imapd/parse.h"

#include "common/base/num.h"

bool
parse_is_atom_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

bool
parse_is_astring_char(unsigned char c)
{
	return c == ']' || parse_is_atom_char(c);
}

static bool
is_pattern_char(unsigned char c)
{
	return c == '%' || c == '*' || parse_is_astring_char(c);
}

static bool
is_tag_char(unsigned char c)
{
	return c != '+' && parse_is_astring_char(c);
}

static bool
is_sequence_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || c == ':' || c == ',' || c == '*' ||
	       c == '$';
}

static bool
is_name_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.';
}

static size_t
span(struct slice s, bool (*is)(unsigned char))
{
	size_t n = 0;

	while (n < s.len && is((unsigned char)s.ptr[n]))
		n++;
	return n;
}

bool
parse_is_tag(struct slice text)
{
	return text.len > 0 && text.len <= PARSE_TAG_MAX &&
	       span(text, is_tag_char) == text.len;
}

bool
parse_is_atom(struct slice text)
{
	return text.len > 0 && span(text, parse_is_atom_char) == text.len;
}

void
args_init(struct args *args, struct slice text, struct str *scratch)
{
	*args = (struct args){ .rest = text, .scratch = scratch };
	str_clear(scratch);
	str_reserve(scratch, text.len);
}

bool
args_fail(struct args *args)
{
	args->bad = true;
	args->rest.len = 0;
	return false;
}

char
args_peek(const struct args *args)
{
	return args->rest.len ? args->rest.ptr[0] : '\0';
}

bool
args_try(struct args *args, char c)
{
	if (args->rest.len == 0 || args->rest.ptr[0] != c)
		return false;
	args->rest = slice_skip(args->rest, 1);
	return true;
}

bool
args_space(struct args *args)
{
	return args_try(args, ' ') || args_fail(args);
}

bool
args_end(const struct args *args)
{
	return !args->bad && args->rest.len == 0 && args->depth == 0;
}

/* Every element is counted, so that no command costs more than its limit. */
static bool
count_one(struct args *args)
{
	return ++args->count <= ARGS_COUNT_MAX || args_fail(args);
}

static bool
take_span(struct args *args, bool (*is)(unsigned char), struct slice *ret_word)
{
	size_t n = span(args->rest, is);

	if (n == 0 || !count_one(args))
		return args_fail(args);
	*ret_word = slice_head(args->rest, n);
	args->rest = slice_skip(args->rest, n);
	return true;
}

bool
args_atom(struct args *args, struct slice *ret_atom)
{
	return take_span(args, parse_is_atom_char, ret_atom);
}

bool
args_sequence(struct args *args, struct slice *ret_sequence)
{
	return take_span(args, is_sequence_char, ret_sequence);
}

bool
args_flag(struct args *args, struct slice *ret_flag)
{
	struct slice start = args->rest;
	bool system = args_try(args, '\\');

	if (!args_atom(args, ret_flag))
		return false;
	if (system)
		*ret_flag = slice_head(start, ret_flag->len + 1);
	return true;
}

bool
args_name(struct args *args, bool may_be_empty, struct slice *ret_name)
{
	if (span(args->rest, is_name_char) > 0)
		return take_span(args, is_name_char, ret_name);
	*ret_name = slice_head(args->rest, 0);
	return (may_be_empty && !args->bad) || args_fail(args);
}

bool
args_number(struct args *args, uint64_t max, uint64_t *ret_number)
{
	if (!count_one(args))
		return false;
	return num_eat(&args->rest, max, ret_number) || args_fail(args);
}

/* May the octet stand in a quoted string?  8-bit ones are let through: what
 * takes the string decides whether they are UTF-8. */
static bool
is_quoted_char(unsigned char c)
{
	return c >= ' ' ? c != 0x7f : c == '\t';
}

/* Takes the escapes out of text, which has some. */
static bool
unescape(struct args *args, struct slice text, struct slice *ret_string)
{
	size_t start = args->scratch->len, i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\')
			i++; /* what follows was checked by quoted_length */
		str_append_char(args->scratch, text.ptr[i]);
	}
	*ret_string = slice_skip(str_slice(args->scratch), start);
	return true;
}

/* The length of what stands between the quotes at the start of rest; false
 * when it does not end or holds what it must not. */
static bool
quoted_length(struct slice rest, size_t *ret_len, bool *ret_escapes)
{
	size_t i;

	*ret_escapes = false;
	for (i = 1; i < rest.len && rest.ptr[i] != '"'; i++) {
		if (!is_quoted_char((unsigned char)rest.ptr[i]))
			return false;
		if (rest.ptr[i] != '\\')
			continue;
		*ret_escapes = true;
		i++;
		if (i == rest.len ||
		    (rest.ptr[i] != '"' && rest.ptr[i] != '\\'))
			return false;
	}
	*ret_len = i - 1;
	return i < rest.len;
}

static bool
take_quoted(struct args *args, struct slice *ret_string)
{
	struct slice inside;
	bool escapes;
	size_t len;

	if (!quoted_length(args->rest, &len, &escapes))
		return args_fail(args);
	inside = slice_head(slice_skip(args->rest, 1), len);
	args->rest = slice_skip(args->rest, len + 2);
	if (escapes)
		return unescape(args, inside, ret_string);
	*ret_string = inside;
	return true;
}

/* A literal, with whatever octets. */
static bool
take_octets(struct args *args, struct slice *ret_string)
{
	size_t line = slice_find(args->rest, '\n');
	struct slice head = slice_head(args->rest, line);
	struct literal literal;

	if (line == args->rest.len || args_peek(args) != '{')
		return args_fail(args);
	if (head.len && head.ptr[head.len - 1] == '\r')
		head.len--;
	/* The "{" at hand must begin the literal that ends the line. */
	if (slice_find(slice_skip(head, 1), '{') != head.len - 1 ||
	    !literal_at_end(head, &literal) || literal.binary)
		return args_fail(args);
	args->rest = slice_skip(args->rest, line + 1);
	if (literal.size > args->rest.len)
		return args_fail(args);
	*ret_string = slice_head(args->rest, (size_t)literal.size);
	args->rest = slice_skip(args->rest, (size_t)literal.size);
	return true;
}

static bool
take_literal(struct args *args, struct slice *ret_string)
{
	return take_octets(args, ret_string) &&
	       (slice_find(*ret_string, '\0') == ret_string->len ||
		   args_fail(args));
}

bool
args_string(struct args *args, struct slice *ret_string)
{
	if (!count_one(args))
		return false;
	switch (args_peek(args)) {
	case '"':
		return take_quoted(args, ret_string);
	case '{':
		return take_literal(args, ret_string);
	default:
		return args_fail(args);
	}
}

static bool
is_string_start(const struct args *args)
{
	char c = args_peek(args);

	return c == '"' || c == '{';
}

bool
args_astring(struct args *args, struct slice *ret_string)
{
	if (is_string_start(args))
		return args_string(args, ret_string);
	return take_span(args, parse_is_astring_char, ret_string);
}

bool
args_pattern(struct args *args, struct slice *ret_string)
{
	if (is_string_start(args))
		return args_string(args, ret_string);
	return take_span(args, is_pattern_char, ret_string);
}

bool
args_nstring(struct args *args, struct slice *ret_string)
{
	struct slice atom;

	if (is_string_start(args))
		return args_string(args, ret_string);
	if (!args_atom(args, &atom) || !slice_is_nocase(atom, "NIL"))
		return args_fail(args);
	*ret_string = (struct slice){ NULL, 0 };
	return true;
}

bool
args_nstring8(struct args *args, struct slice *ret_string)
{
	if (args_try(args, '~'))
		return count_one(args) && take_octets(args, ret_string);
	return args_nstring(args, ret_string);
}

bool
args_open(struct args *args)
{
	if (!args_try(args, '(') || !count_one(args) ||
	    ++args->depth > ARGS_DEPTH_MAX)
		return args_fail(args);
	return true;
}

bool
args_more(struct args *args, bool first)
{
	if (args->bad)
		return false;
	if (args_try(args, ')')) {
		args->depth--;
		return false;
	}
	return first || args_space(args);
}

bool
args_modifiers(
    struct args *args, bool (*parse)(struct args *args, void *ctx), void *ctx)
{
	bool first = true;

	if (args_end(args))
		return true;
	if (!args_space(args) || !args_open(args))
		return false;
	while (args_more(args, first)) {
		first = false;
		if (!parse(args, ctx))
			return false;
	}
	return !first && args_end(args);
}

/* The digits of "{digits}" or "{digits+}" at the end of line. */
static bool
literal_digits(struct slice line, struct slice *ret_digits, bool *ret_sync)
{
	size_t end = line.len, start;

	if (end == 0 || line.ptr[--end] != '}')
		return false;
	*ret_sync = end == 0 || line.ptr[end - 1] != '+';
	if (!*ret_sync)
		end--;
	start = end;
	while (start > 0 && line.ptr[start - 1] >= '0' &&
	       line.ptr[start - 1] <= '9')
		start--;
	*ret_digits = slice_of(line.ptr + start, end - start);
	return start > 0 && start < end && line.ptr[start - 1] == '{';
}

bool
literal_at_end(struct slice line, struct literal *ret_literal)
{
	struct literal found = { 0, true, false };
	struct slice digits;
	const char *brace;

	if (!literal_digits(line, &digits, &found.sync))
		return false;
	if (!num_parse(digits, INT64_MAX, &found.size))
		found.size = UINT64_MAX;
	brace = digits.ptr - 1;
	found.binary = brace > line.ptr && brace[-1] == '~';
	*ret_literal = found;
	return true;
}
