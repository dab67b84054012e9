#include <stdlib.h>
#include <string.h>

#include "cmd/smtpd/keeper/keeper.h"
#include "common/base/log.h"
#include "common/base/mem.h"

static enum account_outcome
resolve(void *ctx, struct slice address, struct account_targets *ret_targets,
    struct err *err)
{
	const struct delivery *d = ctx;

	return account_resolve(d->keeper->account, address, ret_targets, err);
}

static struct mailbox_to *
find_mailbox(const struct delivery *d, const char *path)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (strcmp(d->to[i].path, path) == 0)
			return &d->to[i];
	return NULL;
}

/* The recipient that is being added leads to that mailbox. */
static void
note_link(struct delivery *d, size_t number)
{
	d->links =
	    mem_grow(d->links, &d->links_cap, d->nlinks + 1, sizeof *d->links);
	d->links[d->nlinks++] = number;
}

/* Adds one mailbox, whose user and detail are taken.  One that is there already
 * keeps the folder of the address that came first. */
static enum smtp_outcome
add_mailbox(struct delivery *d, struct account_target *target)
{
	STR_AUTO path = STR_INIT;
	struct mailbox_to *same;

	if (!service_mail_path(d->keeper->settings, &target->user, &path))
		return OUTCOME_UNKNOWN; /* the verdict is another, then */
	same = find_mailbox(d, str_cstr(&path));
	if (d->nlinks == KEEPER_LINKS_MAX)
		return OUTCOME_TOO_MANY;
	if (same) {
		same->removed = false;
		note_link(d, (size_t)(same - d->to));
		return OUTCOME_OK;
	}
	if (d->count == KEEPER_MAILBOXES_MAX)
		return OUTCOME_TOO_MANY;
	note_link(d, d->count);
	d->to = mem_grow(d->to, &d->cap, d->count + 1, sizeof *d->to);
	d->to[d->count++] = (struct mailbox_to){
		.path = str_take(&path),
		.detail = target->detail,
		.user = target->user,
		.account = d->keeper->account,
		.settings = d->keeper->settings,
	};
	target->user = (struct account_user){ 0 };
	target->detail = NULL;
	return OUTCOME_OK;
}

static void
forget_from(struct delivery *d, size_t count)
{
	while (d->count > count) {
		struct mailbox_to *to = &d->to[--d->count];

		free(to->path);
		free(to->detail);
		free(to->why);
		account_user_release(&to->user);
	}
}

void
recipients_log_left_out(const struct account_user *user)
{
	log_warning("the mailbox of %s is full: the message goes to the "
		    "others only",
	    user->name);
}

/* Whoever no accepted recipient leads to does not get it. */
static void
mark_removed(struct delivery *d)
{
	size_t i, k;

	for (k = 0; k < d->count; k++)
		d->to[k].removed = true;
	for (i = 0; i < d->nrcpts; i++)
		for (k = 0; k < d->rcpts[i].count; k++)
			d->to[d->links[d->rcpts[i].first + k]].removed = false;
}

static enum smtp_outcome
add_targets(struct delivery *d, struct account_targets *targets, uint64_t size)
{
	enum smtp_outcome outcome = OUTCOME_OK;
	size_t before = d->count, links = d->nlinks, i;

	for (i = 0; i < targets->count && outcome == OUTCOME_OK; i++) {
		struct account_target *target = &targets->list[i];

		if (verdict_has_room(d->keeper->settings, &target->user, size))
			outcome = add_mailbox(d, target);
		else
			recipients_log_left_out(&target->user);
	}
	if (outcome != OUTCOME_OK) {
		forget_from(d, before);
		d->nlinks = links;
		mark_removed(d);
	}
	return outcome;
}

static enum smtp_outcome
add_address(struct delivery *d, const struct wire_rcpt *rcpt)
{
	const struct verdict_asker asker = { d->keeper->settings,
		d->keeper->user != NULL, d->keeper->peer->local_address,
		resolve, d };
	struct account_targets targets = { NULL, 0 };
	enum smtp_outcome outcome =
	    verdict_on(&asker, rcpt->address, d->said.size, &targets);

	if (outcome == OUTCOME_OK)
		outcome = add_targets(d, &targets, d->said.size);
	account_targets_release(&targets);
	return outcome;
}

