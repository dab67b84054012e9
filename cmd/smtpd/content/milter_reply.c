#include "cmd/smtpd/content/milters.h"

#define ENHANCED_MAX 9 /* octets of "5.123.123" */

/* Cuts an enhanced code of the reply's class, with its blank, off a line. */
static struct slice
cut_enhanced(struct slice *line, char class)
{
	size_t at = slice_find(*line, ' '), i, dots = 0;
	struct slice code = slice_head(*line, at);

	for (i = 0; i < code.len; i++) {
		if (code.ptr[i] == '.')
			dots++;
		else if (code.ptr[i] < '0' || code.ptr[i] > '9')
			return slice_from("");
	}
	if (dots != 2 || code.len > ENHANCED_MAX || code.ptr[0] != class ||
	    code.ptr[1] != '.' || code.ptr[code.len - 1] == '.')
		return slice_from("");
	*line = slice_skip(*line, at + 1);
	return code;
}

/* Keeps a milter's reply.  A %s in it would be replaced later, and gets a blank
 * in its midst. */
static const struct reply *
keep_reply(struct milters *ms, const struct milter_said *said)
{
	char class = (char)('0' + said->code / 100);
	struct slice rest = said->text, line;
	size_t i;

	str_clear(&ms->own_text);
	str_clear(&ms->own_enhanced);
	while (slice_next(&rest, '\n', &line)) {
		struct slice text = slice_skip(line, 4), code;

		code = cut_enhanced(&text, class);
		if (ms->own_enhanced.len == 0)
			str_append(&ms->own_enhanced, code);
		if (ms->own_text.len)
			str_append_char(&ms->own_text, '\n');
		for (i = 0; i < text.len && text.ptr[i] != '\r'; i++) {
			if (i && text.ptr[i - 1] == '%' && text.ptr[i] == 's')
				str_append_char(&ms->own_text, ' ');
			str_append_char(&ms->own_text, text.ptr[i]);
		}
	}
	if (ms->own_enhanced.len == 0)
		str_appendf(&ms->own_enhanced, "%c.7.1", class);
	ms->own = (struct reply){ said->code, str_cstr(&ms->own_enhanced),
		str_cstr(&ms->own_text) };
	return &ms->own;
}

const struct reply *
milter_reply(struct milters *ms, const struct milter_said *said)
{
	switch (said->kind) {
	case MILTER_REJECTS:
		return &reply_milter_rejects;
	case MILTER_TEMPFAILS:
		return &reply_milter_tempfails;
	case MILTER_REPLIES:
		return keep_reply(ms, said);
	case MILTER_SHUTS_DOWN:
		return &reply_milter_closes;
	case MILTER_ACCEPTS:
	case MILTER_DISCARDS:
	case MILTER_CONTINUES:
	case MILTER_SKIPS:
	case MILTER_PROGRESSES:
	case MILTER_EDITS:
	case MILTER_AGREES:
		break;
	}
	return NULL;
}
