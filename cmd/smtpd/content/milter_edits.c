#include <errno.h>

#include "cmd/smtpd/content/milter_edits.h"
#include "common/base/log.h"
#include "common/msg/address.h"
#include "common/msg/received.h"

/* Octets of a changed header: a client's at its limit has room for more. */
#define HEAD_MAX (INTAKE_HEAD_MAX + 65536)

#define NAME_MAX_OCTETS 255 /* of a header field's name */

void
milter_edits_init(struct milter_edits *edits, struct smtp *s,
    struct reception *r, const struct milter *m)
{
	*edits = (struct milter_edits){
		.s = s,
		.r = r,
		.leading_space = m->steps & MILTER_LEADING_SPACE,
	};
	str_set(&edits->head, slice_skip(str_slice(&r->intake.head), r->trace));
}

void
milter_edits_release(struct milter_edits *edits)
{
	if (edits->body_changed)
		intake_body_cancel(&edits->r->intake, &edits->body);
	str_release(&edits->head);
	str_release(&edits->envelope);
}

/* ---- the header ---- */

/* A whole field, of which no line can be taken for another field or for the end
 * of the header. */
static void
format_field(const struct milter_edits *edits, const struct milter_edit *edit,
    struct str *out)
{
	struct slice value = edit->text;
	size_t i;

	while (value.len && strchr("\r\n", value.ptr[value.len - 1]))
		value.len--;
	str_append(out, edit->name);
	str_append_char(out, ':');
	if (!edits->leading_space)
		str_append_char(out, ' ');
	for (i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c == '\r')
			continue;
		str_append_char(out, c);
		if (c == '\n' && value.ptr[i + 1] != ' ' &&
		    value.ptr[i + 1] != '\t')
			str_append_char(out, '\t');
	}
	str_append_char(out, '\n');
}

/* Where the empty line of the header is. */
static size_t
end_of_fields(struct slice head)
{
	struct slice rest = head;
	struct header_field field;

	while (header_next(&rest, &field))
		continue;
	return head.len - rest.len;
}

/* Puts text in the place of the len octets at at. */
static void
splice(struct milter_edits *edits, size_t at, size_t len, struct slice text)
{
	struct slice head = str_slice(&edits->head);
	struct str out = STR_INIT;

	str_append(&out, slice_head(head, at));
	str_append(&out, text);
	str_append(&out, slice_skip(head, at + len));
	str_release(&edits->head);
	edits->head = out;
	edits->head_changed = true;
}

/* Where the field stands in front of which one with that index belongs: 0 and 1
 * are the first, as our own trace fields are nobody's to count. */
static size_t
place_of_index(struct slice head, uint32_t index)
{
	struct slice rest = head;
	struct header_field field;
	size_t at = 0;

	while (index > 1 && header_next(&rest, &field)) {
		at = (size_t)(field.raw.ptr - head.ptr) + field.raw.len;
		index--;
	}
	return at;
}

/* The index-th field of that name, from 1 on; 0 is the first too. */
static bool
find_field(struct slice head, struct slice name, uint32_t index,
    struct header_field *ret_field)
{
	while (header_next(&head, ret_field))
		if (slice_equal_nocase(ret_field->name, name) &&
		    (index <= 1 || --index == 0))
			return true;
	return false;
}

static void
change_field(struct milter_edits *edits, const struct milter_edit *edit,
    struct slice text)
{
	struct slice head = str_slice(&edits->head);
	struct header_field field;

	if (find_field(head, edit->name, edit->index, &field))
		splice(edits, (size_t)(field.raw.ptr - head.ptr), field.raw.len,
		    edit->text.len ? text : slice_from(""));
	else if (edit->text.len)
		splice(edits, end_of_fields(head), 0, text);
}

static int
edit_header(
    struct milter_edits *edits, const struct milter_edit *edit, struct err *err)
{
	struct slice head = str_slice(&edits->head);
	STR_AUTO field = STR_INIT;

