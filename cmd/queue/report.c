#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/queue/queue.h"
#include "common/base/enc.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/msg/date.h"
#include "common/msg/header.h"

#define FULL_MAX 50000   /* octets of a message that is sent back whole */
#define HEADER_MAX 65536 /* octets of one whose header is sent back */
#define VALUE_MAX 800    /* octets of a field's value: its line has 998 */
#define TYPE_MAX 30      /* octets of an address's type, before escapes */
#define STATUS_MAX 12    /* octets of "5.123.456" */
#define SYSTEM_CODES 9   /* octets of "451 4.3.0", with */
#define SYSTEM_STATUS 4  /* the status at */

/* What a report of that kind is called, and begins with. */
struct words {
	const char *subject;
	const char *action;
	const char *intro;
};

static const struct words words_of[] = {
	[REPORT_FAILURE] = { "Undelivered mail returned to sender", "failed",
	    "Your message could not be delivered to the recipients named "
	    "below, and\nwill not be tried again.\n" },
	[REPORT_DELAY] = { "Delayed mail (still being tried)", "delayed",
	    "Your message could not be delivered yet to the recipients named "
	    "below.\nIt is tried further, and nothing is to be done by "
	    "you.\n" },
	[REPORT_SUCCESS] = { "Mail was delivered", "delivered",
	    "Your message was delivered to the recipients named below, as you "
	    "asked to\nbe told.\n" },
};

static const struct words words_double = { "Undeliverable report", "failed",
	"A message without a sender, such as a report, could not be delivered "
	"to the\nrecipients named below.  Nobody else is told.\n" };

static const struct words *
words_for(const struct report *report)
{
	const struct spool_envelope *env = &report->entry->env;

	if (env->class == SPOOL_MAIL && env->sender[0])
		return &words_of[report->kind];
	return &words_double;
}

/* A text in a field of a report: one line, and ASCII where the message was. */
static void
put_value(const struct report *report, const char *text, struct str *out)
{
	struct slice value = slice_head(slice_from(text), VALUE_MAX);
	STR_AUTO line = STR_INIT;
	STR_AUTO ascii = STR_INIT;

	header_unfold(value, &line);
	if (report->entry->env.utf8 && enc_utf8_valid(str_slice(&line))) {
		str_append(out, str_slice(&line));
		return;
	}
	enc_printable(str_slice(&line), &ascii); /* which may be longer */
	str_append(out, slice_head(str_slice(&ascii), VALUE_MAX));
}

static void
put_field(const struct report *report, const char *name, const char *text,
    struct str *out)
{
	str_appendf(out, "%s ", name);
	put_value(report, text, out);
	str_append_char(out, '\n');
}

/* "a+2Bb" is "a+b" (RFC 3461 section 4); what is none stays as it is. */
static void
decode_xtext(const char *text, struct str *out)
{
	uint64_t octet;

	for (; *text; text++) {
		if (text[0] == '+' && text[1] && text[2] &&
		    num_parse_hex(slice_of(text + 1, 2), UINT8_MAX, &octet)) {
			str_append_char(out, (char)octet);
			text += 2;
		} else {
			str_append_char(out, *text);
		}
	}
}

/* "451 4.3.0 text" has the status 4.3.0; without one its class alone counts. */
static void
put_status(
    const struct report *report, const struct spool_rcpt *rcpt, struct str *out)
{
	struct slice rest = slice_from(rcpt->reply), word;
	const char *none = "5.0.0";
	size_t i, dots = 0;

	if (report->kind == REPORT_SUCCESS)
		none = "2.0.0";
	else if (report->kind == REPORT_DELAY || rcpt->reply[0] == '4')
		none = "4.0.0";
	(void)slice_next(&rest, ' ', &word); /* the code */
	if (!slice_next(&rest, ' ', &word))
		word = slice_from("");
	for (i = 0; i < word.len; i++) {
		bool dot = word.ptr[i] == '.';

		dots += dot;
		if (!dot && (word.ptr[i] < '0' || word.ptr[i] > '9'))
			dots = 0, i = word.len;
	}
	if (dots == 2 && word.len >= 5 && word.len < STATUS_MAX)
		str_appendf(out, "%.*s\n", SLICE_FMT(word));
	else
		str_appendf(out, "%s\n", none);
}

