#include "cmd/smtpd/content/milters.h"
#include "cmd/smtpd/front/xclient.h"
#include "common/base/log.h"
#include "common/svc/check/checks.h"
#include "common/svc/front_sasl.h"

#define LIMIT_SAID_MAX ((size_t)999999) /* RFC 9422 section 4 */

/* What it names is not looked at (RFC 5321 section 4.1.4). */
bool
smtp_is_name(struct slice name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
			return false;
	return name.len > 0 && name.len <= SMTP_NAME_MAX;
}

/* HELO and EHLO: a new beginning, also in the midst of a transaction. */
static bool
hello(struct smtp *s, struct slice name, bool extended)
{
	const struct reply *no;

	if (!smtp_is_name(name)) {
		smtp_say(s, &reply_helo_syntax);
		return false;
	}
	smtp_reset(s);
	str_set(
	    &s->helo, s->proxied_helo.len ? str_slice(&s->proxied_helo) : name);
	checks_begin(s->checks, CHECK_HELO);
	no = milters_helo(s);
	if (no) {
		str_clear(&s->helo);
		s->state = ST_START; /* it has not said it */
		smtp_say(s, no);
		return false;
	}
	s->extended = extended;
	s->state = ST_GREETED;
	return true;
}

void
cmd_helo(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;

	if (hello(s, argument, false))
		smtp_say_with(
		    s, &reply_helo, slice_from(s->settings->hostname));
}

/* Is the verb a keyword of EHLO now: could it be said with success? */
static bool
is_keyword(const struct smtp *s, const struct command *row)
{
	if (!(row->flags & CMD_EHLO) || !smtp_offers(s, row))
		return false;
	if ((row->flags & CMD_PLAIN_ONLY) && s->front->tls)
		return false;
	if (row->flags & CMD_NEEDS_TLS)
		return front_may_login(s->front) && !s->logged_in;
	return true;
}

/* The keywords that no row of a verb stands for. */
static void
put_extensions(const struct smtp *s, struct str *text)
{
	size_t messages = smtp_message_limit(s);

	str_appendf(text, "%s\nPIPELINING\nSIZE %lld\n8BITMIME\nSMTPUTF8",
	    s->settings->hostname,
	    (long long)s->settings->smtp_max_message_size);
	str_append_cstr(text, "\nENHANCEDSTATUSCODES\nDSN\nCHUNKING"
			      "\nBINARYMIME\nHELP");
	/* six digits are the most that may be said */
	str_appendf(text, "\nLIMITS MAILMAX=%zu RCPTMAX=%zu",
	    messages > LIMIT_SAID_MAX ? LIMIT_SAID_MAX : messages,
	    smtp_recipient_limit(s));
}

void
cmd_ehlo(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	STR_AUTO text = STR_INIT;
	struct reply reply = { 250, NULL, NULL };
	size_t i;

	if (!hello(s, argument, true))
		return;
	put_extensions(s, &text);
	for (i = 0; i < smtp_commands_count; i++) {
		const struct command *row = &smtp_commands[i];

		if (!is_keyword(s, row))
			continue;
		str_appendf(&text, "\n%s", row->verb);
		if (row->flags & CMD_SECRET)
			sasl_list(front_auth_offered(s->front), " ", &text);
		if (row->flags & CMD_XCLIENT)
			xclient_list(&text);
	}
	reply.text = str_cstr(&text);
	smtp_say(s, &reply);
}

void
cmd_lhlo(void *ctx, struct slice argument)
{
	cmd_ehlo(ctx, argument); /* RFC 2033 section 4.1 */
}

void
cmd_noop(void *ctx, struct slice argument)
{
	(void)argument; /* RFC 5321 section 4.1.1.9: to be ignored */
	smtp_say(ctx, &reply_ok);
}

void
cmd_help(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	STR_AUTO verbs = STR_INIT;
	size_t i;

	(void)argument; /* there is one page */
	for (i = 0; i < smtp_commands_count; i++) {
		const struct command *row = &smtp_commands[i];

		if ((row->flags & CMD_HIDDEN) || !smtp_offers(s, row))
			continue;
		str_appendf(&verbs, "%s%s", verbs.len ? " " : "", row->verb);
	}
	smtp_say_with(s, &reply_help, str_slice(&verbs));
}

void
cmd_vrfy(void *ctx, struct slice argument)
{
	(void)argument; /* who exists is nobody's business */
	smtp_say(ctx, &reply_vrfy);
}

void
cmd_rset(void *ctx, struct slice argument)
{
	(void)argument; /* there is none */
	smtp_reset(ctx);
	smtp_say(ctx, &reply_reset);
}

void
cmd_quit(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;

	(void)argument; /* there is none */
	smtp_say(s, &reply_bye);
	s->quit = s->over = true;
}

void
cmd_not_offered(void *ctx, struct slice argument)
{
	(void)argument; /* whatever it was */
	smtp_say(ctx, &reply_not_offered);
}

void
cmd_starttls(void *ctx, struct slice argument)
{
	struct smtp *s = ctx;
	STR_AUTO carry = STR_INIT;
	struct err err;

	(void)argument; /* there is none */
	smtp_carry(s, &carry);
	if (front_starttls(s->front, str_slice(&carry), &err) < 0) {
		log_error("STARTTLS refused: %s", err.text);
		smtp_say(s, &reply_tls_unavailable);
		return;
	}
	checks_hand_over(s->checks);
	smtp_say(s, &reply_tls_ready);
	s->over = true; /* for this process: another front goes on */
}
