#include "cmd/imapd/response.h"

#include "cmd/imapd/parse.h"
#include "common/msg/date.h"
#include "common/store/mutf7.h"

static const struct flag_name {
	uint8_t flag;
	struct slice name;
} flag_names[] = {
	{ FLAG_ANSWERED, SLICE_LIT("\\Answered") },
	{ FLAG_FLAGGED, SLICE_LIT("\\Flagged") },
	{ FLAG_DELETED, SLICE_LIT("\\Deleted") },
	{ FLAG_SEEN, SLICE_LIT("\\Seen") },
	{ FLAG_DRAFT, SLICE_LIT("\\Draft") },
	{ FLAG_RECENT, SLICE_LIT("\\Recent") },
	{ FLAG_PASSED, SLICE_LIT("$Forwarded") },
};

#define FLAG_NAMES (sizeof flag_names / sizeof flag_names[0])

void
response_number(struct str *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	str_append_mem(out, digits + at, sizeof digits - at);
}

void
response_item(struct str *out, const char *name)
{
	if (out->ptr[out->len - 1] != '(')
		str_append_char(out, ' ');
	str_append_cstr(out, name);
}

static bool
fits_quotes(struct slice text)
{
	size_t i;

	if (text.len > RESPONSE_QUOTED_MAX)
		return false;
	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < ' ' || c > '~')
			return false;
	}
	return true;
}

void
response_string(struct str *out, struct slice text)
{
	if (!fits_quotes(text)) {
		str_append_char(out, '{');
		response_number(out, text.len);
		str_append_cstr(out, "}\r\n");
		str_append(out, text);
		return;
	}
	str_append_quoted(out, text);
}

void
response_nstring(struct str *out, struct slice text)
{
	if (text.ptr == NULL)
		str_append_cstr(out, "NIL");
	else
		response_string(out, text);
}

void
response_astring(struct str *out, struct slice text)
{
	if (parse_is_atom(text) && !slice_is_nocase(text, "NIL"))
		str_append(out, text);
	else
		response_string(out, text);
}

/* A string of UTF-8 in quotes (RFC 9051 section 9, "QUOTED-CHAR"); what has no
 * place there is a literal. */
static void
append_utf8(struct str *out, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			break;
	if (i < text.len || text.len > RESPONSE_QUOTED_MAX) {
		response_string(out, text);
		return;
	}
	str_append_quoted(out, text);
}

void
response_mailbox(struct str *out, struct slice name, struct name_style names)
{
	STR_AUTO wire = STR_INIT;
	size_t i;

	if (names.utf8)
		str_append(&wire, name);
	else
		mutf7_encode(name, &wire);
	/* no digit of modified UTF-7 is a '/' */
	for (i = 0; names.separator && i < wire.len; i++)
		if (wire.ptr[i] == '/')
			wire.ptr[i] = names.separator;
	if (!names.utf8 || parse_is_atom(str_slice(&wire)))
		response_astring(out, str_slice(&wire));
	else
		append_utf8(out, str_slice(&wire));
}

static void
append_flag(struct str *out, bool *first, struct slice name)
{
	if (!*first)
		str_append_char(out, ' ');
	*first = false;
	str_append(out, name);
}

void
response_flags(
    struct str *out, const struct mailbox *mb, uint8_t flags, uint32_t keywords)
{
	bool first = true;
	size_t i;

	str_append_char(out, '(');
	for (i = 0; flags && i < FLAG_NAMES; i++)
		if (flags & flag_names[i].flag)
			append_flag(out, &first, flag_names[i].name);
	for (i = 0; i < MAILBOX_KEYWORDS_MAX && keywords >> i; i++) {
		const char *name = NULL;

		if (keywords >> i & 1)
			name = mailbox_keyword(mb, (unsigned)i);
		/* the list is a file that others write: it may hold anything */
		if (name && parse_is_atom(slice_from(name)))
			append_flag(out, &first, slice_from(name));
	}
	str_append_char(out, ')');
}

void
response_date(struct str *out, time_t date)
{
	str_append_char(out, '"');
	date_format_imap(date, date_local_offset(date), out);
	str_append_char(out, '"');
}

uint8_t
response_flag_of(struct slice name)
{
	size_t i;

	for (i = 0; i < FLAG_NAMES; i++)
		if (slice_equal_nocase(name, flag_names[i].name))
			return flag_names[i].flag;
	return 0;
}