/* The reply as a reader may see it: ours may name a file, and with it a mailbox
 * that the address leads to; the log and njiwa queue have that. */
static void
put_reply(
    const struct report *report, const struct spool_rcpt *rcpt, struct str *out)
{
	struct slice reply = slice_from(rcpt->reply);
	STR_AUTO text = STR_INIT;

	if (rcpt->host[0] == '\0' && reply.len > SYSTEM_STATUS &&
	    reply.ptr[0] == '4' &&
	    slice_starts(slice_skip(reply, SYSTEM_STATUS), "4.3."))
		str_appendf(&text, "%.*s this host was in trouble",
		    SYSTEM_CODES, rcpt->reply);
	else
		str_append(&text, reply);
	put_value(report, str_cstr(&text), out);
	str_append_char(out, '\n');
}

static void
put_date(const char *name, uint64_t when, struct str *out)
{
	str_appendf(out, "%s ", name);
	date_format((time_t)when, date_local_offset((time_t)when), out);
	str_append_char(out, '\n');
}

/* Was the same address told of already, by another of its mailboxes? */
static bool
is_repeated(const struct report *report, size_t i)
{
	const struct spool_rcpt *rcpts = report->entry->env.rcpts;
	size_t k;

	for (k = 0; k < i; k++)
		if (report->about[k] &&
		    strcmp(rcpts[k].address, rcpts[i].address) == 0)
			return true;
	return false;
}

static bool
is_listed(const struct report *report, size_t i)
{
	return report->about[i] && !is_repeated(report, i);
}

/* ---- the parts ---- */

/* The boundary ends in what no id has: that of a report within this one would
 * begin with this one's otherwise, or the other way round. */
static void
put_head(const struct report *report, bool eight_bit, struct str *out)
{
	const char *host = report->settings->hostname;

	str_appendf(
	    out, "From: Mail Delivery System <MAILER-DAEMON@%s>\nTo: <", host);
	put_value(report, report->to, out);
	if (strchr(report->to, '@') == NULL)
		str_appendf(out, "@%s", host);
	str_appendf(out, ">\nSubject: %s\n", words_for(report)->subject);
	put_date("Date:", report->now, out);
	str_appendf(out,
	    "Message-ID: <%s@%s>\nAuto-Submitted: auto-replied\n"
	    "MIME-Version: 1.0\nContent-Type: multipart/report; "
	    "report-type=delivery-status;\n\tboundary=\"=_%s=\"\n",
	    report->id, host, report->id);
	if (eight_bit)
		str_append_cstr(out, "Content-Transfer-Encoding: 8bit\n");
	str_append_cstr(out, "\nThis is a report on the delivery of mail, in "
			     "parts by MIME.\n");
}

static void
put_part(const struct report *report, const char *type, bool eight_bit,
    struct str *out)
{
	str_appendf(out, "\n--=_%s=\nContent-Type: %s\n%s\n", report->id, type,
	    eight_bit ? "Content-Transfer-Encoding: 8bit\n" : "");
}

static void
put_words(const struct report *report, struct str *out)
{
	const struct spool_envelope *env = &report->entry->env;
	size_t i;

	str_appendf(out, "This is the mail system of %s.\n\n%s\n",
	    report->settings->hostname, words_for(report)->intro);
	for (i = 0; i < env->count; i++) {
		if (!is_listed(report, i))
			continue;
		str_append_char(out, '<');
		put_value(report, env->rcpts[i].address, out);
		str_append_cstr(out, ">:\n    ");
		put_reply(report, &env->rcpts[i], out);
	}
}

static void
put_message_fields(const struct report *report, struct str *out)
{
	const struct spool_envelope *env = &report->entry->env;
	STR_AUTO envid = STR_INIT;

	decode_xtext(env->envid, &envid);
	if (envid.len)
		put_field(
		    report, "Original-Envelope-Id:", str_cstr(&envid), out);
	str_appendf(
	    out, "Reporting-MTA: dns; %s\n", report->settings->hostname);
	if (env->helo[0])
		put_field(report, "Received-From-MTA: dns;", env->helo, out);
	put_date("Arrival-Date:", env->arrived, out);
}

