#include <string.h>

#include "cmd/smtpd/keeper/strangers.h"
#include "common/account/greylist.h"
#include "common/base/log.h"
#include "common/net/network.h"

/* Somebody at the port for everybody who has not logged in. */
static bool
is_stranger(const struct delivery *d)
{
	return strcmp(d->keeper->profile, "mx") == 0 && d->keeper->user == NULL;
}

enum smtp_outcome
strangers_mail(struct delivery *d)
{
	return !is_stranger(d) || rates_allow(d->keeper->rates, RATE_MESSAGE)
		   ? OUTCOME_OK
		   : OUTCOME_TOO_OFTEN;
}

enum smtp_outcome
strangers_ask(struct delivery *d)
{
	return !is_stranger(d) ||
		       rates_have_room(d->keeper->rates, RATE_UNKNOWN)
		   ? OUTCOME_OK
		   : OUTCOME_TOO_OFTEN;
}

void
strangers_note(struct delivery *d, enum smtp_outcome outcome)
{
	if (is_stranger(d) && outcome == OUTCOME_UNKNOWN)
		(void)rates_allow(/* there was room: strangers_ask */
		    d->keeper->rates, RATE_UNKNOWN);
}

/* ---- greylisting ---- */

static bool
is_greylisted(const struct delivery *d)
{
	const struct settings *set = d->keeper->settings;

	if (!is_stranger(d) || strcmp(set->greylist, "off") == 0 ||
	    !rates_apply_to(set, d->keeper->peer))
		return false;
	return d->suspicious || strcmp(set->greylist, "on") == 0;
}

static void
log_wait(const struct delivery *d, struct slice recipient, uint64_t wait)
{
	log_info("greylisted: %s to %.*s from %s, %llu s to go",
	    str_cstr(&d->said.sender), SLICE_FMT(recipient),
	    d->keeper->peer->address, (unsigned long long)wait);
}

/* A database that does not answer lets the mail in. */
static enum smtp_outcome
ask(struct delivery *d, const struct greylist_question *question)
{
	struct err err = { 0, "" };
	uint64_t wait = 0;

	if (account_greylist(d->keeper->account, question, &wait, &err) !=
	    ACCOUNT_FOUND) {
		log_error("let in without greylisting: %s", err.text);
		return OUTCOME_OK;
	}
	if (wait == 0)
		return OUTCOME_OK;
	if (d->wait < wait)
		d->wait = (uint32_t)wait;
	log_wait(d, question->recipient, wait);
	return OUTCOME_GREYLISTED;
}

static enum smtp_outcome
greylist(struct delivery *d, struct slice recipient)
{
	const struct settings *set = d->keeper->settings;
	struct greylist_question question = {
		.recipient = recipient,
		.delay = (uint64_t)set->greylist_delay / 1000,
		.window = (uint64_t)set->greylist_window / 1000,
		.expire = (uint64_t)set->greylist_expire / 1000,
		.automatic = (uint32_t)set->greylist_auto,
	};
	STR_AUTO network = STR_INIT;
	STR_AUTO sender = STR_INIT;
	struct network of;

	if (!network_of(
		d->keeper->peer->address, GREYLIST_BITS4, GREYLIST_BITS6, &of))
		return OUTCOME_OK;
	network_print(&of, &network);
	greylist_sender(str_slice(&d->said.sender), &sender);
	question.network = str_slice(&network);
	question.sender = str_slice(&sender);
	return ask(d, &question);
}

enum smtp_outcome
strangers_greet(struct delivery *d, const struct wire_rcpt *rcpt)
{
	d->suspicious |= rcpt->suspicious;
	d->wait = 0;
	if (d->said.sender.len == 0 || !is_greylisted(d))
		return OUTCOME_OK;
	return greylist(d, rcpt->address);
}

enum smtp_outcome
strangers_data(struct delivery *d)
{
	enum smtp_outcome outcome = OUTCOME_OK;
	size_t i;

	if (d->said.sender.len || !is_greylisted(d))
		return OUTCOME_OK;
	d->wait = 0; /* the longest counts */
	for (i = 0; i < d->said.count; i++) {
		enum smtp_outcome own =
		    greylist(d, slice_from(d->said.rcpts[i].address));

		if (own != OUTCOME_OK)
			outcome = own;
	}
	return outcome;
}
