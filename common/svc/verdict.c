#include <string.h>

#include "common/base/log.h"
#include "common/msg/address.h"
#include "common/net/network.h"
#include "common/svc/service.h"
#include "common/svc/verdict.h"

#define POSTMASTER "postmaster"
#define PERCENT 100

/* clang-format off */
const struct reply
reply_too_often = { 421, "4.7.0",
	"Too many connections from your network, come back later" },
reply_size_announced = { 552, "5.3.4", "Message too big" },
reply_recipient_ok = { 250, "2.1.5", "Recipient ok" },
reply_recipient_unknown = { 550, "5.1.1", "<%s>: no such mailbox here" },
reply_relay = { 550, "5.7.1", "<%s>: relaying denied" },
reply_remote = { 451, "4.3.0", "<%s>: cannot send to other hosts yet" },
reply_dropped = { 550, "5.1.1", "<%s>: takes no mail" },
reply_disabled = { 550, "5.2.1", "<%s>: this mailbox is disabled" },
reply_over_quota = { 552, "5.2.2", "%s" },
reply_full_now = { 452, "4.2.2", "%s" },
reply_too_many_recipients = { 452, "4.5.3", "Too many recipients" },
reply_too_much = { 451, "4.7.1",
	"Too much from your network lately, come back later" },
reply_greylisted = { 451, "4.7.1",
	"Not seen before: please come back in %s seconds" },
reply_rate = { 451, "4.7.1", "Too many recipients in a while, try later" },
reply_lookup_failed = { 451, "4.3.0", "Cannot look it up for now" };

static const struct reply *const replies[OUTCOME_COUNT] = {
	[OUTCOME_OK] = &reply_recipient_ok,
	[OUTCOME_UNKNOWN] = &reply_recipient_unknown,
	[OUTCOME_RELAY] = &reply_relay,
	[OUTCOME_REMOTE] = &reply_remote,
	[OUTCOME_DROPPED] = &reply_dropped,
	[OUTCOME_DISCARD] = &reply_recipient_ok,
	[OUTCOME_DISABLED] = &reply_disabled,
	[OUTCOME_OVER_QUOTA] = &reply_over_quota,
	[OUTCOME_FULL_NOW] = &reply_full_now,
	[OUTCOME_TOO_MANY] = &reply_too_many_recipients,
	[OUTCOME_TOO_OFTEN] = &reply_too_much,
	[OUTCOME_GREYLISTED] = &reply_greylisted,
	[OUTCOME_RATE] = &reply_rate,
	/* the others are of messages */
};
/* clang-format on */

const struct reply *
verdict_reply(enum smtp_outcome outcome)
{
	return replies[outcome] ? replies[outcome] : &reply_lookup_failed;
}

static void
quota_text(
    const struct settings *settings, struct slice address, struct str *out)
{
	struct slice rest = slice_from(settings->quota_message);

	while (rest.len) {
		size_t at = slice_find(rest, '%');

		str_append(out, slice_head(rest, at));
		rest = slice_skip(rest, at);
		if (slice_starts(rest, "%u"))
			str_append(out, address);
		else if (slice_starts(rest, "%%"))
			str_append_char(out, '%');
		else
			str_append(out, slice_head(rest, 2));
		rest = slice_skip(rest, 2);
	}
}

void
verdict_text(const struct settings *settings, const struct reply *reply,
    struct slice address, struct str *out)
{
	if (reply == &reply_over_quota || reply == &reply_full_now)
		quota_text(settings, address, out);
	else
		str_append(out, address);
}

/* ---- who it is ---- */

static enum account_outcome
resolve(const struct verdict_asker *asker, struct slice address,
    struct account_targets *targets)
{
	struct err err = { 0, "" };
	enum account_outcome outcome =
	    asker->resolve(asker->ctx, address, targets, &err);

	if (outcome == ACCOUNT_TEMPFAIL)
		log_error(
		    "cannot look up %.*s: %s", SLICE_FMT(address), err.text);
	return outcome;
}

/* Is the address one of this host by its number, as in "local@[192.0.2.1]"?
 * Then only the local part is left of it. */
static bool
cut_own_literal(const struct verdict_asker *asker, struct slice *address)
{
	struct slice domain;
	size_t at = address->len;

	while (at > 0 && address->ptr[at - 1] != '@')
		at--;
	domain = slice_skip(*address, at);
	if (at == 0 || !address_cut_literal(&domain) ||
	    !network_same_host(domain, asker->here))
		return false;
	*address = slice_head(*address, at - 1);
	return true;
}

/* Somebody at this host, or in the domain that it stands in. */
static enum account_outcome
resolve_here(const struct verdict_asker *asker, struct slice local,
    struct account_targets *targets)
{
	struct slice rest = slice_from(asker->settings->hostname);
	enum account_outcome outcome = ACCOUNT_NOT_LOCAL;
	int level;

