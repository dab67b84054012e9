#include <errno.h>

#include "cmd/smtpd/content/pipe_answer.h"
#include "common/base/enc.h"
#include "common/msg/header.h"

#define SHOWN_MAX 60 /* octets of an odd line in an error */

void
pipe_answer_release(struct pipe_answer *answer)
{
	str_release(&answer->top);
	str_release(&answer->own);
}

/* An answer on its way. */
struct parsing {
	struct pipe_answer *answer;
	struct slice rest; /* lines to come */
	size_t edits;
};

static int
bad_line(struct slice line, struct err *err)
{
	STR_AUTO shown = STR_INIT;

	enc_printable(slice_head(line, SHOWN_MAX), &shown);
	return err_set(err, EPROTO, "it says: %s", str_cstr(&shown));
}

/* May the octets stand in a field's line? */
static bool
is_text(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return text.len <= HEADER_LINE_MAX;
}

/* The next line, without its end, if it goes on with a field. */
static bool
next_folded(struct parsing *p, struct slice *ret_line)
{
	struct slice rest = p->rest;

	if (!slice_next(&rest, '\n', ret_line) ||
	    (!slice_starts(*ret_line, " ") && !slice_starts(*ret_line, "\t")))
		return false;
	p->rest = rest;
	return true;
}

/* Cuts a CR off that stands in front of the LF. */
static struct slice
cut_cr(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* "NAME: VALUE" and the lines that go on with it, as a field. */
static int
take_field(struct parsing *p, struct slice text, struct str *field,
    struct slice *ret_name, struct err *err)
{
	size_t at = slice_find(text, ':');
	struct slice line = text;

	*ret_name = slice_head(text, at);
	if (at == text.len || !header_is_name(*ret_name))
		return bad_line(text, err);
	do {
		line = cut_cr(line);
		if (!is_text(line))
			return bad_line(line, err);
		if (slice_trim(line).len == 0)
			continue; /* a line of blanks ends a header, for some */
		str_append(field, line);
		str_append_char(field, '\n');
	} while (next_folded(p, &line));
	return 0;
}

/* Takes all fields of that name out of the header, and puts text in the place
 * of the first one; false when there was none. */
static bool
replace_fields(struct str *header, struct slice name, struct slice text)
{
	struct slice rest = str_slice(header);
	const char *from = rest.ptr, *end = rest.ptr + rest.len;
	struct header_field field;
	struct str out = STR_INIT;
	bool found = false;

	while (header_next(&rest, &field)) {
		if (!slice_equal_nocase(field.name, name))
			continue;
		str_append(
		    &out, slice_of(from, (size_t)(field.raw.ptr - from)));
		if (!found)
			str_append(&out, text);
		from = field.raw.ptr + field.raw.len;
		found = true;
	}
	str_append(&out, slice_of(from, (size_t)(end - from)));
	str_release(header);
	*header = out;
	return found;
}

/* ---- the verbs ---- */

typedef int take_verb(struct parsing *p, struct slice text, struct err *err);

static int
take_add(struct parsing *p, struct slice text, struct err *err)
{
	struct slice name;

	return take_field(p, text, &p->answer->top, &name, err);
}

static int
take_replace(struct parsing *p, struct slice text, struct err *err)
{
	STR_AUTO field = STR_INIT;
	struct slice name;
	int rc = take_field(p, text, &field, &name, err);

	if (rc < 0)
		return rc;
	if (!replace_fields(&p->answer->own, name, str_slice(&field)))
		str_append(&p->answer->top, str_slice(&field));
	return 0;
}

static int
take_remove(struct parsing *p, struct slice text, struct err *err)
{
	if (!header_is_name(text))
		return bad_line(text, err);
	(void)replace_fields(
	    &p->answer->own, text, slice_from("")); /* there need be none */
	return 0;
}

static int
take_reply(struct parsing *p, struct slice text, struct err *err)
{
	char *reply = p->answer->reply;
	size_t i;

	if (reply[0] || text.len == 0)
		return bad_line(text, err);
	for (i = 0; i < text.len && i < PIPE_REPLY_MAX; i++)
		reply[i] = text.ptr[i] >= ' ' && text.ptr[i] <= '~'
			       ? text.ptr[i]
			       : '?';
	reply[i] = '\0';
	return 0;
}

static int
take_junk(struct parsing *p, struct slice text, struct err *err)
{
	(void)err;
	(void)text; /* there is none */
	p->answer->junk = true;
	return 0;
}

static int
take_quarantine(struct parsing *p, struct slice text, struct err *err)
{
	(void)err;
	(void)text; /* there is none */
	p->answer->quarantine = true;
	return 0;
}

static int
take_discard(struct parsing *p, struct slice text, struct err *err)
{
	(void)err;
	(void)text; /* there is none */
	p->answer->discard = true;
	return 0;
}

static const struct {
	const char *verb;
	bool text; /* something follows it */
	bool edit; /* of the header */
	take_verb *take;
} verbs[] = {
	{ "add", true, true, take_add },
	{ "replace", true, true, take_replace },
	{ "remove", true, true, take_remove },
	{ "reply", true, false, take_reply },
	{ "junk", false, false, take_junk },
	{ "quarantine", false, false, take_quarantine },
	{ "discard", false, false, take_discard },
};

#define VERBS (sizeof verbs / sizeof verbs[0])

static int
take_line(struct parsing *p, struct slice line, struct err *err)
{
	size_t at = slice_find(line, ' '), i;
	struct slice text = slice_trim(slice_skip(line, at + 1));

	for (i = 0; i < VERBS; i++)
		if (slice_is(slice_head(line, at), verbs[i].verb))
			break;
	if (i == VERBS || verbs[i].text != (text.len > 0))
		return bad_line(line, err);
	if (verbs[i].edit) {
		p->answer->changed = true;
		if (p->edits++ == PIPE_EDITS_MAX)
			return err_set(err, EPROTO,
			    "it changes more than %d fields", PIPE_EDITS_MAX);
	}
	return verbs[i].take(p, text, err);
}

int
pipe_answer_parse(struct slice answer, struct slice header,
    struct pipe_answer *ret_answer, struct err *err)
{
	struct parsing p = { ret_answer, answer, 0 };
	struct slice line;
	int rc = 0;

	*ret_answer = (struct pipe_answer){ .junk = false };
	str_append(&ret_answer->own, header);
	while (rc == 0 && slice_next(&p.rest, '\n', &line)) {
		line = cut_cr(line);
		if (line.len)
			rc = take_line(&p, line, err);
	}
	return rc;
}
