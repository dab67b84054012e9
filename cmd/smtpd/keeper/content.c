#include <errno.h>
#include <string.h>

#include "cmd/smtpd/keeper/keeper.h"
#include "common/account/account_spam.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/proto/score.h"
#include "common/proto/spamd.h"

static struct delivery *
delivery_of(void *ctx)
{
	return ((struct keeper *)ctx)->service;
}

static int
answer(struct delivery *d, enum smtp_request type, enum smtp_outcome outcome)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, (uint32_t)outcome);
	return keeper_reply(
	    d->keeper, (uint16_t)type, str_slice(&body), NULL, 0);
}

/* The envelope as commands get it: a line each, of a name and a value, in which
 * there is no line end. */
static void
put_envelope(const struct delivery *d, struct str *out)
{
	const struct keeper *keeper = d->keeper;
	size_t i;

	str_appendf(out, "id %s\nprofile %s\nclient %s\n", keeper->trace,
	    keeper->profile, keeper->peer->address);
	str_appendf(out, "helo %s\nuser %s\nsender %s\n",
	    str_cstr(&d->said.helo), keeper->user ? keeper->user->name : "",
	    str_cstr(&d->said.sender));
	for (i = 0; i < d->said.count; i++)
		if (!d->said.rcpts[i].removed)
			str_appendf(
			    out, "recipient %s\n", d->said.rcpts[i].address);
}

/* They hear of a client before it has said anything. */
static bool
is_milter(uint32_t which)
{
	return which >= WIRE_FILTER_MILTER && which < WIRE_FILTER_COMMAND;
}

/* The user whose preferences count: %u is the mailbox, where the message goes
 * to one alone; by that name it is that its user teaches the filter. */
static const char *
spam_user(const struct delivery *d)
{
	const char *setting = d->keeper->settings->spam_user, *found = "";
	size_t i;

	if (strcmp(setting, "%u") != 0)
		return setting;
	for (i = 0; i < d->count; i++) {
		if (d->to[i].removed)
			continue;
		if (found[0])
			return "";
		found = d->to[i].user.name;
	}
	return found;
}

/* The descriptors of a filter, as of filters_open; of spamd one on which the
 * request has begun: the front has no say in whose it is. */
static int
open_filter(
    struct delivery *d, enum wire_filter which, int ret_fds[3], struct err *err)
{
	STR_AUTO envelope = STR_INIT;
	int n, rc = 0;

	if (which >= WIRE_FILTER_COMMAND)
		put_envelope(d, &envelope);
	n = filters_open(
	    &d->filters, which, str_slice(&envelope), ret_fds, err);
	if (n == 1 && which == WIRE_FILTER_SPAM)
		rc = spamd_begin(ret_fds[0], spam_user(d), err);
	return rc < 0 ? rc : n;
}

int
handle_filter(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	uint32_t which = ipc_get_u32(args);
	struct err err = { 0, "" };
	int fds[3] = { -1, -1, -1 }, n, rc;
	STR_AUTO body = STR_INIT;

	(void)msg; /* its body is args */
	if (!ipc_reader_done(args) || which >= WIRE_FILTERS ||
	    !(d->keeper->state & TX_DATA || is_milter(which)))
		return -EPROTO;
	n = open_filter(d, (enum wire_filter)which, fds, &err);
	if (n < 0)
		log_error(
		    "filter %u cannot be had: %s", (unsigned)which, err.text);
	ipc_put_u32(&body, n < 0 ? OUTCOME_TEMPFAIL : OUTCOME_OK);
	rc = keeper_reply(d->keeper, SMTP_FILTER, str_slice(&body), fds,
	    n < 0 ? 0 : (size_t)n);
	fileio_close(&fds[0]);
	fileio_close(&fds[1]);
	fileio_close(&fds[2]);
	return rc;
}

/* ---- thresholds ---- */

/* What a mailbox has instead of the setting; a score that is none is told, and
 * the setting counts. */
static int64_t
choose(const struct mailbox_to *to, const char *own, int64_t setting)
{
	int64_t score = setting;

	if (own[0] && !score_parse(slice_from(own), &score))
		log_warning("spam preferences of %s: \"%s\" is no score",
		    to->user.name, own);
	return score;
}