	for (level = 0; level < 2 && outcome != ACCOUNT_FOUND; level++) {
		STR_AUTO address = STR_INIT;

		if (outcome == ACCOUNT_TEMPFAIL || rest.len == 0)
			break;
		str_append(&address, local);
		str_appendf(&address, "@%.*s", SLICE_FMT(rest));
		outcome = resolve(asker, str_slice(&address), targets);
		rest = slice_skip(rest, slice_find(rest, '.') + 1);
	}
	return outcome == ACCOUNT_NOT_LOCAL ? ACCOUNT_UNKNOWN : outcome;
}

/* What an address is that has no mailbox here. */
static enum smtp_outcome
outcome_of(const struct verdict_asker *asker, enum account_outcome outcome)
{
	switch (outcome) {
	case ACCOUNT_NOT_LOCAL:
		return asker->logged_in ? OUTCOME_REMOTE : OUTCOME_RELAY;
	case ACCOUNT_DROP:
		return strcmp(asker->settings->drop_policy, "discard") == 0
			   ? OUTCOME_DISCARD
			   : OUTCOME_DROPPED;
	case ACCOUNT_UNKNOWN:
	case ACCOUNT_DENIED:
		return OUTCOME_UNKNOWN;
	case ACCOUNT_DISABLED:
		return OUTCOME_DISABLED;
	case ACCOUNT_FOUND:
	case ACCOUNT_TEMPFAIL:
		break;
	}
	return OUTCOME_TEMPFAIL;
}

/* ---- quota ---- */

uint64_t
verdict_ceiling(
    const struct settings *settings, const struct account_user *user)
{
	uint64_t limit = user->quota_limit;
	uint64_t grace = limit / PERCENT * (uint64_t)settings->quota_grace;

	if (limit == 0 || limit > UINT64_MAX - grace)
		return UINT64_MAX;
	return limit + grace;
}

bool
verdict_has_room(const struct settings *settings,
    const struct account_user *user, uint64_t size)
{
	uint64_t used = (uint64_t)user->quota_used;

	if (settings->quota_messages &&
	    user->quota_messages >= settings->quota_messages)
		return false;
	if (user->quota_limit == 0)
		return true;
	return used < user->quota_limit &&
	       size <= verdict_ceiling(settings, user) - used;
}

enum smtp_outcome
verdict_when_full(const struct settings *settings,
    const struct account_user *user, uint64_t size)
{
	bool never = size > verdict_ceiling(settings, user);

	return !never && strcmp(settings->quota_full, "defer") == 0
		   ? OUTCOME_FULL_NOW
		   : OUTCOME_OVER_QUOTA;
}

/* ---- what is found ---- */

static enum smtp_outcome
check_user(const struct settings *settings, const struct account_user *user)
{
	STR_AUTO path = STR_INIT;

	if (!service_mail_path(settings, user, &path)) {
		log_warning("no folder for the mail of %s by mail_location",
		    user->name);
		return OUTCOME_UNKNOWN;
	}
	return service_user_is_usable(settings, user) ? OUTCOME_OK
						      : OUTCOME_TEMPFAIL;
}

/* What is told where all mailboxes are full: that one may have room later, if
 * it may. */
static enum smtp_outcome
when_all_full(const struct settings *settings,
    const struct account_targets *targets, uint64_t size)
{
	enum smtp_outcome outcome = OUTCOME_OVER_QUOTA;
	size_t i;

	for (i = 0; i < targets->count && outcome != OUTCOME_FULL_NOW; i++)
		outcome =
		    verdict_when_full(settings, &targets->list[i].user, size);
	return outcome;
}

/* A full mailbox refuses the address only where all are full: a list's members
 * do not suffer for one of them. */
static enum smtp_outcome
check_targets(const struct settings *settings,
    const struct account_targets *targets, uint64_t size)
{
	enum smtp_outcome outcome = OUTCOME_OK;
	size_t i, full = 0;

	for (i = 0; i < targets->count; i++)
		if (!targets->list[i].local)
			return OUTCOME_REMOTE;
	for (i = 0; i < targets->count && outcome == OUTCOME_OK; i++) {
		const struct account_user *user = &targets->list[i].user;

		if (verdict_has_room(settings, user, size))
			outcome = check_user(settings, user);
		else
			full++;
	}
	if (full < targets->count)
		return outcome;
	return when_all_full(settings, targets, size);
}

enum smtp_outcome
verdict_on(const struct verdict_asker *asker, struct slice address,
    uint64_t size, struct account_targets *ret_targets)
{
	struct account_targets targets = { NULL, 0 };
	enum account_outcome found;
	enum smtp_outcome outcome;

	if (cut_own_literal(asker, &address) ||
	    slice_is_nocase(address, POSTMASTER))
		found = resolve_here(asker, address, &targets);
	else
		found = resolve(asker, address, &targets);
	if (found != ACCOUNT_FOUND)
		return outcome_of(asker, found);
	outcome = check_targets(asker->settings, &targets, size);
	if (outcome == OUTCOME_OK)
		*ret_targets = targets;
	else
		account_targets_release(&targets);
	return outcome;
}