	if (!header_is_name(edit->name) || edit->name.len > NAME_MAX_OCTETS)
		return err_set(err, EPROTO, "a header field without a name");
	format_field(edits, edit, &field);
	if (head.len + field.len > HEAD_MAX)
		return err_set(err, EMSGSIZE, "too much of a header");
	if (edit->kind == MILTER_EDIT_ADD_HEADER)
		splice(edits, end_of_fields(head), 0, str_slice(&field));
	else if (edit->kind == MILTER_EDIT_INSERT_HEADER)
		splice(edits, place_of_index(head, edit->index), 0,
		    str_slice(&field));
	else
		change_field(edits, edit, str_slice(&field));
	return 0;
}

/* ---- the body ---- */

/* Line ends as they are on disk; a CR alone is one too, and NUL, which no
 * message of ours has, is shown. */
static void
mend_octets(struct milter_edits *edits, struct slice in, struct str *out)
{
	size_t i;

	for (i = 0; i < in.len; i++) {
		char c = in.ptr[i];

		if (edits->after_cr)
			str_append_char(out, '\n');
		if (c == '\0')
			c = '?';
		if (c != '\r' && !(c == '\n' && edits->after_cr))
			str_append_char(out, c);
		edits->after_cr = c == '\r';
	}
}

static int
edit_body(struct milter_edits *edits, struct slice octets, struct err *err)
{
	int64_t max = edits->s->settings->smtp_max_message_size;
	struct intake *intake = &edits->r->intake;
	STR_AUTO text = STR_INIT;
	int rc;

	if (!edits->body_changed)
		intake_body_begin(intake, &edits->body);
	edits->body_changed = true;
	mend_octets(edits, octets, &text);
	if (edits->body.len + text.len > (uint64_t)max)
		return err_set(err, EMSGSIZE, "too much of a body");
	rc = intake_body_add(intake, &edits->body, str_slice(&text));
	return rc < 0 ? err_sys(err, -rc, "cannot write the new body") : 0;
}

/* ---- the envelope ---- */

/* The address of a path, with its brackets or without, canonical. */
static bool
parse_path(struct slice text, unsigned flags, struct str *out)
{
	struct slice path = slice_trim(text), rest;
	struct address address;
	STR_AUTO wrapped = STR_INIT;

	if (!slice_starts(path, "<"))
		str_append_char(&wrapped, '<');
	str_append(&wrapped, path);
	if (!slice_starts(path, "<"))
		str_append_char(&wrapped, '>');
	rest = str_slice(&wrapped);
	if (address_parse_path(&rest, flags | ADDRESS_ALLOW_UTF8, &address) !=
		ADDRESS_OK ||
	    rest.len)
		return false;
	address_canonical(&address, out);
	return out->len <= WIRE_ADDRESS_MAX;
}

static int
edit_envelope(struct milter_edits *edits, enum wire_edit_kind kind,
    struct slice path, struct err *err)
{
	unsigned flags = kind == WIRE_EDIT_SENDER ? ADDRESS_ALLOW_NULL
						  : ADDRESS_ALLOW_POSTMASTER;
	STR_AUTO address = STR_INIT;

	if (!parse_path(path, flags, &address))
		return err_set(err, EPROTO, "an address that is none");
	if (edits->count++ == EDITS_ENVELOPE_MAX)
		return err_set(err, EMSGSIZE, "too many addresses");
	str_append_char(&edits->envelope, (char)(kind + 1));
	str_append(&edits->envelope, str_slice(&address));
	str_append_char(&edits->envelope, '\0');
	return 0;
}

int
milter_edits_take(void *ctx, const struct milter_edit *edit, struct err *err)
{
	struct milter_edits *edits = ctx;

	switch (edit->kind) {
	case MILTER_EDIT_ADD_HEADER:
	case MILTER_EDIT_INSERT_HEADER:
	case MILTER_EDIT_CHANGE_HEADER:
		return edit_header(edits, edit, err);
	case MILTER_EDIT_BODY:
		return edit_body(edits, edit->text, err);
	case MILTER_EDIT_FROM:
		return edit_envelope(edits, WIRE_EDIT_SENDER, edit->name, err);
	case MILTER_EDIT_ADD_RCPT:
		return edit_envelope(edits, WIRE_EDIT_ADD, edit->name, err);
	case MILTER_EDIT_DELETE_RCPT:
		return edit_envelope(edits, WIRE_EDIT_REMOVE, edit->name, err);
	case MILTER_EDIT_QUARANTINE:
		if (!edits->quarantine)
			log_info("a milter quarantines: %.*s",
			    SLICE_FMT(edit->text));
		edits->quarantine = true;
		break;
	}
	return 0;
}

