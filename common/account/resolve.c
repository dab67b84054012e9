#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/account/source.h"
#include "common/base/mem.h"

/* Addresses that one look-up may meet: aliases and targets. */
#define VISITS_MAX (2 * ACCOUNT_TARGETS_MAX)

/* An address that was met, in the order of meeting. */
struct visit {
	char *address;
	unsigned int depth; /* aliases it took to get here */
	bool itself;        /* listed by its own alias: its mailbox is meant */
};

struct expansion {
	const struct account_source *source;
	struct visit *visits;
	size_t count, cap;
	struct account_targets targets;
	size_t targets_cap;
	bool dropped;
	struct err *err;
};

/* What one step says about a name; GO_ON asks the next step. */
enum step {
	STEP_DONE,
	STEP_GO_ON,
	STEP_FAILED /* TEMPFAIL for the whole */
};

typedef enum step expand_step(struct expansion *e, const struct visit *visit,
    const struct account_name *name);

static void
notice(struct expansion *e, const struct visit *visit, const char *what)
{
	char text[ERR_TEXT_MAX + ACCOUNT_NAME_MAX];

	if (e->source->notice == NULL)
		return;
	(void)snprintf(text, sizeof text, /* cut is good enough */
	    "alias %s: target %s %s", e->visits[0].address, visit->address,
	    what);
	e->source->notice(e->source->ctx, text);
}

static enum step
give_up(struct expansion *e, const char *what)
{
	(void)err_set(e->err, ELOOP, "alias %s %s", e->visits[0].address, what);
	return STEP_FAILED;
}

/* ---- what was met ---- */

/* Has the very address been met?  A case-blind database may let a loop pass
 * here in another spelling; there are only so many. */
static bool
was_met(const struct expansion *e, struct slice address)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (slice_is(address, e->visits[i].address))
			return true;
	return false;
}

static void
meet(struct expansion *e, struct slice address, unsigned int depth, bool itself)
{
	e->visits =
	    mem_grow(e->visits, &e->cap, e->count + 1, sizeof *e->visits);
	e->visits[e->count++] =
	    (struct visit){ mem_strndup(address.ptr, address.len), depth,
		    itself };
}

/* ---- what was found ---- */

static bool
is_same_target(const struct account_target *a, const struct account_target *b)
{
	if (a->local != b->local)
		return false;
	return a->local ? strcmp(a->user.name, b->user.name) == 0
			: strcmp(a->address, b->address) == 0;
}

/* Takes target over; a second one for the same place is freed. */
static enum step
add_target(struct expansion *e, struct account_target target)
{
	struct account_targets *t = &e->targets;
	bool full = t->count == ACCOUNT_TARGETS_MAX;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (is_same_target(&t->list[i], &target))
			break;
	if (i < t->count || full) {
		account_user_release(&target.user);
		free(target.address);
		return i < t->count ? STEP_DONE
				    : give_up(e, "has too many targets");
	}
	t->list =
	    mem_grow(t->list, &e->targets_cap, t->count + 1, sizeof *t->list);
	t->list[t->count++] = target;
	return STEP_DONE;
}

/* ---- the steps ---- */

/* Not ours: kept as it is written.  At depth 0 the caller looked before. */
static enum step
step_domain(struct expansion *e, const struct visit *visit,
    const struct account_name *name)
{
	struct account_target target = { false, { 0 }, NULL };

	if (visit->depth == 0)
		return STEP_GO_ON;
	switch (e->source->domain(e->source->ctx, name, e->err)) {
	case ACCOUNT_FOUND:
		return STEP_GO_ON;
	case ACCOUNT_UNKNOWN:
		target.address = mem_strdup(visit->address);
		return add_target(e, target);
	default:
		return STEP_FAILED;
	}
}

/* One target as it stands between two |. */
static enum step
follow(struct expansion *e, const struct visit *from, struct slice text)
{
	struct slice target = slice_trim(text);
	bool itself = slice_is_nocase(target, from->address);

	if (target.len == 0 || (!itself && was_met(e, target)))
		return STEP_DONE;
	if (from->depth == ACCOUNT_ALIAS_DEPTH)
		return give_up(e, "is nested too deep");
	if (e->count == VISITS_MAX)
		return give_up(e, "has too many targets");
	meet(e, target, from->depth + 1, itself);
	return STEP_DONE;
}

