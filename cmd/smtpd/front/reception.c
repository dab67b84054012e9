#include <errno.h>

#include "cmd/smtpd/front/reception.h"
#include "cmd/smtpd/front/submission.h"
#include "common/base/clock.h"
#include "common/msg/date.h"
#include "common/msg/received.h"
#include "common/svc/check/report.h"

#define GOODBYE_MS 5000 /* for telling a client that its time is up */

/* How many times smtp_max_message_size is read, for an end after which it can
 * be said that this is too big. */
#define TOO_BIG_READ 2

/* Our own fields: RFC 5321 section 4.4. */
static void
put_trace(const struct smtp *s, struct str *out)
{
	struct slice only =
	    s->tx.count == 1 ? str_slice(&s->tx.first) : slice_from("");
	time_t now = clock_now().tv_sec;
	struct received received = {
		.helo = str_slice(&s->helo),
		.client = s->front->peer->address,
		.client_name = s->front->peer->name,
		.host = s->settings->hostname,
		.id = s->front->trace,
		.tls = s->front->tls_text,
		.recipient = only,
		.when = now,
		.offset = date_local_offset(now),
		.extended = s->extended,
		.lmtp = s->lmtp,
		.utf8 = s->tx.bits & WIRE_MAIL_SMTPUTF8,
		.authenticated = s->logged_in,
		.hidden = s->logged_in && s->settings->submission_hide_client,
		.user = s->logged_in && s->settings->submission_show_user
			    ? str_slice(&s->user)
			    : slice_from(""),
	};

	received_return_path(str_slice(&s->tx.sender), out);
	if (s->settings->smtp_add_delivered_to && only.len)
		received_delivered_to(only, out);
	checks_header(s->checks, out);
	received_format(&received, out);
}

/* Whose Authentication-Results nobody but us may write; NULL where the client
 * may: another server of the site's, whose name may be ours. */
static const char *
own_authserv_id(const struct smtp *s)
{
	const struct settings *set = s->settings;

	if (s->lmtp ||
	    (set->trusted_networks[0] &&
		peer_in_networks(s->front->peer, set->trusted_networks)))
		return NULL;
	return set->hostname;
}

/* A file for the message (intake_file). */
static int
ask_file(void *ctx)
{
	struct ipc_msg answer = IPC_MSG_INIT;
	enum smtp_outcome outcome =
	    smtp_ask(ctx, SMTP_FILE, slice_from(""), &answer);
	int fd = ipc_msg_take_fd(&answer, 0);

	ipc_msg_release(&answer);
	if (fd >= 0)
		return fd;
	return outcome == OUTCOME_DISK_FULL ? -ENOSPC : -EIO;
}

void
reception_init(struct reception *r, struct smtp *s, bool wanted)
{
	*r = (struct reception){ .s = s };
	r->un.normalize = smtp_normalizes(s);
	r->binary = s->tx.bits & WIRE_MAIL_BINARYMIME;
	intake_init(&r->intake, wanted ? ask_file : NULL, s);
	put_trace(s, &r->intake.head);
	r->trace = r->intake.head.len;
	r->scan.authserv_id = own_authserv_id(s);
	r->deadline = clock_deadline(s->settings->smtp_data_timeout);
}

void
reception_release(struct reception *r)
{
	intake_release(&r->intake);
	str_release(&r->pending);
}

/*
 * One line of the header.  A line that cannot be part of one begins the body,
 * and an empty line is put before it: left out, every reader of the mailbox
 * would have to guess where the header ends, and some find fields behind that
 * line that were never looked at here.
 */
static void
take_header_line(struct reception *r, struct slice line)
{
	struct str *head = &r->intake.head;
	size_t before = head->len;

	header_scan_line(&r->scan, line, head);
	if (!r->scan.broken)
		return;
	str_truncate(head, before + 1);
	str_append(&r->intake.body, line);
	str_append_char(&r->intake.body, '\n');
}

