#include <stdlib.h>
#include <string.h>

#include "cmd/smtpd/keeper/keeper.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define POSTMASTER "postmaster"

static enum account_outcome
resolve(
    struct delivery *d, struct slice address, struct account_targets *targets)
{
	struct err err = { 0, "" };
	enum account_outcome outcome =
	    account_resolve(d->keeper->account, address, targets, &err);

	if (outcome == ACCOUNT_TEMPFAIL)
		log_error(
		    "cannot look up %.*s: %s", SLICE_FMT(address), err.text);
	return outcome;
}

/* The postmaster of this host, or of the domain that it stands in (RFC 5321
 * section 4.5.1). */
static enum account_outcome
resolve_postmaster(struct delivery *d, struct account_targets *targets)
{
	struct slice rest = slice_from(d->keeper->settings->hostname);
	enum account_outcome outcome = ACCOUNT_NOT_LOCAL;
	int level;

	for (level = 0; level < 2 && outcome != ACCOUNT_FOUND; level++) {
		STR_AUTO address = STR_INIT;

		if (outcome == ACCOUNT_TEMPFAIL || rest.len == 0)
			break;
		str_appendf(&address, POSTMASTER "@%.*s", SLICE_FMT(rest));
		outcome = resolve(d, str_slice(&address), targets);
		rest = slice_skip(rest, slice_find(rest, '.') + 1);
	}
	return outcome == ACCOUNT_NOT_LOCAL ? ACCOUNT_UNKNOWN : outcome;
}

/* Would a message of that size still fit? */
static bool
is_full(const struct account_user *user, uint64_t size)
{
	uint64_t used = (uint64_t)user->quota_used;

	return user->quota_limit &&
	       (used >= user->quota_limit || size > user->quota_limit - used);
}

/* May the targets be delivered to?  One that leads elsewhere refuses the
 * address: nothing here could tell the sender afterwards.  A full one does so
 * only where all are: a list's members do not suffer for one of them. */