static enum step
step_alias(struct expansion *e, const struct visit *visit,
    const struct account_name *name)
{
	const struct visit from = *visit; /* meet() moves the visits */
	STR_AUTO text = STR_INIT;
	struct slice rest, target;
	enum step step = STEP_DONE;

	if (visit->itself)
		return STEP_GO_ON;
	switch (e->source->alias(e->source->ctx, name, &text, e->err)) {
	case ACCOUNT_FOUND:
		break;
	case ACCOUNT_DROP:
		e->dropped = true;
		return STEP_DONE;
	case ACCOUNT_UNKNOWN:
		return STEP_GO_ON;
	default:
		return STEP_FAILED;
	}
	rest = str_slice(&text);
	while (step == STEP_DONE && slice_next(&rest, '|', &target))
		step = follow(e, &from, target);
	return step;
}

static enum step
step_user(struct expansion *e, const struct visit *visit,
    const struct account_name *name)
{
	struct account_target target = { true, { 0 }, NULL };

	(void)visit;
	switch (e->source->user(e->source->ctx, name, &target.user, e->err)) {
	case ACCOUNT_FOUND:
		return add_target(e, target);
	case ACCOUNT_UNKNOWN:
		return STEP_GO_ON;
	default:
		return STEP_FAILED;
	}
}

/*
 * The order of looking.  An alias goes before the mailbox of the same name, as
 * with the predecessor: it replaces the recipient, and keeps a copy for the
 * mailbox by listing its own address.  What is less exact (address without
 * its extension, catch-all of the domain) belongs behind these.
 */
static expand_step *const steps[] = { step_domain, step_alias, step_user };

static enum step
visit_next(struct expansion *e, size_t at)
{
	struct visit visit = e->visits[at];
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	enum step step = STEP_GO_ON;
	size_t i;

	if (!account_name_parse(slice_from(visit.address), &buffer, &name) ||
	    name.domain.len == 0 || name.local.len == 0) {
		notice(e, &visit, "is no address");
		return STEP_GO_ON;
	}
	for (i = 0; i < sizeof steps / sizeof steps[0] && step == STEP_GO_ON;
	     i++)
		step = steps[i](e, &visit, &name);
	if (step == STEP_GO_ON && visit.depth > 0)
		notice(e, &visit, "does not exist");
	return step;
}

static enum account_outcome
outcome_of(struct expansion *e, enum step first)
{
	if (e->targets.count > 0)
		return ACCOUNT_FOUND;
	if (first == STEP_GO_ON)
		return ACCOUNT_UNKNOWN;
	if (e->dropped)
		return ACCOUNT_DROP;
	(void)give_up(e, "leads nowhere"); /* for its text */
	return ACCOUNT_TEMPFAIL;
}

static enum account_outcome
expand_all(struct expansion *e)
{
	enum step first = STEP_GO_ON;
	size_t at;

	for (at = 0; at < e->count; at++) {
		enum step step = visit_next(e, at);

		if (step == STEP_FAILED)
			return ACCOUNT_TEMPFAIL;
		if (at == 0)
			first = step;
	}
	return outcome_of(e, first);
}

static void
expansion_release(struct expansion *e)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		free(e->visits[i].address);
	free(e->visits);
	account_targets_release(&e->targets);
}

enum account_outcome
account_expand(const struct account_source *source, struct slice address,
    struct account_targets *ret_targets, struct err *err)
{
	struct expansion e = { .source = source, .err = err };
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	enum account_outcome outcome;

	if (!account_name_parse(address, &buffer, &name) ||
	    name.domain.len == 0)
		return ACCOUNT_UNKNOWN;
	outcome = source->domain(source->ctx, &name, err);
	if (outcome == ACCOUNT_UNKNOWN)
		return ACCOUNT_NOT_LOCAL;
	if (outcome != ACCOUNT_FOUND)
		return ACCOUNT_TEMPFAIL;
	meet(&e, name.user, 0, false);
	outcome = expand_all(&e);
	if (outcome == ACCOUNT_FOUND) {
		*ret_targets = e.targets;
		e.targets = (struct account_targets){ 0 };
	}
	expansion_release(&e);
	return outcome;
}
