#include "cmd/smtpd/content/milters.h"
#include "cmd/smtpd/front/events.h"
#include "cmd/smtpd/front/params.h"
#include "common/base/clock.h"
#include "common/msg/address.h"
#include "common/svc/check/checks.h"

/* Cuts the keyword ("FROM:") off; blanks behind it are common and harmless. */
static bool
cut_keyword(struct slice *rest, const char *keyword)
{
	if (!slice_starts_nocase(*rest, keyword))
		return false;
	*rest = slice_trim(slice_skip(*rest, strlen(keyword)));
	return true;
}

/* Parses the path at the start of *rest; what follows it, if anything, must
 * begin with a blank.  wrong is the reply for a path that is none. */
static const struct reply *
parse_path(struct slice *rest, unsigned flags, const struct reply *wrong,
    struct str *out)
{
	struct address address;

	switch (address_parse_path(rest, flags, &address)) {
	case ADDRESS_OK:
		break;
	case ADDRESS_NOT_ASCII:
		return &reply_not_ascii;
	case ADDRESS_SYNTAX:
	case ADDRESS_DOMAIN_LONG:
	case ADDRESS_PATH_LONG:
		return wrong;
	}
	if (rest->len && rest->ptr[0] != ' ')
		return wrong;
	str_clear(out);
	address_canonical(&address, out);
	return NULL;
}

static const struct reply *
take_sender(struct smtp *s, struct slice argument, struct slice *ret_name)
{
	const struct reply *no;

	if (!cut_keyword(&argument, "FROM:"))
		return &reply_syntax_mail;
	/* SMTPUTF8 comes behind the path */
	no = parse_path(&argument, ADDRESS_ALLOW_NULL | ADDRESS_ALLOW_UTF8,
	    &reply_sender_address, &s->tx.sender);
	if (no)
		return no;
	if (s->tx.sender.len > WIRE_ADDRESS_MAX)
		return &reply_sender_address;
	no = params_take(s, params_mail, params_mail_count, argument, ret_name);
	if (no == NULL && !(s->tx.bits & WIRE_MAIL_SMTPUTF8) &&
	    !slice_is_ascii(str_slice(&s->tx.sender)))
		no = &reply_not_ascii;
	return no;
}

size_t
smtp_message_limit(const struct smtp *s)
{
	size_t limit = (size_t)s->settings->smtp_max_messages;

	return limit < SMTP_MESSAGES_MAX ? limit : SMTP_MESSAGES_MAX;
}

static enum smtp_outcome
ask_sender(struct smtp *s)
{
	const struct wire_mail mail = {
		.sender = str_slice(&s->tx.sender),
		.helo = str_slice(&s->helo),
		.envid = str_slice(&s->tx.envid),
		.size = s->tx.announced,
		.bits = s->tx.bits,
	};
	STR_AUTO body = STR_INIT;

	wire_put_mail(&mail, &body);
	return smtp_ask(s, SMTP_MAIL, str_slice(&body), NULL);
}

static void
refuse_sender(struct smtp *s, const struct reply *no, struct slice argument)
{
	events_sender_refused(s, no, argument);
	smtp_reset(s);
	smtp_say_with(s, no, argument);
}

/* The transaction begins, if the keeper says so. */
static void
begin(struct smtp *s)
{
	enum smtp_outcome outcome = ask_sender(s);
	STR_AUTO sender = STR_INIT;
	const struct reply *no;

	str_append(&sender, str_slice(&s->tx.sender));
	s->tx.at_keeper = outcome == OUTCOME_OK;
	no = outcome == OUTCOME_OK ? milters_mail(s) : reply_for_mail(outcome);
	if (no) {
		refuse_sender(s, no, str_slice(&sender));
		return;
	}
	s->tx.started = clock_ms();
	s->state = ST_MAIL;
	checks_begin(s->checks, CHECK_MAIL);
	smtp_say(s, &reply_sender_ok);
}

void
cmd_mail(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	struct slice name = { "", 0 };
	const struct reply *no;

	if (s->messages >= smtp_message_limit(s)) {
		smtp_say(s, &reply_too_many_messages);
		return;
	}
	no = take_sender(s, argument, &name);
	if (no)
		refuse_sender(s, no, name);
	else
		begin(s);
}

