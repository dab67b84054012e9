#include "common/msg/header.h"

#define SPAM_NAME "X-Spam-"
#define SPAM_OLD_NAME "X-Old-Spam-"
#define RESULTS_NAME "Authentication-Results"
#define OLD "X-Old-"
#define MBOX_NAME "X-Mailbox-Line: "

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
header_is_name(struct slice name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~' ||
		    name.ptr[i] == ':')
			return false;
	return name.len > 0;
}

/* The name of the field that line begins, blanks before the colon allowed
 * (RFC 5322 section 4.5.8); empty when it begins none. */
static struct slice
field_name(struct slice line)
{
	size_t n = 0, colon;

	while (n < line.len && line.ptr[n] > ' ' && line.ptr[n] < 0x7f &&
	       line.ptr[n] != ':')
		n++;
	colon = n;
	while (colon < line.len && is_blank(line.ptr[colon]))
		colon++;
	if (colon == line.len || line.ptr[colon] != ':')
		n = 0;
	return slice_head(line, n);
}

/* Counts and notes the field of that name. */
static void
note_field(struct header_scan *scan, struct slice name)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{ "From", HEADER_HAS_FROM },
		{ "Date", HEADER_HAS_DATE },
		{ "Message-ID", HEADER_HAS_MESSAGE_ID },
		{ "Subject", HEADER_HAS_SUBJECT },
		{ "To", HEADER_HAS_TO },
		{ "Cc", HEADER_HAS_TO },
		{ "Bcc", HEADER_HAS_TO },
	};
	size_t i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (slice_is_nocase(name, known[i].name))
			scan->has |= known[i].bit;
	scan->received += slice_is_nocase(name, "Received");
	scan->delivered_to += slice_is_nocase(name, "Delivered-To");
}

static void
put_line(const char *before, struct slice line, struct str *out)
{
	str_append_cstr(out, before);
	str_append(out, line);
	str_append_char(out, '\n');
}

/* Skips blanks and comments (RFC 5322 section 3.2.2); false when the line ends
 * before anything else. */
static bool
skip_cfws(struct slice *rest)
{
	size_t depth = 0;

	for (; rest->len; *rest = slice_skip(*rest, 1)) {
		char c = rest->ptr[0];

		if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (c == '\\' && depth)
			*rest = slice_skip(*rest, 1);
		else if (depth == 0 && !is_blank(c))
			return true;
	}
	return false;
}

/* Does the field say that it is ours, or leave it open?  One that quotes the
 * name leaves it open. */
static bool
claims_to_be_ours(const struct header_scan *scan, struct slice line)
{
	struct slice rest = slice_skip(line, slice_find(line, ':') + 1);
	size_t len = 0;

	if (!skip_cfws(&rest) || rest.ptr[0] == '"')
		return true;
	while (len < rest.len && !strchr(" \t(;\r", rest.ptr[len]))
		len++;
	return slice_is_nocase(slice_head(rest, len), scan->authserv_id);
}

/* A line of the header: a field's first one, or a later one, or its end. */
static void
scan_header_line(struct header_scan *scan, struct slice line, struct str *out)
{
	struct slice name = field_name(line);
	bool mbox = scan->lines == 0 && slice_starts(line, "From ");

	if (line.len == 0) {
		scan->done = true;
		put_line("", line, out);
		return;
	}
	if (name.len == 0 && !mbox &&
	    !(is_blank(line.ptr[0]) && scan->in_field)) {
		scan->done = scan->broken = true;
		put_line("\n", line, out);
		return;
	}
	scan->lines++;
	scan->in_field = true;
	note_field(scan, name);
	if (mbox)
		put_line(MBOX_NAME, line, out);
	else if (scan->authserv_id && slice_is_nocase(name, RESULTS_NAME) &&
		 claims_to_be_ours(scan, line))
		put_line(OLD, line, out);
	else if (slice_starts_nocase(name, SPAM_NAME))
		put_line(
		    SPAM_OLD_NAME, slice_skip(line, strlen(SPAM_NAME)), out);
	else
		put_line("", line, out);
}

void
header_scan_line(struct header_scan *scan, struct slice line, struct str *out)
{
	size_t before = out->len;

	if (scan->done) {
		put_line("", line, out);
		return;
	}
	scan_header_line(scan, line, out);
	if (!scan->done)
		scan->octets += out->len - before;
}

/* The first line of text, its LF included. */
static struct slice
first_line(struct slice text)
{
	return slice_head(text, slice_find(text, '\n') + 1);
}

/* Is it the empty line?  A CR that ends all is one whose LF is missing. */
static bool
is_empty_line(struct slice line)
{
	return slice_is(line, "\n") || slice_is(line, "\r\n") ||
	       slice_is(line, "\r");
}

