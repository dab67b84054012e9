#include <poll.h>

#include "cmd/smtpd/front/events.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"

#define TARPIT_STEP 10     /* refusals that are held back alike */
#define TARPIT_STEPS_MAX 5 /* then it is not slower any more */

/* Is it about a recipient that gets no mail?  A list that nobody tends has
 * many, and the others are to get theirs.  Or about a chunk that was sent on
 * before the refusal of one before it could be heard? */
static bool
is_forgiven(const struct reply *reply)
{
	return reply == &reply_recipient_unknown || reply == &reply_dropped ||
	       reply == &reply_disabled || reply == &reply_over_quota ||
	       reply == &reply_no_recipients || reply == &reply_chunk_lost;
}

/* Is it nothing that the client could help?  Who speaks LMTP is of this
 * machine, and hands on what others have sent, to whomever. */
static bool
is_of_others(const struct smtp *s, const struct reply *reply)
{
	return s->lmtp &&
	       (is_forgiven(reply) || reply->code < 500 || s->tx.told);
}

/* Counts the reply; what is to be said: it, or that there was too much. */
static const struct reply *
count_reply(struct smtp *s, const struct reply *reply)
{
	struct smtp_tally *tally = &s->tally;
	bool over = false;

	if (reply == &reply_queued || reply == &reply_auth_ok)
		*tally = (struct smtp_tally){ 0 };
	else if (is_of_others(s, reply))
		return reply;
	else if (is_forgiven(reply))
		over = ++tally->refused > SMTP_REFUSED_MAX;
	else if (reply->code >= 500)
		over = ++tally->errors > (size_t)s->settings->smtp_max_errors;
	else if (reply->code >= 400 && reply->code != 421)
		over = ++tally->deferred > SMTP_DEFERRED_MAX;
	return over ? &reply_too_many_errors : reply;
}

/* Who does much wrong is answered slowly, and ever more so: smtp_error_delay,
 * once more after each further TARPIT_STEP refusals.  A keeper that hangs up
 * ends it. */
static void
tarpit(const struct smtp *s, const struct reply *reply)
{
	size_t wrong = s->tally.errors + s->tally.refused;
	size_t soft = (size_t)s->settings->smtp_soft_errors, steps;

	if (reply->code < 500 || s->logged_in || s->lmtp || wrong <= soft)
		return;
	steps = 1 + (wrong - soft - 1) / TARPIT_STEP;
	if (steps > TARPIT_STEPS_MAX)
		steps = TARPIT_STEPS_MAX;
	(void)fileio_wait(s->front->keeper, POLLIN, /* nothing is read */
	    clock_deadline((int64_t)steps * s->settings->smtp_error_delay));
}

struct slice
smtp_argument(const struct smtp *s, const struct reply *reply,
    struct slice argument, struct str *store)
{
	if (reply != &reply_greylisted)
		return argument;
	str_appendf(store, "%u", s->wait);
	return str_slice(store);
}

void
smtp_say_with(struct smtp *s, const struct reply *reply, struct slice argument)
{
	struct reply_style style = { s->extended, s->front->trace };
	STR_AUTO seconds = STR_INIT;
	STR_AUTO text = STR_INIT;

	reply = count_reply(s, reply);
	if (reply->code == 421) {
		events_sent_away(s, reply, argument);
		s->over = true;
	}
	tarpit(s, reply);
	reply_format(
	    reply, &style, smtp_argument(s, reply, argument, &seconds), &text);
	stream_write(s->front->client, str_slice(&text));
}

void
smtp_say(struct smtp *s, const struct reply *reply)
{
	smtp_say_with(s, reply, slice_from(""));
}
