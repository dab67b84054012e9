#include <assert.h>
#include <errno.h>

#include "cmd/smtpd/keeper/delivery.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/store/incoming.h"
#include "common/store/spool.h"

static_assert((int)SPOOL_NOTIFY_NEVER == WIRE_NOTIFY_NEVER &&
		  (int)SPOOL_NOTIFY_SUCCESS == WIRE_NOTIFY_SUCCESS &&
		  (int)SPOOL_NOTIFY_FAILURE == WIRE_NOTIFY_FAILURE &&
		  (int)SPOOL_NOTIFY_DELAY == WIRE_NOTIFY_DELAY,
    "NOTIFY goes into the envelope as it is");

/* A row for a mailbox that a recipient leads to. */
static struct spool_rcpt *
add_row(struct spool_envelope *env, const struct transaction_rcpt *said,
    const struct mailbox_to *to)
{
	struct spool_rcpt *row = spool_envelope_add(env);

	if (row == NULL)
		return NULL;
	spool_text_set(&row->address, slice_from(said->address));
	spool_text_set(&row->orcpt, slice_from(said->orcpt));
	spool_text_set(&row->final, slice_from(to->user.name));
	spool_text_set(&row->folder, slice_from(to->folder));
	spool_text_set(&row->detail, slice_from(to->detail ? to->detail : ""));
	row->notify = said->notify;
	return row;
}

/* The mailboxes of a recipient that could not be given the message and that are
 * nobody's before him.  False when there are too many. */
static bool
add_deferred(struct delivery *d, size_t i, struct spool_envelope *env)
{
	const struct recipient *rcpt = &d->rcpts[i];
	size_t k;

	for (k = 0; k < rcpt->count; k++) {
		struct mailbox_to *to = &d->to[d->links[rcpt->first + k]];
		struct spool_rcpt *row;

		if (to->outcome == OUTCOME_OK || to->kept)
			continue;
		row = add_row(env, &d->said.rcpts[i], to);
		if (row == NULL)
			return false;
		row->state = SPOOL_DEFERRED;
		row->tries = 1;
		row->next =
		    env->arrived +
		    (uint64_t)(d->keeper->settings->queue_min_backoff / 1000);
		spool_text_set(&row->reply, slice_from(to->why ? to->why : ""));
		to->kept = true;
	}
	return true;
}

/* Whoever asked to hear of a delivery hears of this one. */
static bool
add_delivered(struct delivery *d, size_t i, struct spool_envelope *env)
{
	const struct transaction_rcpt *said = &d->said.rcpts[i];
	const struct recipient *rcpt = &d->rcpts[i];
	struct spool_rcpt *row;

	if (!(said->notify & WIRE_NOTIFY_SUCCESS) || d->said.sender.len == 0 ||
	    rcpt->count == 0 || recipients_outcome(d, i) != OUTCOME_OK)
		return true;
	row = add_row(env, said, &d->to[d->links[rcpt->first]]);
	if (row)
		row->state = SPOOL_DELIVERED;
	return row != NULL;
}

static void
fill_head(const struct delivery *d, struct spool_envelope *env)
{
	const struct transaction_said *said = &d->said;
	const struct keeper *keeper = d->keeper;

	env->arrived = (uint64_t)clock_now().tv_sec;
	spool_text_set(&env->sender, str_slice(&said->sender));
	spool_text_set(&env->envid, str_slice(&said->envid));
	spool_text_set(&env->helo, str_slice(&said->helo));
	spool_text_set(&env->trace, slice_from(keeper->trace));
	spool_text_set(&env->client, slice_from(keeper->peer->address));
	if (keeper->user)
		spool_text_set(&env->login, slice_from(keeper->user->name));
	/* the front has made text of what was binary */
	if (said->bits & (WIRE_MAIL_8BITMIME | WIRE_MAIL_BINARYMIME))
		env->body = SPOOL_8BITMIME;
	if (said->bits & WIRE_MAIL_RET_HDRS)
		env->ret = SPOOL_RET_HDRS;
	else if (said->bits & WIRE_MAIL_RET_FULL)
		env->ret = SPOOL_RET_FULL;
	env->utf8 = (said->bits & WIRE_MAIL_SMTPUTF8) != 0;
}

/* Those of whom failures are told come first: a mailbox that others share with
 * them is theirs. */
static bool
fill_deferred(struct delivery *d, bool told, struct spool_envelope *env)
{
	size_t i;

	for (i = 0; i < d->nrcpts; i++) {
		uint32_t notify = d->said.rcpts[i].notify;

		if ((notify == 0 || (notify & WIRE_NOTIFY_FAILURE)) == told &&
		    !add_deferred(d, i, env))
			return false;
	}
	return true;
}

static bool
fill_rcpts(struct delivery *d, struct spool_envelope *env)
{
	size_t i;

	if (!recipients_differ(d) &&
	    (!fill_deferred(d, true, env) || !fill_deferred(d, false, env)))
		return false;
	for (i = 0; i < d->nrcpts; i++)
		if (!add_delivered(d, i, env))
			return false;
	return true;
}

static int
put(struct delivery *d, struct spool_envelope *env, struct err *err)
{
	const struct settings *settings = d->keeper->settings;
	struct spool spool = SPOOL_INIT;
	struct spool_draft draft = { .message = incoming_fd(d->in),
		.share = settings->mail_uid >= 0,
		.env = env };
	int rc = spool_open(
	    settings->spool_dir, SPOOL_CREATE, settings->fsync, &spool, err);

	if (rc == 0)
		rc = spool_commit(&spool, &draft, err);
	if (rc == 0)
		log_info("in the spool as %s: %zu recipients to be delivered "
			 "to or reported on",
		    draft.id, env->count);
	spool_close(&spool);
	return rc;
}

/* Most messages have nothing to be kept for. */
static bool
is_wanted(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->count && !recipients_differ(d); i++)
		if (d->to[i].outcome != OUTCOME_OK)
			return true;
	for (i = 0; i < d->said.count; i++)
		if (d->said.rcpts[i].notify & WIRE_NOTIFY_SUCCESS)
			return true;
	return false;
}

bool
spooling_keep(struct delivery *d)
{
	struct err err = { 0, "" };
	struct spool_envelope env;
	int rc = 0;

	if (!is_wanted(d))
		return true;
	spool_envelope_init(&env);
	fill_head(d, &env);
	if (!fill_rcpts(d, &env))
		rc = err_set(&err, E2BIG, "too many recipients");
	else if (env.count)
		rc = put(d, &env, &err);
	if (rc < 0)
		log_error("cannot keep a message for later: %s (setting "
			  "spool_dir)",
		    err.text);
	spool_envelope_release(&env);
	return rc == 0;
}