/* Has it nothing but blanks before its end? */
static bool
is_blank_line(struct slice line)
{
	while (line.len && is_blank(line.ptr[0]))
		line = slice_skip(line, 1);
	return line.len == 0 || is_empty_line(line);
}

/* Octets of the field at the start of text, its later lines included. */
static size_t
field_length(struct slice text)
{
	size_t n = first_line(text).len;

	while (n < text.len && is_blank(text.ptr[n]))
		n += first_line(slice_skip(text, n)).len;
	return n;
}

bool
header_next(struct slice *rest, struct header_field *ret_field)
{
	while (rest->len) {
		struct slice line = first_line(*rest), name = field_name(line);

		if (is_empty_line(line))
			return false;
		if (name.len) {
			ret_field->name = name;
			ret_field->raw = slice_head(*rest, field_length(*rest));
			ret_field->body = slice_skip(ret_field->raw,
			    slice_find(ret_field->raw, ':') + 1);
			*rest = slice_skip(*rest, ret_field->raw.len);
			return true;
		}
		*rest = slice_skip(*rest, line.len);
	}
	return false;
}

bool
header_find(
    struct slice header, const char *name, struct header_field *ret_field)
{
	struct header_field field;

	while (header_next(&header, &field)) {
		if (slice_is_nocase(field.name, name)) {
			*ret_field = field;
			return true;
		}
	}
	return false;
}

size_t
header_length(struct slice message)
{
	size_t n = 0;

	while (n < message.len) {
		struct slice line = first_line(slice_skip(message, n));

		n += line.len;
		if (is_empty_line(line))
			break;
	}
	return n;
}

/* Octets before the first control character. */
static size_t
plain_octets(struct slice text)
{
	size_t n = 0;

	while (n < text.len && (unsigned char)text.ptr[n] >= ' ' &&
	       text.ptr[n] != 0x7f)
		n++;
	return n;
}

void
header_unfold(struct slice body, struct str *out)
{
	size_t start = out->len;

	for (;;) {
		struct slice plain = slice_head(body, plain_octets(body));

		body = slice_skip(body, plain.len);
		while (out->len == start && slice_starts(plain, " "))
			plain = slice_skip(plain, 1);
		str_append(out, plain);
		if (body.len == 0)
			break;
		if (body.ptr[0] != '\n' && !slice_starts(body, "\r\n") &&
		    out->len > start)
			str_append_char(out, ' ');
		body = slice_skip(body, 1);
	}
	while (out->len > start && out->ptr[out->len - 1] == ' ')
		str_truncate(out, out->len - 1);
}

/*
 * Appends the Subject field with prefix in front of its text.  No octet of the
 * field is left out: what blanks a sender puts there is not ours to judge.
 */
static void
put_subject(const struct header_field *field, struct slice prefix,
    const char *eol, struct str *out)
{
	STR_AUTO value = STR_INIT;
	struct slice body = field->body, line = first_line(body);
	struct slice name = slice_head(field->raw, field->raw.len - body.len);
	size_t gap = body.len && is_blank(body.ptr[0]) ? 0 : 1;

	header_unfold(body, &value);
	if (slice_equal(slice_head(str_slice(&value), prefix.len), prefix)) {
		str_append(out, field->raw);
		return;
	}
	str_append(out, name);
	str_append_char(out, ' ');
	str_append(out, prefix);
	if (!is_blank_line(line)) {
		if (name.len + 1 + prefix.len + gap + line.len >
		    HEADER_LINE_MAX)
			str_append_cstr(out, eol);
		if (gap)
			str_append_char(out, ' ');
	}
	str_append(out, body);
}

size_t
header_prefix_subject(struct slice header, const char *prefix, struct str *out)
{
	struct slice first = first_line(header);
	struct slice mark = slice_trim(slice_from(prefix));
	const char *eol =
	    first.len > 1 && first.ptr[first.len - 2] == '\r' ? "\r\n" : "\n";
	bool found = false;
	size_t n = 0;

	while (n < header.len) {
		struct slice rest = slice_skip(header, n);
		struct header_field field;

		if (is_empty_line(first_line(rest)))
			break;
		if (slice_is_nocase(field_name(first_line(rest)), "Subject") &&
		    header_next(&rest, &field)) {
			put_subject(&field, mark, eol, out);
			found = true;
			n += field.raw.len;
		} else {
			str_append(out, first_line(rest));
			n += first_line(rest).len;
		}
	}
	if (n && header.ptr[n - 1] != '\n')
		str_append_cstr(out, eol);
	if (!found)
		str_appendf(out, "Subject: %.*s%s", SLICE_FMT(mark), eol);
	return n;
}
