#include "cmd/smtpd/front/submission.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/msg/date.h"

/* Fields that go.  Postfix drops the same ones: Bcc is the sender's secret,
 * Return-Path is ours to write, Content-Length is wrong at the next change. */
static const char *const removed[] = { "Bcc", "Resent-Bcc", "Return-Path",
	"Content-Length" };

static bool
is_users(const struct reception *r)
{
	return r->s->submission && r->s->logged_in;
}

/* The client's own fields. */
static struct slice
fields_of(const struct reception *r)
{
	return slice_skip(str_slice(&r->intake.head), r->trace);
}

/* ---- DKIM (RFC 6376) ---- */

static bool
list_has(struct slice list, const char *name)
{
	struct slice word;

	while (slice_next(&list, ':', &word))
		if (slice_is_nocase(slice_trim(word), name))
			return true;
	return false;
}

/* Does the h= tag of a DKIM-Signature name the field? */
static bool
signature_covers(struct slice body, const char *name)
{
	STR_AUTO text = STR_INIT;
	struct slice rest, tag;

	header_unfold(body, &text);
	rest = str_slice(&text);
	while (slice_next(&rest, ';', &tag)) {
		size_t at = slice_find(tag, '=');

		if (slice_is(slice_trim(slice_head(tag, at)), "h"))
			return list_has(slice_skip(tag, at + 1), name);
	}
	return false;
}

/* Has the client signed that there is no such field?  Then adding one breaks
 * its signature. */
static bool
is_signed_away(const struct reception *r, const char *name)
{
	struct slice rest = fields_of(r);
	struct header_field field;

	while (header_next(&rest, &field))
		if (slice_is_nocase(field.name, "DKIM-Signature") &&
		    signature_covers(field.body, name))
			return true;
	return false;
}

/* ---- From ---- */

/* The addresses of all From fields, each ended by LF; false when one cannot be
 * read. */
static bool
read_from(const struct reception *r, struct str *out)
{
	struct slice rest = fields_of(r);
	struct header_field field;
	bool good = true;

	while (header_next(&rest, &field))
		if (slice_is_nocase(field.name, "From"))
			good = submission_addresses(field.body, out) && good;
	return good;
}

static enum smtp_outcome
ask_from(struct smtp *s, struct slice address)
{
	STR_AUTO body = STR_INIT;

	ipc_put_text(&body, address);
	return smtp_ask(s, SMTP_FROM, str_slice(&body), NULL);
}

/* The setting's "log" is the keeper's affair where it knows the address. */
static const struct reply *
unreadable(const struct smtp *s)
{
	log_warning("From is not a list of addresses");
	return strcmp(s->settings->submission_from_policy, "strict") == 0
		   ? &reply_from_unreadable
		   : NULL;
}

const struct reply *
submission_check_from(const struct reception *r)
{
	struct smtp *s = r->s;
	enum smtp_outcome outcome = OUTCOME_OK;
	STR_AUTO list = STR_INIT;
	struct slice rest, address;
	size_t n = 0;

	if (!is_users(r) ||
	    strcmp(s->settings->submission_from_policy, "off") == 0)
		return NULL;
	if (!read_from(r, &list))
		return unreadable(s);
	rest = str_slice(&list);
	while (outcome == OUTCOME_OK && slice_next(&rest, '\n', &address)) {
		if (address.len > WIRE_ADDRESS_MAX || n++ > SUBMISSION_FROM_MAX)
			return unreadable(s);
		if (address.len)
			outcome = ask_from(s, address);
	}
	return outcome == OUTCOME_OK ? NULL : reply_for_message(outcome);
}

/* ---- what is added ---- */

static void
put_date(struct str *out)
{
	time_t now = clock_now().tv_sec;

	str_append_cstr(out, "Date: ");
	date_format(now, date_local_offset(now), out);
	str_append_char(out, '\n');
}

/* The address that he has been allowed to send as, or his own. */
static void
put_from(const struct smtp *s, struct str *out)
{
	const struct str *from = s->tx.sender.len ? &s->tx.sender : &s->user;

	str_appendf(out, "From: <%s>\n", str_cstr(from));
}

/* Is there a From without him, so that Sender says who it was (RFC 5322
 * section 3.6.2)? */
static bool
wants_sender(const struct reception *r)
{
	STR_AUTO list = STR_INIT;
	struct slice rest, address;

	if (!r->s->settings->submission_add_sender)
		return false;
	(void)read_from(r, &list); /* as far as it can be read */
	rest = str_slice(&list);
	while (slice_next(&rest, '\n', &address))
		if (slice_equal_nocase(address, str_slice(&r->s->user)))
			return false;
	return r->scan.has & HEADER_HAS_FROM;
}

static void
put_missing(const struct reception *r, bool sender, struct str *out)
{
	const struct smtp *s = r->s;

	if (!(r->scan.has & HEADER_HAS_DATE))
		put_date(out);
	if (!(r->scan.has & HEADER_HAS_FROM))
		put_from(s, out);
	if (sender)
		str_appendf(out, "Sender: <%s>\n", str_cstr(&s->user));
	if (!(r->scan.has & HEADER_HAS_MESSAGE_ID) &&
	    !is_signed_away(r, "Message-ID"))
		str_appendf(out, "Message-ID: <%s.%zu@%s>\n", s->front->trace,
		    s->messages, s->settings->hostname);
}

/* ---- what is removed ---- */

static bool
is_removed(struct slice name, bool sender)
{
	size_t i;

	for (i = 0; i < sizeof removed / sizeof removed[0]; i++)
		if (slice_is_nocase(name, removed[i]))
			return true;
	return sender && slice_is_nocase(name, "Sender");
}

/* Appends the client's fields but those; what is no field stays. */
static void
put_kept(struct slice fields, bool sender, struct str *out)
{
	const char *from = fields.ptr, *end = fields.ptr + fields.len;
	struct header_field field;

	while (header_next(&fields, &field)) {
		if (!is_removed(field.name, sender))
			continue;
		str_append_mem(out, from, (size_t)(field.raw.ptr - from));
		from = field.raw.ptr + field.raw.len;
	}
	str_append_mem(out, from, (size_t)(end - from));
}

void
submission_mend(struct reception *r)
{
	struct str *head = &r->intake.head;
	struct str mended = STR_INIT;
	bool sender;

	if (!is_users(r) || r->mended || r->intake.dropped)
		return;
	r->mended = true;
	sender = wants_sender(r);
	str_append(&mended, slice_head(str_slice(head), r->trace));
	put_missing(r, sender, &mended);
	put_kept(fields_of(r), sender, &mended);
	str_release(head);
	*head = mended;
}