/* ---- doing it ---- */

/* The new sender is in our own trace as well; 0 or -errno. */
static int
change_return_path(struct milter_edits *edits, struct slice sender)
{
	struct reception *r = edits->r;
	struct slice trace = slice_head(str_slice(&r->intake.head), r->trace);
	size_t line = slice_find(trace, '\n') + 1;
	STR_AUTO out = STR_INIT;
	int rc;

	str_set(&edits->s->tx.sender, sender);
	if (!slice_starts_nocase(trace, "Return-Path:"))
		return 0;
	received_return_path(sender, &out);
	str_append(&out, slice_skip(trace, line));
	line = out.len;
	str_append(&out, slice_skip(str_slice(&r->intake.head), r->trace));
	rc = intake_rehead(&r->intake, str_slice(&out));
	if (rc == 0)
		r->trace = line;
	return rc;
}

static const struct reply *
apply_address(
    struct milter_edits *edits, enum wire_edit_kind kind, struct slice address)
{
	const struct wire_edit edit = { kind, address };
	enum smtp_outcome outcome;
	STR_AUTO body = STR_INIT;
	int rc = 0;

	wire_put_edit(&edit, &body);
	outcome = smtp_ask(edits->s, SMTP_EDIT, str_slice(&body), NULL);
	if (kind == WIRE_EDIT_SENDER && outcome == OUTCOME_OK)
		rc = change_return_path(edits, address);
	if (rc < 0)
		return content_failure(rc);
	if (outcome == OUTCOME_TEMPFAIL)
		return &reply_local_error;
	if (outcome != OUTCOME_OK && outcome != OUTCOME_DISCARD)
		log_warning("a milter's recipient %.*s is not taken: %s",
		    SLICE_FMT(address),
		    kind == WIRE_EDIT_ADD ? reply_for_rcpt(outcome)->text
					  : "it is none of them");
	return NULL;
}

static const struct reply *
apply_envelope(struct milter_edits *edits)
{
	struct slice rest = str_slice(&edits->envelope);
	const struct reply *no = NULL;

	while (rest.len && no == NULL) {
		enum wire_edit_kind kind =
		    (enum wire_edit_kind)(rest.ptr[0] - 1);
		size_t end = slice_find(rest, '\0');

		no = apply_address(
		    edits, kind, slice_skip(slice_head(rest, end), 1));
		rest = slice_skip(rest, end + 1);
	}
	return no;
}

/* A message that was all header has nothing that ends it, and a new body would
 * go on with it. */
static void
end_header(struct milter_edits *edits)
{
	struct slice head = str_slice(&edits->head);

	if (end_of_fields(head) == head.len)
		splice(edits, head.len, 0, slice_from("\n"));
}

const struct reply *
milter_edits_apply(struct milter_edits *edits)
{
	struct intake *intake = &edits->r->intake;
	STR_AUTO head = STR_INIT;
	int rc = 0;

	if (edits->body_changed) {
		if (edits->after_cr)
			rc = intake_body_add(
			    intake, &edits->body, slice_from("\n"));
		edits->body_changed = false;
		end_header(edits);
		if (rc == 0)
			rc = intake_body_take(intake, &edits->body);
	}
	if (rc == 0 && edits->head_changed) {
		str_append(&head,
		    slice_head(str_slice(&intake->head), edits->r->trace));
		str_append(&head, str_slice(&edits->head));
		rc = intake_rehead(intake, str_slice(&head));
	}
	if (rc < 0)
		return content_failure(rc);
	if (edits->quarantine)
		edits->s->milters->quarantine = true;
	return apply_envelope(edits);
}
