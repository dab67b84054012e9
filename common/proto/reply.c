#include "common/base/enc.h"
#include "common/proto/reply.h"

static const struct reply
    command_unknown = { 500, "5.5.1", "Command not recognized" },
    command_bad_state = { 503, "5.5.1", "Bad sequence of commands" },
    command_argument_missing = { 501, "5.5.4", "Argument needed" },
    command_argument_extra = { 501, "5.5.4", "No argument allowed" },
    command_tls_first = { 530, "5.7.0", "Issue a STARTTLS command first" },
    command_tls_already = { 503, "5.5.1", "TLS is active already" },
    sasl_bad = { 501, "5.5.2", "Cannot make sense of this response" },
    sasl_refused = { 535, "5.7.8", "Authentication credentials invalid" },
    sasl_cancelled = { 501, "5.7.0", "Authentication cancelled" },
    sasl_unknown = { 504, "5.5.4", "Authentication mechanism not supported" };

/* What stands in front of each line. */
struct prefix {
	unsigned code;
	const char *enhanced; /* with its blank, or "" */
	size_t room;          /* octets of text that fit a line */
};

/* Appends the reply's text, its %s replaced, the trace id behind it. */
static void
expand(const struct reply *reply, const struct reply_style *style,
    struct slice argument, struct str *out)
{
	STR_AUTO shown = STR_INIT;
	const char *mark = strstr(reply->text, "%s");

	enc_printable(argument, &shown);
	str_truncate(&shown, REPLY_ARGUMENT_MAX);
	if (mark) {
		str_append_mem(out, reply->text, (size_t)(mark - reply->text));
		str_append(out, str_slice(&shown));
		str_append_cstr(out, mark + 2);
	} else {
		str_append_cstr(out, reply->text);
	}
	if (reply->code >= 400 && style->trace[0])
		str_appendf(out, " [%s]", style->trace);
}

/* Cuts the next line of up to room octets off *rest: at its line end, else at
 * the last blank, else where the room ends. */
static struct slice
cut_line(struct slice *rest, size_t room)
{
	struct slice line;
	size_t at;

	line = slice_head(*rest, slice_find(*rest, '\n'));
	if (line.len <= room) {
		*rest = line.len < rest->len ? slice_skip(*rest, line.len + 1)
					     : slice_of(NULL, 0);
		return line;
	}
	for (at = room; at > 0 && line.ptr[at] != ' ';)
		at--;
	line = slice_head(line, at ? at : room);
	*rest = slice_skip(*rest, at ? at + 1 : room);
	return line;
}

static void
put_line(
    const struct prefix *prefix, struct slice line, bool last, struct str *out)
{
	size_t i;

	str_appendf(
	    out, "%03u%c%s", prefix->code, last ? ' ' : '-', prefix->enhanced);
	for (i = 0; i < line.len; i++) {
		char c = line.ptr[i];

		str_append_char(out, c < ' ' || c > '~' ? '?' : c);
	}
	str_append_cstr(out, "\r\n");
}

void
reply_format(const struct reply *reply, const struct reply_style *style,
    struct slice argument, struct str *out)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO enhanced = STR_INIT;
	struct prefix prefix;
	struct slice rest;
	size_t lines = 0;

	if (style->enhanced && reply->enhanced)
		str_appendf(&enhanced, "%s ", reply->enhanced);
	prefix.code = reply->code;
	prefix.enhanced = str_cstr(&enhanced);
	prefix.room = REPLY_LINE_MAX - strlen("250-\r\n") - enhanced.len;
	expand(reply, style, argument, &text);
	rest = str_slice(&text);
	do {
		struct slice line = cut_line(&rest, prefix.room);

		lines++;
		put_line(&prefix, line,
		    rest.ptr == NULL || lines == REPLY_LINES_MAX, out);
	} while (rest.ptr && lines < REPLY_LINES_MAX);
}

void
reply_describe(
    const struct reply *reply, struct slice argument, struct str *out)
{
	static const struct reply_style plain = { true, "" };

	if (reply->enhanced)
		str_appendf(out, "%s ", reply->enhanced);
	expand(reply, &plain, argument, out);
}

const struct reply *
reply_for_command(enum command_error error)
{
	switch (error) {
	case COMMAND_OK:
		return NULL;
	case COMMAND_BAD_STATE:
		return &command_bad_state;
	case COMMAND_ARGUMENT_MISSING:
		return &command_argument_missing;
	case COMMAND_ARGUMENT_EXTRA:
		return &command_argument_extra;
	case COMMAND_TLS_FIRST:
		return &command_tls_first;
	case COMMAND_TLS_ALREADY:
		return &command_tls_already;
	case COMMAND_UNKNOWN:
		break;
	}
	return &command_unknown;
}

const struct reply *
reply_for_sasl(enum sasl_result result)
{
	switch (result) {
	case SASL_CONTINUE:
	case SASL_CREDENTIALS:
	case SASL_SCRAM:
		return NULL;
	case SASL_REFUSED:
		return &sasl_refused;
	case SASL_CANCELLED:
		return &sasl_cancelled;
	case SASL_UNKNOWN:
		return &sasl_unknown;
	case SASL_BAD:
		break;
	}
	return &sasl_bad;
}
