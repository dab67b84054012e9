#include <stdlib.h>

#include "common/svc/check/checks.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/net/network.h"
#include "common/svc/check/ask.h"
#include "common/svc/check/rows.h"
#include "common/svc/check/verdict.h"

/* What a client is told; %s: the reason. */
static const struct reply
    /* clang-format off */
reply_refused = { 550, "5.7.1", "Not accepted from you: %s" },
reply_deferred = { 450, "4.7.1", "Not accepted for now: %s" },
reply_closed = { 421, "4.7.1", "Not for now: %s" };
/* clang-format on */

/* What is told by an action alone. */
static const struct reply *const action_replies[] = {
	[CHECK_NOTHING] = NULL,
	[CHECK_FILE_AS_JUNK] = NULL,
	[CHECK_DEFER] = &reply_deferred,
	[CHECK_REJECT] = &reply_refused,
	[CHECK_CLOSE] = &reply_closed,
};

bool
check_is_asked_for(const struct check *row, const struct settings *set)
{
	return row->is_on && row->is_on(set);
}

static bool
is_on(const struct checks *c, size_t i)
{
	return check_is_asked_for(checks_table[i], c->about.settings);
}

static bool
is_stranger(const struct settings *set, const struct peer *peer)
{
	if (peer->is_pipe || (peer_is_loopback(peer) && !set->check_loopback))
		return false;
	return set->trusted_networks[0] == '\0' ||
	       !peer_in_networks(peer, set->trusted_networks);
}

bool
checks_need_dns(const struct settings *settings, const struct peer *peer)
{
	size_t i;

	for (i = 0; i < checks_count; i++)
		if (checks_table[i]->dns &&
		    check_is_asked_for(checks_table[i], settings))
			return is_stranger(settings, peer);
	return false;
}

bool
check_is_private(const struct checks *c)
{
	const struct peer *peer = c->about.peer;
	struct network address;

	/* loopback comes here for check_loopback alone */
	return !peer_is_loopback(peer) &&
	       network_of(peer->address, 32, 128, &address) &&
	       network_is_private(&address);
}

/* Is the client one of whom nothing is known, and anything to be known? */
static bool
is_checked(const struct checks_about *about)
{
	size_t i;

	if (!is_stranger(about->settings, about->peer))
		return false;
	for (i = 0; i < checks_count; i++)
		if (check_is_asked_for(checks_table[i], about->settings))
			return true;
	return false;
}

static void
forget_one(struct checks *c, size_t i)
{
	struct check_finding *f = &c->findings[i];

	if (checks_table[i]->forget && f->state)
		checks_table[i]->forget(c, f);
	str_release(&f->reason);
	str_release(&f->properties);
	*f = (struct check_finding){ .result = CHECK_NONE };
}

static void
forget_from(struct checks *c, enum check_stage from)
{
	size_t i;

	for (i = 0; i < checks_count; i++)
		if (checks_table[i]->stage >= from)
			forget_one(c, i);
}

void
checks_forget(struct checks *c, enum check_stage from)
{
	if (c == NULL)
		return;
	forget_from(c, from);
	c->pardoned = false;
}

void
checks_free(struct checks *c)
{
	checks_forget(c, CHECK_CONNECT);
	if (c)
		dns_free(c->dns);
	free(c);
}

static void
judge_one(struct checks *c, size_t i)
{
	struct check_finding *f = &c->findings[i];

	if (f->judged || !is_on(c, i))
		return;
	checks_table[i]->judge(c, f);
	f->judged = true;
}

/* Goes on with what was begun, without waiting. */
static void
advance(struct checks *c)
{
	size_t i;

	if (c->dns == NULL)
		return;
	dns_poll(c->dns);
	for (i = 0; i < checks_count; i++)
		if (checks_table[i]->advance && c->findings[i].state &&
		    !c->findings[i].judged)
			checks_table[i]->advance(c, &c->findings[i]);
}

void
checks_begin(struct checks *c, enum check_stage stage)
{
	size_t i;

	if (c == NULL)
		return;
	forget_from(c, stage);
	if (stage == CHECK_CONNECT)
		check_recall(c);
	advance(c);
	for (i = 0; i < checks_count; i++) {
		const struct check *row = checks_table[i];

		if (row->stage != stage || !is_on(c, i) ||
		    c->findings[i].judged)
			continue;
		if (row->begin)
			row->begin(c, &c->findings[i]);
		if (row->at_once)
			judge_one(c, i);
	}
}

/* Does the finding count now?  One about a recipient does for nobody else. */
static bool
counts(const struct checks *c, size_t i)
{
	return c->recipient.len || checks_table[i]->stage != CHECK_RCPT;
}

int
checks_score(const struct checks *c)
{
	int score = 0;
	size_t i;

	for (i = 0; i < checks_count; i++)
		if (counts(c, i))
			score += c->findings[i].score;
	return score;
}

/* The finding that weighs most. */
static const struct check_finding *
worst(const struct checks *c)
{
	static const struct check_finding nothing = { .result = CHECK_NONE };
	const struct check_finding *found = &nothing;
	size_t i;

	for (i = 0; i < checks_count; i++) {
		const struct check_finding *f = &c->findings[i];

		if (counts(c, i) &&
		    (f->action > found->action || (f->action == found->action &&
						      f->score > found->score)))
			found = f;
	}
	return found;
}

