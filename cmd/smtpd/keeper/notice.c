#include <stdlib.h>

#include "cmd/smtpd/keeper/delivery.h"
#include "cmd/smtpd/keeper/sender.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/msg/date.h"

/* The message, as it is on disk (RFC 3834 section 5 has Auto-Submitted). */
static void
put_notice(const struct keeper *keeper, const char *login, struct str *out)
{
	const struct settings *settings = keeper->settings;
	time_t now = clock_now().tv_sec;
	STR_AUTO date = STR_INIT;

	date_format(now, date_local_offset(now), &date);
	str_appendf(out,
	    "Return-Path: <>\n"
	    "Date: %s\n"
	    "From: njiwa <postmaster@%s>\n"
	    "To: postmaster@%s\n"
	    "Subject: %s sends to too many\n"
	    "Message-ID: <limit.%lld.%s@%s>\n"
	    "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n"
	    "\n",
	    str_cstr(&date), settings->hostname, settings->hostname, login,
	    (long long)now, keeper->trace, settings->hostname);
	str_appendf(out,
	    "The user %s has sent to as many recipients as the settings\n"
	    "submission_max_per_hour (%lld) and submission_max_per_day (%lld,\n"
	    "0 being any number) allow.  Further ones are answered with 451\n"
	    "until others are old enough.  The last client was %s.\n"
	    "\n"
	    "Somebody else may know the password.  This is said once a day.\n",
	    login, (long long)settings->submission_max_per_hour,
	    (long long)settings->submission_max_per_day,
	    keeper->peer->address[0] ? keeper->peer->address : "local");
}

/* A delivery of its own, beside the one that is under way. */
static enum smtp_outcome
deliver(struct keeper *keeper, struct slice text)
{
	const struct wire_rcpt rcpt = { .address = slice_from("postmaster") };
	const struct wire_commit how = { .message = text };
	struct delivery d = { .keeper = keeper };
	STR_AUTO each = STR_INIT;
	enum smtp_outcome outcome = recipients_add(&d, &rcpt);

	if (outcome == OUTCOME_OK)
		outcome = delivery_open(&d, text.len);
	if (outcome == OUTCOME_OK)
		outcome = delivery_commit(&d, &how, &each);
	delivery_close(&d);
	recipients_clear(&d);
	free(d.to);
	free(d.rcpts);
	free(d.links);
	return outcome;
}

void
notice_limit(struct keeper *keeper, const char *login)
{
	STR_AUTO text = STR_INIT;

	log_warning("%s has sent to as many recipients as he may", login);
	put_notice(keeper, login, &text);
	if (deliver(keeper, str_slice(&text)) != OUTCOME_OK)
		log_warning("no mailbox of the postmaster takes a notice "
			    "of that");
}