static bool
header_is_long(const struct reception *r)
{
	size_t lines = (size_t)r->s->settings->smtp_max_header_lines;

	return r->scan.lines > lines ||
	       r->intake.head.len - r->trace > INTAKE_HEAD_MAX ||
	       r->pending.len > INTAKE_HEAD_MAX;
}

/* Takes the complete lines in pending; what is left of it once the header is
 * over belongs to the body. */
static void
take_header(struct reception *r)
{
	struct slice rest = str_slice(&r->pending);

	while (!r->scan.done) {
		size_t at = slice_find(rest, '\n');

		if (at == rest.len)
			break;
		take_header_line(r, slice_head(rest, at));
		rest = slice_skip(rest, at + 1);
	}
	if (r->scan.done) {
		submission_mend(r);
		str_append(&r->intake.body, rest);
		rest.len = 0;
	}
	str_drop(&r->pending, r->pending.len - rest.len);
	r->header_long = r->header_long || header_is_long(r);
}

static bool
is_too_big(const struct reception *r)
{
	uint64_t max = (uint64_t)r->s->settings->smtp_max_message_size;

	return r->un.octets > (r->converting ? WIRE_BINARY_GROWN(max) : max);
}

static void
keep_or_drop(struct reception *r)
{
	if (is_too_big(r) || r->un.faults || r->header_long)
		intake_drop(&r->intake);
	else
		intake_drain(&r->intake);
}

/* Where text goes while it arrives. */
static struct str *
text_of(struct reception *r)
{
	return r->scan.done || r->intake.dropped ? &r->intake.body
						 : &r->pending;
}

/* Takes text off *in; true at the end of the message. */
static bool
take_text(struct reception *r, struct slice *in)
{
	struct str *out = text_of(r);
	bool end = unstuff_feed(&r->un, in, out);

	if (out == &r->pending)
		take_header(r);
	keep_or_drop(r);
	return end;
}

/* Takes the octets of a chunk that are here; true at its end. */
static bool
take_chunk(struct reception *r, struct slice *in)
{
	struct slice mine = slice_head(*in, r->left);

	*in = slice_skip(*in, mine.len);
	r->left -= mine.len;
	if (r->binary) {
		str_append(&r->intake.body, mine);
		r->un.octets += mine.len;
		keep_or_drop(r);
	} else {
		(void)take_text(r, &mine); /* all of it: it has no end */
	}
	return r->left == 0;
}

/* Takes octets off *in; true at the end of the message, or of the chunk. */
static bool
take(struct reception *r, struct slice *in)
{
	return r->un.chunked ? take_chunk(r, in) : take_text(r, in);
}

void
reception_put(struct reception *r, struct slice text)
{
	while (text.len) {
		struct slice piece = slice_head(text, INTAKE_BUFFER_MAX);

		text = slice_skip(text, piece.len);
		(void)take_text(r, &piece); /* all of it, as above */
	}
}

void
reception_end(struct reception *r)
{
	struct str *out;

	if (r->binary)
		reception_convert(r);
	out = text_of(r);
	unstuff_finish(&r->un, out);
	if (out == &r->pending)
		take_header(r);
	keep_or_drop(r);
	(void)intake_settle(&r->intake); /* the error stays there */
}

/* Does it go on and on? */
static bool
is_endless(const struct reception *r)
{
	uint64_t limit = (uint64_t)r->s->settings->smtp_max_message_size;

	return r->un.octets > TOO_BIG_READ * limit;
}

/* The minimum rate: every octet that a message may have earns a little time. */
static int64_t
deadline_now(const struct reception *r)
{
	int64_t rate = r->s->settings->smtp_data_min_rate;
	int64_t octets = r->s->settings->smtp_max_message_size;

	if (!is_too_big(r))
		octets = (int64_t)r->un.octets;
	return rate > 0 ? r->deadline + octets * 1000 / rate : r->deadline;
}

