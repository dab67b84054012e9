#include <errno.h>

#include "common/proto/milter_wire.h"

#define LENGTH 4 /* octets of a number */

static uint32_t
number_at(const char *octets)
{
	const unsigned char *p = (const unsigned char *)octets;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

void
milter_put_u32(struct str *out, uint32_t value)
{
	const char octets[LENGTH] = { (char)(value >> 24), (char)(value >> 16),
		(char)(value >> 8), (char)value };

	str_append_mem(out, octets, sizeof octets);
}

void
milter_put_text(struct str *out, struct slice text)
{
	size_t i, before = out->len;

	str_append(out, text);
	for (i = before; i < out->len; i++)
		if (out->ptr[i] == '\0')
			out->ptr[i] = ' ';
	str_append_char(out, '\0');
}

void
milter_put(enum milter_command command, struct slice octets, struct str *out)
{
	milter_put_u32(out, (uint32_t)octets.len + 1);
	str_append_char(out, (char)command);
	str_append(out, octets);
}

int
milter_cut(struct slice in, struct slice *ret_packet, size_t *ret_used)
{
	uint32_t len;

	if (in.len < LENGTH)
		return 0;
	len = number_at(in.ptr);
	if (len == 0 || len > MILTER_PACKET_MAX)
		return -EMSGSIZE;
	if (in.len - LENGTH < len)
		return 0;
	*ret_packet = slice_of(in.ptr + LENGTH, len);
	*ret_used = LENGTH + len;
	return 1;
}

/* ---- fields of a packet ---- */

static bool
get_u32(struct slice *rest, uint32_t *ret_value)
{
	if (rest->len < LENGTH)
		return false;
	*ret_value = number_at(rest->ptr);
	*rest = slice_skip(*rest, LENGTH);
	return true;
}

/* A text that its NUL ends. */
static bool
get_text(struct slice *rest, struct slice *ret_text)
{
	size_t at = slice_find(*rest, '\0');

	if (at == rest->len)
		return false;
	*ret_text = slice_head(*rest, at);
	*rest = slice_skip(*rest, at + 1);
	return true;
}

/* The same, where the packet may end before it. */
static bool
get_optional(struct slice *rest, struct slice *ret_text)
{
	*ret_text = slice_from("");
	return rest->len == 0 || get_text(rest, ret_text);
}

/* ---- replies ---- */

static bool
is_code(struct slice line)
{
	return line.len >= 3 && (line.ptr[0] == '4' || line.ptr[0] == '5') &&
	       line.ptr[1] >= '0' && line.ptr[1] <= '5' && line.ptr[2] >= '0' &&
	       line.ptr[2] <= '9';
}

/* One line of a reply: "550 text", "550-text" when more follow. */
static bool
is_reply_line(struct slice line, struct slice code, bool last)
{
	size_t i;

	if (!is_code(line) || memcmp(line.ptr, code.ptr, 3) != 0)
		return false;
	if (line.len > 3 && line.ptr[3] != (last ? ' ' : '-'))
		return false;
	for (i = 3; i < line.len; i++)
		if (line.ptr[i] == '\r' || line.ptr[i] == '\0')
			return false;
	return last || line.len > 3;
}

/* "550 5.7.1 no", or such lines parted by CRLF: RFC 5321 section 4.2. */
static bool
parse_reply(struct slice rest, struct milter_said *said)
{
	struct slice text, line, lines;
	size_t n = 0;

	if (!get_text(&rest, &text) || rest.len || !is_code(text) ||
	    text.len > MILTER_REPLY_MAX)
		return false;
	lines = text;
	while (slice_next(&lines, '\n', &line)) {
		if (lines.ptr && line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (++n > MILTER_REPLY_LINES_MAX ||
		    !is_reply_line(line, text, lines.ptr == NULL))
			return false;
	}
	said->text = text;
	said->code = (unsigned)(text.ptr[0] - '0') * 100 +
		     (unsigned)(text.ptr[1] - '0') * 10 +
		     (unsigned)(text.ptr[2] - '0');
	return true;
}

/* ---- options ---- */

bool
milter_next_symbols(struct slice *rest, uint32_t *ret_stage,
    struct slice *ret_names, bool *ret_bad)
{
	if (rest->len == 0)
		return false;
	*ret_bad = !get_u32(rest, ret_stage) || *ret_stage >= MILTER_STAGES ||
		   !get_text(rest, ret_names) ||
		   ret_names->len > MILTER_SYMBOLS_MAX;
	return !*ret_bad;
}

static bool
parse_options(struct slice rest, struct milter_options *options)
{
	struct slice symbols, names;
	uint32_t stage;
	bool bad = false;

	if (!get_u32(&rest, &options->version) ||
	    !get_u32(&rest, &options->actions) ||
	    !get_u32(&rest, &options->steps))
		return false;
	symbols = options->symbols = rest;
	while (milter_next_symbols(&symbols, &stage, &names, &bad))
		continue;
	return !bad;
}

/* ---- edits ---- */

static bool
parse_header(struct slice rest, bool with_index, struct milter_edit *edit)
{
	return (!with_index || get_u32(&rest, &edit->index)) &&
	       get_text(&rest, &edit->name) && get_text(&rest, &edit->text) &&
	       rest.len == 0;
}

static bool
parse_path(struct slice rest, struct milter_edit *edit)
{
	return get_text(&rest, &edit->name) &&
	       get_optional(&rest, &edit->text) && rest.len == 0;
}

static bool
parse_reason(struct slice rest, struct milter_edit *edit)
{
	return get_text(&rest, &edit->text) && rest.len == 0;
}

static bool
parse_edit(char letter, struct slice rest, struct milter_edit *edit)
{
	switch (letter) {
	case 'h':
		edit->kind = MILTER_EDIT_ADD_HEADER;
		return parse_header(rest, false, edit);
	case 'i':
		edit->kind = MILTER_EDIT_INSERT_HEADER;
		return parse_header(rest, true, edit);
	case 'm':
		edit->kind = MILTER_EDIT_CHANGE_HEADER;
		return parse_header(rest, true, edit);
	case 'b':
		edit->kind = MILTER_EDIT_BODY;
		edit->text = rest;
		return true;
	case 'e':
		edit->kind = MILTER_EDIT_FROM;
		return parse_path(rest, edit);
	case '+':
	case '2': /* with parameters */
		edit->kind = MILTER_EDIT_ADD_RCPT;
		return parse_path(rest, edit);
	case '-':
		edit->kind = MILTER_EDIT_DELETE_RCPT;
		return parse_path(rest, edit) && edit->text.len == 0;
	case 'q':
		edit->kind = MILTER_EDIT_QUARANTINE;
		return parse_reason(rest, edit);
	default:
		return false;
	}
}

/* The answers of one letter; some milters let a NUL or more follow. */
static bool
parse_plain(char letter, enum milter_kind *ret_kind)
{
	static const struct {
		char letter;
		enum milter_kind kind;
	} rows[] = {
		{ 'c', MILTER_CONTINUES },
		{ 'a', MILTER_ACCEPTS },
		{ 'd', MILTER_DISCARDS },
		{ 'r', MILTER_REJECTS },
		{ 't', MILTER_TEMPFAILS },
		{ '4', MILTER_SHUTS_DOWN },
		{ 'f', MILTER_SHUTS_DOWN }, /* "connection failure" */
		{ 's', MILTER_SKIPS },
		{ 'p', MILTER_PROGRESSES },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].letter != letter)
			continue;
		*ret_kind = rows[i].kind;
		return true;
	}
	return false;
}

bool
milter_parse(struct slice packet, struct milter_said *ret_said)
{
	struct milter_said said = { .kind = MILTER_CONTINUES };
	struct slice rest = slice_skip(packet, 1);
	bool good;

	if (packet.len == 0)
		return false;
	if (packet.ptr[0] == 'O') {
		said.kind = MILTER_AGREES;
		good = parse_options(rest, &said.options);
	} else if (packet.ptr[0] == 'y') {
		said.kind = MILTER_REPLIES;
		good = parse_reply(rest, &said);
	} else if (parse_plain(packet.ptr[0], &said.kind)) {
		good = true;
	} else {
		said.kind = MILTER_EDITS;
		good = parse_edit(packet.ptr[0], rest, &said.edit);
	}
	if (good)
		*ret_said = said;
	return good;
}