static bool
reaches(int score, const char *setting)
{
	int limit;

	return check_score_parse(slice_from(setting), &limit) && score >= limit;
}

/* What all findings together come to; the worst one is *ret_why. */
static enum check_action
sum_up(const struct checks *c, const struct check_finding **ret_why)
{
	const struct settings *set = c->about.settings;
	int score = checks_score(c);

	*ret_why = worst(c);
	if ((*ret_why)->action >= CHECK_DEFER)
		return (*ret_why)->action;
	if (reaches(score, set->stranger_reject_score))
		return CHECK_REJECT;
	if (reaches(score, set->stranger_junk_score))
		return CHECK_FILE_AS_JUNK;
	return (*ret_why)->action;
}

/* The reply that follows; NULL: none but, perhaps, junk. */
static const struct reply *
conclude(const struct checks *c, struct slice *ret_reason)
{
	const struct check_finding *why;
	const struct reply *reply = action_replies[sum_up(c, &why)];

	*ret_reason = str_slice(&why->reason);
	return reply && why->reply ? why->reply : reply;
}

struct checks *
checks_new(const struct checks_about *about, const struct checks_host *host)
{
	struct checks *c;

	if (!is_checked(about))
		return NULL;
	c = mem_zalloc(1, sizeof *c);
	c->about = *about;
	c->host = *host;
	checks_begin(c, CHECK_CONNECT);
	return c;
}

const struct reply *
checks_closing(const struct checks *c, struct slice *ret_reason)
{
	const struct reply *no = c ? conclude(c, ret_reason) : NULL;

	return no && no->code == 421 ? no : NULL;
}

static void
judge_stage(struct checks *c, enum check_stage first, enum check_stage last)
{
	size_t i;

	for (i = 0; i < checks_count; i++)
		if (checks_table[i]->stage >= first &&
		    checks_table[i]->stage <= last)
			judge_one(c, i);
}

/* Decided: who cannot be looked into is let in, and the log says so. */
static void
warn_once(struct checks *c)
{
	size_t i;

	for (i = 0; i < checks_count && !c->warned; i++)
		if (checks_table[i]->dns &&
		    c->findings[i].result == CHECK_TEMPERROR) {
			log_warning("no answer from the DNS for the check %s: "
				    "it counts for nothing",
			    checks_table[i]->name);
			c->warned = true;
		}
}

void
checks_hand_over(struct checks *c)
{
	if (c == NULL)
		return;
	advance(c);
	c->deadline = CLOCK_PAST; /* the client does not wait for it */
	judge_stage(c, CHECK_CONNECT, CHECK_CONNECT);
	check_remember(c);
}

/* Whom everybody may reach, so that who is refused can complain (RFC 5321
 * section 4.5.1). */
static bool
is_postmaster(struct slice recipient)
{
	return slice_is_nocase(
	    slice_head(recipient, slice_find(recipient, '@')), "postmaster");
}

const struct reply *
checks_recipient(
    struct checks *c, struct slice recipient, struct slice *ret_reason)
{
	const struct reply *no;

	if (c == NULL)
		return NULL;
	forget_from(c, CHECK_RCPT);
	c->recipient = recipient;
	c->deadline = 0;
	advance(c);
	judge_stage(c, CHECK_CONNECT, CHECK_RCPT);
	warn_once(c);
	check_remember(c);
	no = conclude(c, ret_reason);
	c->recipient = slice_from("");
	return is_postmaster(recipient) ? NULL : no;
}

/* "policy.iprev=192.0.2.1 (name)" */
static struct slice
name_of(const struct check_finding *f)
{
	struct slice text = str_slice(&f->properties);
	size_t at = slice_find(text, '(');

	if (at == text.len || text.ptr[text.len - 1] != ')')
		return slice_from("");
	return slice_of(text.ptr + at + 1, text.len - at - 2);
}

enum check_result
checks_client_name(struct checks *c, struct slice *ret_name)
{
	const struct check_finding *f;
	size_t i = 0;

	*ret_name = slice_from("");
	while (i < checks_count && checks_table[i] != &check_iprev)
		i++;
	if (c == NULL || i == checks_count)
		return CHECK_NONE;
	c->deadline = 0;
	advance(c);
	judge_one(c, i);
	f = &c->findings[i];
	if (f->result == CHECK_PASS)
		*ret_name = name_of(f);
	return f->result;
}

void
checks_accepted(struct checks *c, struct slice recipient)
{
	if (c && is_postmaster(recipient))
		c->pardoned = true;
}

const struct reply *
checks_message(struct checks *c, struct slice *ret_reason)
{
	const struct reply *no;

	if (c == NULL)
		return NULL;
	judge_stage(c, CHECK_DATA, CHECK_DATA);
	no = conclude(c, ret_reason);
	return c->pardoned ? NULL : no;
}

bool
checks_suspicious(const struct checks *c)
{
	return c && reaches(checks_score(c), c->about.settings->greylist_score);
}

bool
checks_junk(const struct checks *c)
{
	const struct check_finding *why;

	return c && sum_up(c, &why) >= CHECK_FILE_AS_JUNK;
}
