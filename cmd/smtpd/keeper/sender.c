#include <string.h>

#include "cmd/smtpd/keeper/sender.h"
#include "cmd/smtpd/keeper/keeper.h"
#include "common/account/wire.h"
#include "common/base/log.h"

/* Is it a user's own mail?  LMTP and MX have none. */
static bool
is_user(const struct delivery *d)
{
	return d->keeper->user != NULL;
}

/* What a sender that is not his comes to. */
static enum smtp_outcome
refuse(const struct delivery *d, struct slice address, bool strict)
{
	log_warning("%s sends as %.*s, which is not his%s",
	    d->keeper->user->name, SLICE_FMT(address),
	    strict ? ": refused" : "");
	return strict ? OUTCOME_NOT_OWNED : OUTCOME_OK;
}

enum smtp_outcome
sender_check(struct delivery *d, struct slice address, const char *policy)
{
	bool strict = strcmp(policy, "strict") == 0;
	struct err err = { 0, "" };

	if (!is_user(d) || address.len == 0 || strcmp(policy, "off") == 0)
		return OUTCOME_OK;
	switch (account_may_send(
	    d->keeper->account, d->keeper->user->name, address, &err)) {
	case ACCOUNT_FOUND:
		return OUTCOME_OK;
	case ACCOUNT_DENIED:
	case ACCOUNT_UNKNOWN:
	case ACCOUNT_DROP:
	case ACCOUNT_NOT_LOCAL:
	case ACCOUNT_DISABLED:
		return refuse(d, address, strict);
	case ACCOUNT_TEMPFAIL:
		break;
	}
	log_error("cannot see whether %s may send as %.*s: %s",
	    d->keeper->user->name, SLICE_FMT(address), err.text);
	return strict ? OUTCOME_TEMPFAIL : OUTCOME_OK;
}

static bool
is_limited(const struct delivery *d)
{
	const struct settings *settings = d->keeper->settings;

	return is_user(d) && (settings->submission_max_per_hour ||
				 settings->submission_max_per_day);
}

/* The next lot: as many as there have been, so that they double. */
static void
get_lot(struct delivery *d)
{
	struct sender_lot *lot = &d->lot;
	uint32_t wanted = lot->reserved ? lot->reserved : 1;
	struct account_reserved got;
	struct err err = { 0, "" };

	if (wanted > WIRE_RESERVE_MAX)
		wanted = WIRE_RESERVE_MAX;
	if (account_reserve(d->keeper->account, d->keeper->user->name, wanted,
		&got, &err) != ACCOUNT_FOUND) {
		log_error("recipients of %s are not counted: %s",
		    d->keeper->user->name, err.text);
		lot->uncounted = true;
		return;
	}
	lot->reserved += got.granted;
	/* those of another slot of time stay counted there */
	if (got.slot == lot->last.slot)
		got.granted += lot->last.granted;
	lot->last = got;
	if (got.tell)
		notice_limit(d->keeper, d->keeper->user->name);
}

enum smtp_outcome
sender_reserve(struct delivery *d)
{
	struct sender_lot *lot = &d->lot;

	if (!is_limited(d) || lot->uncounted)
		return OUTCOME_OK;
	if (lot->used == lot->reserved)
		get_lot(d);
	return lot->uncounted || lot->used < lot->reserved ? OUTCOME_OK
							   : OUTCOME_RATE;
}

void
sender_use(struct delivery *d)
{
	d->lot.used++;
}

void
sender_spare(struct delivery *d)
{
	d->lot.used--;
}

void
sender_settle(struct delivery *d, bool sent)
{
	struct sender_lot *lot = &d->lot;
	uint32_t used = sent ? lot->used : 0;
	uint32_t back = lot->reserved > used ? lot->reserved - used : 0;
	struct err err = { 0, "" };

	if (back < lot->last.granted)
		lot->last.granted = back;
	if (lot->last.granted &&
	    account_give_back(d->keeper->account, d->keeper->user->name,
		&lot->last, &err) != ACCOUNT_FOUND)
		log_warning("%u recipients too many are counted for %s: %s",
		    lot->last.granted, d->keeper->user->name, err.text);
	*lot = (struct sender_lot){ 0 };
}