size_t
smtp_recipient_limit(const struct smtp *s)
{
	return (size_t)(s->logged_in ? s->settings->smtp_max_recipients_login
				     : s->settings->smtp_max_recipients);
}

static const struct reply *
take_recipient(struct smtp *s, struct slice argument, struct str *address,
    struct slice *ret_name)
{
	unsigned flags = ADDRESS_ALLOW_POSTMASTER;
	const struct reply *no;

	if (!cut_keyword(&argument, "TO:"))
		return &reply_syntax_rcpt;
	if (s->tx.bits & WIRE_MAIL_SMTPUTF8)
		flags |= ADDRESS_ALLOW_UTF8;
	str_clear(&s->rcpt.orcpt);
	s->rcpt.notify = 0;
	no = parse_path(&argument, flags, &reply_recipient_address, address);
	if (no == NULL)
		no = params_take(
		    s, params_rcpt, params_rcpt_count, argument, ret_name);
	if (no)
		return no;
	if (address->len > WIRE_ADDRESS_MAX)
		return &reply_recipient_address;
	if (s->tx.count >= smtp_recipient_limit(s))
		return &reply_too_many_recipients;
	return NULL;
}

static enum smtp_outcome
ask_recipient(struct smtp *s, struct slice address)
{
	const struct wire_rcpt rcpt = { .address = address,
		.orcpt = str_slice(&s->rcpt.orcpt),
		.notify = s->rcpt.notify,
		.suspicious = checks_suspicious(s->checks) };
	STR_AUTO body = STR_INIT;

	wire_put_rcpt(&rcpt, &body);
	return smtp_ask(s, SMTP_RCPT, str_slice(&body), NULL);
}

static void
remember(struct smtp *s, const struct str *address)
{
	if (s->tx.count++ == 0)
		str_set(&s->tx.first, str_slice(address));
	if (s->lmtp)
		str_appendf(&s->tx.each, "%s\n", str_cstr(address));
	if (s->tx.rcpts.len + address->len < SMTP_LOG_RCPTS)
		str_appendf(&s->tx.rcpts, "%s%s", s->tx.rcpts.len ? "," : "",
		    str_cstr(address));
	checks_accepted(s->checks, str_slice(address));
	s->state = ST_RCPT;
}

/* A milter does not want an accepted recipient: the keeper takes it back. */
static const struct reply *
ask_milters(struct smtp *s, const struct str *address)
{
	const struct wire_edit edit = { WIRE_EDIT_REMOVE, str_slice(address) };
	const struct reply *no = milters_rcpt(s, str_slice(address));
	STR_AUTO body = STR_INIT;

	if (no == NULL)
		return NULL;
	wire_put_edit(&edit, &body);
	(void)smtp_ask(
	    s, SMTP_EDIT, str_slice(&body), NULL); /* it is the last one */
	return no;
}

/* What is told about an outcome, quota_message being the site's own words. */
static void
say_outcome(struct smtp *s, enum smtp_outcome outcome, const struct reply *no,
    struct str *address)
{
	const struct reply *reply = no ? no : reply_for_rcpt(outcome);
	STR_AUTO text = STR_INIT;

	verdict_text(s->settings, reply, str_slice(address), &text);
	if (reply->code >= 400)
		events_recipient_refused(
		    s, reply, str_slice(address), str_slice(&text));
	smtp_say_with(s, reply, str_slice(&text));
}

/* What is said against the recipient before anybody is asked about him. */
static const struct reply *
refuse_recipient(struct smtp *s, struct slice argument, struct str *address,
    struct slice *ret_text)
{
	const struct reply *no = take_recipient(s, argument, address, ret_text);

	return no ? no
		  : checks_recipient(s->checks, str_slice(address), ret_text);
}

void
cmd_rcpt(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	STR_AUTO address = STR_INIT;
	struct slice text = { "", 0 };
	const struct reply *no = refuse_recipient(s, argument, &address, &text);
	enum smtp_outcome outcome;

	if (no) {
		events_recipient_refused(s, no, str_slice(&address), text);
		smtp_say_with(s, no, text);
		return;
	}
	outcome = ask_recipient(s, str_slice(&address));
	if (outcome == OUTCOME_OK || outcome == OUTCOME_DISCARD) {
		no = ask_milters(s, &address);
		if (no == NULL)
			remember(s, &address);
	}
	say_outcome(s, outcome, no, &address);
}