static enum smtp_outcome
check_targets(const struct account_targets *targets, uint64_t size)
{
	size_t i, full = 0;

	for (i = 0; i < targets->count; i++) {
		const struct account_target *target = &targets->list[i];

		if (!target->local)
			return OUTCOME_REMOTE;
		full += is_full(&target->user, size);
	}
	return full == targets->count ? OUTCOME_OVER_QUOTA : OUTCOME_OK;
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

/* Adds one mailbox, whose user is taken. */
static enum smtp_outcome
add_mailbox(struct delivery *d, struct account_user *user, bool listed)
{
	STR_AUTO path = STR_INIT;
	struct mailbox_to *same;

	if (!service_mail_path(d->keeper->settings, user, &path)) {
		log_warning("no folder for the mail of %s by mail_location",
		    user->name);
		return OUTCOME_UNKNOWN;
	}
	if (!service_user_is_usable(d->keeper->settings, user))
		return OUTCOME_TEMPFAIL;
	same = find_mailbox(d, str_cstr(&path));
	if (d->nlinks == KEEPER_LINKS_MAX)
		return OUTCOME_TOO_MANY;
	if (same) {
		same->listed = same->listed && listed;
		note_link(d, (size_t)(same - d->to));
		return OUTCOME_OK;
	}
	if (d->count == KEEPER_MAILBOXES_MAX)
		return OUTCOME_TOO_MANY;
	note_link(d, d->count);
	d->to = mem_grow(d->to, &d->cap, d->count + 1, sizeof *d->to);
	d->to[d->count++] = (struct mailbox_to){
		.path = str_take(&path),
		.user = *user,
		.account = d->keeper->account,
		.listed = listed,
	};
	*user = (struct account_user){ 0 };
	return OUTCOME_OK;
}

static void
forget_from(struct delivery *d, size_t count)
{
	while (d->count > count) {
		struct mailbox_to *to = &d->to[--d->count];

		free(to->path);
		account_user_release(&to->user);
	}
}

void
recipients_log_left_out(const struct account_user *user)
{
	log_warning("the mailbox of %s is full: a message for an alias goes "
		    "to the others only",
	    user->name);
}

static enum smtp_outcome
add_targets(struct delivery *d, struct account_targets *targets, uint64_t size)
{
	enum smtp_outcome outcome = OUTCOME_OK;
	bool listed = targets->count > 1;
	size_t before = d->count, links = d->nlinks, i;

	for (i = 0; i < targets->count && outcome == OUTCOME_OK; i++) {
		struct account_user *user = &targets->list[i].user;

		if (is_full(user, size))
			recipients_log_left_out(user);
		else
			outcome = add_mailbox(d, user, listed);
	}
	if (outcome != OUTCOME_OK) {
		forget_from(d, before);
		d->nlinks = links;
	}
	return outcome;
}

static enum smtp_outcome
add_found(struct delivery *d, struct account_targets *targets)
{
	enum smtp_outcome outcome = check_targets(targets, d->said.size);

	return outcome == OUTCOME_OK ? add_targets(d, targets, d->said.size)
				     : outcome;
}

/* What an address is that has no mailbox here. */
static enum smtp_outcome
outcome_of(const struct keeper *keeper, enum account_outcome outcome)
{
	switch (outcome) {
	case ACCOUNT_NOT_LOCAL:
		return keeper->user ? OUTCOME_REMOTE : OUTCOME_RELAY;
	case ACCOUNT_DROP:
		return strcmp(keeper->settings->drop_policy, "discard") == 0
			   ? OUTCOME_DISCARD
			   : OUTCOME_DROPPED;
	case ACCOUNT_UNKNOWN:
	case ACCOUNT_DENIED:
		return OUTCOME_UNKNOWN;
	case ACCOUNT_FOUND:
	case ACCOUNT_TEMPFAIL:
		break;
	}
	return OUTCOME_TEMPFAIL;
}

static enum smtp_outcome
add_address(struct delivery *d, const struct wire_rcpt *rcpt)
{
	struct account_targets targets = { NULL, 0 };
	enum account_outcome outcome;
	enum smtp_outcome result;

	if (slice_is_nocase(rcpt->address, POSTMASTER))
		outcome = resolve_postmaster(d, &targets);
	else
		outcome = resolve(d, rcpt->address, &targets);
	if (outcome != ACCOUNT_FOUND)
		return outcome_of(d->keeper, outcome);
	result = add_found(d, &targets);
	account_targets_release(&targets);
	return result;
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
	d->rcpts[d->nrcpts++] = (struct recipient){ first, d->nlinks - first };
	return outcome;
}

bool
recipients_differ(const struct delivery *d)
{
	return strcmp(d->keeper->profile, "lmtp") == 0;
}

enum smtp_outcome
recipients_outcome(const struct delivery *d, size_t i)
{
	const struct recipient *rcpt = &d->rcpts[i];
	enum smtp_outcome worst = rcpt->count ? OUTCOME_OK : OUTCOME_DISCARD;
	size_t k;

	for (k = 0; k < rcpt->count; k++) {
		const struct mailbox_to *to = &d->to[d->links[rcpt->first + k]];

		/* what may succeed later outweighs what will not */
		if (to->outcome != OUTCOME_OK && worst != OUTCOME_TEMPFAIL)
			worst = to->outcome;
	}
	return worst;
}

/* Octets of the message for which the mailbox has no room. */
static uint64_t
excess(const struct account_user *user, uint64_t size)
{
	uint64_t used = (uint64_t)user->quota_used;
	uint64_t room = user->quota_limit > used ? user->quota_limit - used : 0;

	return user->quota_limit && size > room ? size - room : 0;
}

enum smtp_outcome
recipients_weigh(struct delivery *d, uint64_t size)
{
	size_t i, full = 0;
	bool much = false;

	for (i = 0; i < d->count; i++) {
		struct mailbox_to *to = &d->to[i];
		uint64_t more = excess(&to->user, size);

		bool over = more > to->user.quota_limit / KEEPER_QUOTA_GRACE;

		to->left_out = more && to->listed;
		to->outcome = OUTCOME_OK;
		full += more > 0;
		much |= over && !to->listed;
		if (recipients_differ(d) && over && !to->listed)
			to->outcome = OUTCOME_OVER_QUOTA;
	}
	if (full == d->count)
		return OUTCOME_OVER_QUOTA;
	if (recipients_differ(d))
		return OUTCOME_OK;
	return much ? OUTCOME_SOME_FULL : OUTCOME_OK;
}

void
recipients_clear(struct delivery *d)
{
	forget_from(d, 0);
	d->nrcpts = d->nlinks = 0;
}
