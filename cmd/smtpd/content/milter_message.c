#include <errno.h>
#include <unistd.h>

#include "cmd/smtpd/content/milter_edits.h"
#include "cmd/smtpd/content/milter_macros.h"

/* Octets of the file in one piece of body: with CRLF line ends they fit. */
#define PIECE (MILTER_CHUNK_MAX / 2)

/* Octets of a packet that every milter's library takes. */
#define HEADER_PACKET_MAX 65535

/* One message on its way to one milter. */
struct showing {
	struct smtp *s;
	struct reception *r;
	struct milter_conn *conn;
	struct milter_said said; /* the last answer */
};

static bool
goes_on(const struct showing *show)
{
	return show->conn->state == MILTER_BUSY && !show->s->milters->discard;
}

static const struct reply *
say(struct showing *show, enum milter_command command, enum milter_stage stage,
    struct slice octets)
{
	const struct milter_event event = {
		.command = command, .stage = stage, .octets = octets
	};

	return milter_ask(show->s, show->conn, &event, &show->said);
}

/* A field's name and value: its lines without the last line's end. */
static void
put_field(
    const struct milter *m, const struct header_field *field, struct str *out)
{
	struct slice value = field->body;

	while (value.len && strchr("\r\n", value.ptr[value.len - 1]))
		value.len--;
	if (!(m->steps & MILTER_LEADING_SPACE) && slice_starts(value, " "))
		value = slice_skip(value, 1);
	milter_put_text(out, field->name);
	milter_put_text(
	    out, slice_head(value, HEADER_PACKET_MAX - 2 - field->name.len));
}

/* The message's own header; our trace in front of it is not shown, as with
 * other mail servers. */
static const struct reply *
show_header(struct showing *show)
{
	STR_AUTO head = STR_INIT;
	struct slice rest;
	struct header_field field;
	const struct reply *no = NULL;

	str_append(&head,
	    slice_skip(str_slice(&show->r->intake.head), show->r->trace));
	rest = str_slice(&head);
	while (no == NULL && goes_on(show) && header_next(&rest, &field)) {
		STR_AUTO octets = STR_INIT;

		if (field.name.len > HEADER_PACKET_MAX - 2)
			continue;
		put_field(&show->conn->m, &field, &octets);
		no =
		    say(show, MILTER_HEADER, MILTER_STAGES, str_slice(&octets));
	}
	return no;
}

static const struct reply *
unreadable(struct showing *show, ssize_t n)
{
	show->s->milters->refused = &reply_local_error;
	show->r->intake.error = n < 0 ? -errno : -EIO;
	return show->s->milters->refused;
}

static const struct reply *
show_body(struct showing *show)
{
	const struct intake *intake = &show->r->intake;
	uint64_t at = intake->head.len, end = intake_size(intake);
	const struct reply *no = NULL;
	char piece[PIECE];

	show->said.kind = MILTER_CONTINUES;
	while (no == NULL && at < end && goes_on(show) &&
	       show->said.kind != MILTER_SKIPS &&
	       milter_wants(&show->conn->m, MILTER_BODY)) {
		size_t want = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t n = pread(intake->fd, piece, want, (off_t)at), i;
		STR_AUTO octets = STR_INIT;

		if (n <= 0)
			return unreadable(show, n);
		for (i = 0; i < n; i++) {
			if (piece[i] == '\n')
				str_append_char(&octets, '\r');
			str_append_char(&octets, piece[i]);
		}
		at += (uint64_t)n;
		no = say(show, MILTER_BODY, MILTER_STAGES, str_slice(&octets));
	}
	return no;
}

/* Its last word, and what it wants changed. */
static const struct reply *
conclude(struct showing *show, struct milter_edits *edits)
{
	const struct milter_event event = { .command = MILTER_EOM,
		.stage = MILTER_AT_EOM };
	struct milter_conn *conn = show->conn;
	struct err err = { 0, "" };
	const struct reply *no;
	STR_AUTO pairs = STR_INIT;

	milter_macros(show->s, &conn->m, &event, &pairs);
	milter_define(&conn->m, MILTER_EOM, str_slice(&pairs));
	if (milter_end(&conn->m, milter_edits_take, edits, &show->said, &err) <
	    0)
		return milter_failed(show->s, conn, &err);
	no = milter_take(show->s, conn, &event, &show->said);
	conn->state = MILTER_HERE;
	if (no == NULL && !show->s->milters->discard)
		no = milter_edits_apply(edits);
	return no;
}

const struct reply *
milter_message(struct smtp *s, struct reception *r, struct milter_conn *conn)
{
	struct showing show = { .s = s, .r = r, .conn = conn };
	struct milter_edits edits;
	const struct reply *no;

	if (intake_to_file(&r->intake) < 0)
		return reception_refusal(r);
	no = show_header(&show);
	if (no == NULL && goes_on(&show))
		no = say(&show, MILTER_EOH, MILTER_AT_EOH, slice_from(""));
	if (no == NULL)
		no = show_body(&show);
	if (no || !goes_on(&show))
		return no;
	milter_edits_init(&edits, s, r, &conn->m);
	no = conclude(&show, &edits);
	milter_edits_release(&edits);
	return no;
}