enum smtp_outcome
recipients_add(struct delivery *d, const struct wire_rcpt *rcpt)
{
	size_t first = d->nlinks;
	enum smtp_outcome outcome;

	if (d->nrcpts == KEEPER_RCPTS_MAX)
		return OUTCOME_TOO_MANY;
	outcome = add_address(d, rcpt);
	if (outcome != OUTCOME_OK && outcome != OUTCOME_DISCARD)
		return outcome;
	d->rcpts =
	    mem_grow(d->rcpts, &d->rcpts_cap, d->nrcpts + 1, sizeof *d->rcpts);
	d->rcpts[d->nrcpts++] =
	    (struct recipient){ .first = first, .count = d->nlinks - first };
	return outcome;
}

bool
recipients_differ(const struct delivery *d)
{
	return strcmp(d->keeper->profile, "lmtp") == 0;
}

/* Why there is no room for it in any of its mailboxes; OUTCOME_OK: in one there
 * is.  Of several it is the one that may change. */
static enum smtp_outcome
why_full(const struct delivery *d, const struct recipient *rcpt)
{
	enum smtp_outcome why = OUTCOME_OK;
	size_t k;

	for (k = 0; k < rcpt->count; k++) {
		const struct mailbox_to *to = &d->to[d->links[rcpt->first + k]];

		if (to->full == OUTCOME_OK)
			return OUTCOME_OK;
		if (why != OUTCOME_FULL_NOW)
			why = to->full;
	}
	return why;
}

enum smtp_outcome
recipients_outcome(const struct delivery *d, size_t i)
{
	const struct recipient *rcpt = &d->rcpts[i];
	enum smtp_outcome none = rcpt->refused ? OUTCOME_SPAM : OUTCOME_DISCARD;
	enum smtp_outcome worst = rcpt->count ? why_full(d, rcpt) : none;
	size_t k;

	for (k = 0; k < rcpt->count; k++) {
		const struct mailbox_to *to = &d->to[d->links[rcpt->first + k]];

		/* what may succeed later outweighs what will not */
		if (to->outcome != OUTCOME_OK && worst != OUTCOME_TEMPFAIL)
			worst = to->outcome;
	}
	return worst;
}

void
recipients_remove(struct delivery *d, size_t i)
{
	d->rcpts[i].count = 0;
	mark_removed(d);
}

void
recipients_refuse(struct delivery *d, size_t i)
{
	d->rcpts[i].refused = true;
	d->said.rcpts[i].removed = true; /* nothing is told about it */
	recipients_remove(d, i);
}

static void
weigh_mailbox(
    const struct settings *settings, struct mailbox_to *to, uint64_t size)
{
	to->full = verdict_has_room(settings, &to->user, size)
		       ? OUTCOME_OK
		       : verdict_when_full(settings, &to->user, size);
	to->outcome = OUTCOME_OK;
	to->kept = false;
}

enum smtp_outcome
recipients_weigh(struct delivery *d, uint64_t size)
{
	enum smtp_outcome why = OUTCOME_OK;
	size_t i, full = 0, count = 0;

	for (i = 0; i < d->count; i++)
		weigh_mailbox(d->keeper->settings, &d->to[i], size);
	for (i = 0; i < d->nrcpts; i++) {
		enum smtp_outcome own = why_full(d, &d->rcpts[i]);

		full += own != OUTCOME_OK;
		count += d->rcpts[i].count > 0;
		if (own != OUTCOME_OK && why != OUTCOME_FULL_NOW)
			why = own;
	}
	if (full == count)
		return why;
	return full && !recipients_differ(d) ? OUTCOME_SOME_FULL : OUTCOME_OK;
}

void
recipients_take_back(struct delivery *d, size_t n)
{
	forget_from(d, n);
	d->nlinks = d->rcpts[--d->nrcpts].first;
	mark_removed(d);
}

void
recipients_clear(struct delivery *d)
{
	forget_from(d, 0);
	d->nrcpts = d->nlinks = 0;
}