/* No more is read; NULL: nobody is left to be told. */
static void
lose(struct smtp *s, const struct reply *reply)
{
	stream_set_deadline(s->front->client, clock_deadline(GOODBYE_MS));
	if (reply)
		smtp_say(s, reply);
	s->over = true;
}

/* Waits for more octets until the deadline; false as reception_read. */
static bool
fill(struct smtp *s, int64_t deadline)
{
	int rc;

	do {
		stream_set_deadline(
		    s->front->client, smtp_deadline(s, deadline));
		rc = stream_fill(s->front->client);
		/* told to end: this message is finished before that */
	} while (rc == -ECANCELED && front_is_ending(s->front));
	if (rc <= 0)
		lose(s, rc == -ETIMEDOUT ? smtp_timeout(s) : NULL);
	return rc > 0;
}

bool
reception_read(struct reception *r)
{
	struct stream *client = r->s->front->client;
	bool end = false;

	while (!end) {
		struct slice in = stream_input(client);
		size_t had = in.len;

		if (had) {
			end = take(r, &in);
			stream_eat(client, had - in.len);
			continue;
		}
		if (is_endless(r)) {
			lose(r->s, &reply_endless);
			return false;
		}
		if (!fill(r->s, deadline_now(r)))
			return false;
	}
	return true;
}

bool
reception_read_chunk(struct reception *r, uint64_t octets)
{
	/* chunks of an octet must not be worth more time than they earn */
	if (clock_ms() >= deadline_now(r)) {
		lose(r->s, &reply_timeout);
		return false;
	}
	r->left = octets;
	return octets == 0 || reception_read(r);
}

bool
reception_skip_chunk(struct smtp *s, uint64_t octets)
{
	struct stream *client = s->front->client;
	uint64_t limit = (uint64_t)s->settings->smtp_max_message_size;
	int64_t deadline = clock_deadline(s->settings->smtp_data_timeout);

	if (octets > TOO_BIG_READ * limit) {
		lose(s, &reply_endless);
		return false;
	}
	while (octets) {
		size_t n = slice_head(stream_input(client), octets).len;

		stream_eat(client, n);
		octets -= n;
		if (octets && !fill(s, deadline))
			return false;
	}
	return true;
}

/* Did we deliver this very message to this very recipient before?  Only where
 * the field is ours can it tell. */
static bool
was_delivered(const struct reception *r)
{
	struct slice rest = slice_skip(str_slice(&r->intake.head), r->trace);
	struct header_field field;

	if (!r->s->settings->smtp_add_delivered_to ||
	    r->scan.delivered_to == 0 || r->s->tx.count != 1)
		return false;
	while (header_next(&rest, &field)) {
		STR_AUTO to = STR_INIT;

		if (!slice_is_nocase(field.name, "Delivered-To"))
			continue;
		header_unfold(field.body, &to);
		if (slice_equal_nocase(
			str_slice(&to), str_slice(&r->s->tx.first)))
			return true;
	}
	return false;
}

static const struct reply *
fault_reply(const struct reception *r)
{
	unsigned faults = r->un.faults;

	if (r->binary && (faults & ~(unsigned)FAULT_LONG_LINE))
		return &reply_conversion;
	if (faults & (FAULT_BARE_LF | FAULT_BARE_CR))
		return &reply_bare;
	if (faults & FAULT_NUL)
		return &reply_nul;
	return faults & FAULT_LONG_LINE ? &reply_text_line_long : NULL;
}

const struct reply *
reception_refusal(const struct reception *r)
{
	if (r->unconverted)
		return &reply_conversion;
	if (r->un.faults)
		return fault_reply(r);
	if (is_too_big(r))
		return &reply_too_big;
	if (r->header_long)
		return &reply_header_long;
	if (r->scan.received > (size_t)r->s->settings->smtp_max_hops ||
	    was_delivered(r))
		return &reply_loop;
	if (r->intake.error == -ENOSPC || r->intake.error == -EDQUOT)
		return &reply_disk_full;
	return r->intake.error ? &reply_local_error : NULL;
}