static int64_t
at_least(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Looks one mailbox's thresholds up; what cannot be looked up is the site's:
 * nobody loses mail for want of his preferences. */
static struct wire_limits
judge_mailbox(struct delivery *d, struct mailbox_to *to)
{
	const struct settings *s = d->keeper->settings;
	struct account_spam_prefs own = { { 0 }, { 0 }, { 0 } };
	struct err err = { 0, "" };

	if (s->spam_query[0] && account_spam_prefs(to->account, to->user.name,
				    &own, &err) == ACCOUNT_TEMPFAIL)
		log_warning("spam preferences of %s: %s; the settings count",
		    to->user.name, err.text);
	to->junk = choose(to, own.junk, score_of_setting(s->spam_junk_score));
	to->reject =
	    choose(to, own.reject, score_of_setting(s->spam_reject_score));
	return (struct wire_limits){
		choose(to, own.tag, score_of_setting(s->spam_tag_score)),
		to->reject,
	};
}

int
handle_limits(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	struct wire_limits limits = { INT64_MIN, INT64_MIN };
	STR_AUTO body = STR_INIT;
	size_t i, asked = 0;

	(void)args; /* empty, by max_body */
	(void)msg;
	for (i = 0; i < d->count; i++) {
		struct wire_limits own;

		if (d->to[i].removed)
			continue;
		own = judge_mailbox(d, &d->to[i]);
		asked++;
		limits.tag = at_least(limits.tag, own.tag);
		limits.reject = at_least(limits.reject, own.reject);
	}
	if (asked == 0) /* a filter has taken them all away */
		limits = (struct wire_limits){ SCORE_NEVER, SCORE_NEVER };
	d->judged = true;
	ipc_put_u32(&body, OUTCOME_OK);
	wire_put_limits(&limits, &body);
	return keeper_reply(d->keeper, SMTP_LIMITS, str_slice(&body), NULL, 0);
}

/* From which score on all mailboxes of a recipient refuse a message. */
static int64_t
reject_of(const struct delivery *d, const struct recipient *rcpt)
{
	int64_t reject = INT64_MIN;
	size_t k;

	for (k = 0; k < rcpt->count; k++)
		reject =
		    at_least(reject, d->to[d->links[rcpt->first + k]].reject);
	return reject;
}

void
content_refuse(struct delivery *d, const struct wire_commit *how)
{
	size_t i;

	if (!recipients_differ(d) || !d->judged ||
	    how->score == WIRE_SCORE_NONE)
		return; /* whoever all refuse a message was told already */
	for (i = 0; i < d->nrcpts; i++)
		if (d->rcpts[i].count &&
		    how->score >= reject_of(d, &d->rcpts[i])) {
			log_info("%s refuses the message as spam",
			    d->said.rcpts[i].address);
			recipients_refuse(d, i);
		}
}

const char *
content_folder(const struct delivery *d, const struct mailbox_to *to,
    const struct wire_commit *how)
{
	const struct settings *s = d->keeper->settings;
	int64_t junk =
	    d->judged ? to->junk : score_of_setting(s->spam_junk_score);

	if (how->bits & WIRE_QUARANTINE)
		return s->quarantine_folder;
	if (s->spam_folder[0] && (how->bits & WIRE_JUNK))
		return s->spam_folder;
	if (s->spam_folder[0] && how->score != WIRE_SCORE_NONE &&
	    how->score >= junk)
		return s->spam_folder;
	return NULL;
}

/* ---- the envelope ---- */

static enum smtp_outcome
add_recipient(struct delivery *d, struct slice address)
{
	const struct wire_rcpt rcpt = { .address = address };
	enum smtp_outcome outcome = OUTCOME_TOO_MANY;

	if (d->in == NULL)
		return OUTCOME_TEMPFAIL; /* there is no file */
	if (!transaction_is_full(&d->said))
		outcome = sender_reserve(d);
	if (outcome == OUTCOME_OK)
		outcome = recipients_add(d, &rcpt);
	if (outcome == OUTCOME_OK || outcome == OUTCOME_DISCARD) {
		sender_use(d);
		transaction_add(&d->said, &rcpt);
	}
	return outcome;
}

/* Before the message the last one goes, as if it had never been accepted. */
static enum smtp_outcome
remove_last(struct delivery *d, struct slice address)
{
	size_t i = d->said.count;

	if (i == 0 || i != d->nrcpts ||
	    !slice_is_nocase(address, d->said.rcpts[i - 1].address))
		return OUTCOME_UNKNOWN;
	recipients_remove(d, i - 1);
	d->nlinks = d->rcpts[i - 1].first;
	d->nrcpts--;
	sender_spare(d);
	transaction_drop_last(&d->said);
	return OUTCOME_OK;
}

/* Takes every mention of the address back. */
static enum smtp_outcome
remove_recipient(struct delivery *d, struct slice address)
{
	enum smtp_outcome outcome = OUTCOME_UNKNOWN;
	size_t i;

	if (!(d->keeper->state & TX_DATA))
		return remove_last(d, address);
	for (i = 0; i < d->said.count && i < d->nrcpts; i++) {
		struct transaction_rcpt *rcpt = &d->said.rcpts[i];

		if (rcpt->removed || !slice_is_nocase(address, rcpt->address))
			continue;
		rcpt->removed = true;
		recipients_remove(d, i);
		outcome = OUTCOME_OK;
	}
	return outcome;
}

int
handle_edit(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct delivery *d = delivery_of(ctx);
	enum smtp_outcome outcome = OUTCOME_OK;
	struct wire_edit edit;

	(void)msg; /* its body is args */
	if (!wire_get_edit(args, &edit) ||
	    (edit.kind != WIRE_EDIT_REMOVE && !(d->keeper->state & TX_DATA)))
		return -EPROTO;
	switch (edit.kind) {
	case WIRE_EDIT_SENDER:
		str_set(&d->said.sender, edit.address);
		break;
	case WIRE_EDIT_ADD:
		outcome = add_recipient(d, edit.address);
		break;
	case WIRE_EDIT_REMOVE:
		outcome = remove_recipient(d, edit.address);
		break;
	}
	return answer(d, SMTP_EDIT, outcome);
}
