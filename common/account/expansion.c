#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/account/expansion.h"
#include "common/base/mem.h"

/* ---- what is told ---- */

void
expansion_notice(
    struct expansion *e, const struct visit *visit, const char *what)
{
	char text[ERR_TEXT_MAX + ACCOUNT_NAME_MAX];

	if (e->source->notice == NULL)
		return;
	(void)snprintf(text, sizeof text, /* cut is good enough */
	    "alias %s: target %s %s", e->visits[0].address, visit->address,
	    what);
	e->source->notice(e->source->ctx, text);
}

void
expansion_trace(struct expansion *e, const char *what,
    const struct account_name *name, const char *fmt, ...)
{
	STR_AUTO text = STR_INIT;
	va_list ap;

	if (e->source->trace == NULL)
		return;
	str_appendf(&text, "%s %.*s: ", what, SLICE_FMT(name->user));
	va_start(ap, fmt);
	str_vappendf(&text, fmt, ap);
	va_end(ap);
	e->source->trace(e->source->ctx, str_cstr(&text));
}

enum step
expansion_give_up(struct expansion *e, const char *what)
{
	(void)err_set(e->err, ELOOP, "alias %s %s", e->visits[0].address, what);
	return STEP_FAILED;
}

/* ---- what was met ---- */

bool
expansion_was_met(const struct expansion *e, struct slice address)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (slice_is(address, e->visits[i].address))
			return true;
	return false;
}

struct visit *
expansion_meet(struct expansion *e, struct slice address, struct slice detail,
    const struct visit *from)
{
	struct visit visit = { .address =
				   mem_strndup(address.ptr, address.len) };

	if (detail.len)
		visit.detail = mem_strndup(detail.ptr, detail.len);
	if (from)
		visit.depth = from->depth + 1;
	e->visits =
	    mem_grow(e->visits, &e->cap, e->count + 1, sizeof *e->visits);
	e->visits[e->count] = visit;
	return &e->visits[e->count++];
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

enum step
expansion_add(struct expansion *e, struct account_target target)
{
	struct account_targets *t = &e->targets;
	bool full = t->count == ACCOUNT_TARGETS_MAX;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (is_same_target(&t->list[i], &target))
			break;
	if (i < t->count || full) {
		account_target_release(&target);
		return i < t->count
			   ? STEP_DONE
			   : expansion_give_up(e, "has too many targets");
	}
	t->list =
	    mem_grow(t->list, &e->targets_cap, t->count + 1, sizeof *t->list);
	t->list[t->count++] = target;
	return STEP_DONE;
}

void
expansion_release(struct expansion *e)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		free(e->visits[i].address);
		free(e->visits[i].detail);
		free(e->visits[i].self);
	}
	free(e->visits);
	str_release(&e->memory.domain);
	str_release(&e->memory.alias_of);
	account_targets_release(&e->targets);
}