static void
put_original(const struct report *report, const char *orcpt, struct str *out)
{
	struct slice rest = slice_from(orcpt), type;
	STR_AUTO address = STR_INIT;

	if (orcpt[0] == '\0' || !slice_next(&rest, ';', &type) ||
	    rest.ptr == NULL)
		return;
	decode_xtext(rest.ptr, &address);
	str_append_cstr(out, "Original-Recipient: ");
	enc_printable(slice_head(type, TYPE_MAX), out);
	str_append_cstr(out, "; ");
	put_value(report, str_cstr(&address), out);
	str_append_char(out, '\n');
}

static void
put_rcpt_fields(
    const struct report *report, const struct spool_rcpt *rcpt, struct str *out)
{
	const struct settings *settings = report->settings;
	const char *action = words_for(report)->action;

	if (rcpt->state == SPOOL_RELAYED)
		action = "relayed";
	str_append_char(out, '\n');
	put_original(report, rcpt->orcpt, out);
	put_field(report,
	    report->entry->env.utf8 ? "Final-Recipient: utf-8;"
				    : "Final-Recipient: rfc822;",
	    rcpt->address, out);
	str_appendf(out, "Action: %s\nStatus: ", action);
	put_status(report, rcpt, out);
	if (rcpt->host[0])
		put_field(report, "Remote-MTA: dns;", rcpt->host, out);
	if (rcpt->reply[0]) {
		str_append_cstr(out, rcpt->host[0]
					 ? "Diagnostic-Code: smtp; "
					 : "Diagnostic-Code: X-njiwa; ");
		put_reply(report, rcpt, out);
	}
	if (report->kind == REPORT_DELAY)
		put_date("Will-Retry-Until:",
		    report->entry->env.arrived +
			(uint64_t)settings->queue_lifetime / 1000,
		    out);
}

/* The message that it is about, or what of it is sent back. */
struct quoted {
	struct str text;
	bool whole;
	bool eight_bit;
};

static void
read_quoted(const struct report *report, struct quoted *ret)
{
	const struct spool_envelope *env = &report->entry->env;
	bool whole = report->kind == REPORT_FAILURE &&
		     env->ret != SPOOL_RET_HDRS &&
		     env->body != SPOOL_BINARYMIME && env->size <= FULL_MAX;
	size_t max = whole ? FULL_MAX : HEADER_MAX, i;
	struct slice text;
	ssize_t n;

	str_reserve(&ret->text, max + 1);
	n = pread(report->entry->message, ret->text.ptr, max, 0);
	ret->text.len = n > 0 ? (size_t)n : 0;
	ret->text.ptr[ret->text.len] = '\0';
	text = str_slice(&ret->text);
	ret->whole = whole;
	if (!whole)
		str_truncate(&ret->text, header_length(text));
	for (i = 0; i < ret->text.len; i++)
		ret->eight_bit |= (unsigned char)ret->text.ptr[i] > 127;
}

static const char *
quoted_type(const struct report *report, const struct quoted *quoted)
{
	if (report->entry->env.utf8)
		return quoted->whole ? "message/global"
				     : "message/global-headers";
	return quoted->whole ? "message/rfc822" : "text/rfc822-headers";
}

void
report_format(const struct report *report, struct str *out, bool *ret_eight_bit)
{
	const struct spool_envelope *env = &report->entry->env;
	struct quoted quoted = { STR_INIT, false, false };
	bool utf8 = env->utf8;
	size_t i;

	read_quoted(report, &quoted);
	*ret_eight_bit = quoted.eight_bit || utf8;
	put_head(report, *ret_eight_bit, out);
	put_part(report,
	    utf8 ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii",
	    utf8, out);
	put_words(report, out);
	put_part(report,
	    utf8 ? "message/global-delivery-status" : "message/delivery-status",
	    utf8, out);
	put_message_fields(report, out);
	for (i = 0; i < env->count; i++)
		if (is_listed(report, i))
			put_rcpt_fields(report, &env->rcpts[i], out);
	put_part(report, quoted_type(report, &quoted), quoted.eight_bit || utf8,
	    out);
	str_append(out, str_slice(&quoted.text));
	str_appendf(out, "\n--=_%s=--\n", report->id);
	str_release(&quoted.text);
}
