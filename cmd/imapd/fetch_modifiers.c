#include "cmd/imapd/condstore.h"
#include "cmd/imapd/fetch.h"

/* Each parses what follows its name. */
static bool
parse_changed_since(struct args *args, struct fetch_plan *plan)
{
	if (plan->changed || !args_space(args))
		return args_fail(args);
	plan->changed = true;
	plan->items |= ITEM_MODSEQ;
	return condstore_parse(args, &plan->changed_since);
}

static bool
parse_vanished(struct args *args, struct fetch_plan *plan)
{
	if (plan->vanished)
		return args_fail(args);
	plan->vanished = true;
	return true;
}

static bool
parse_page(struct args *args, struct fetch_plan *plan)
{
	if (plan->paged || !args_space(args))
		return args_fail(args);
	plan->paged = true;
	return partial_parse(args, &plan->page);
}

static const struct {
	const char *name;
	bool (*parse)(struct args *args, struct fetch_plan *plan);
} modifiers[] = {
	{ "CHANGEDSINCE", parse_changed_since },
	{ "VANISHED", parse_vanished },
	{ "PARTIAL", parse_page },
};

static bool
parse_modifier(struct args *args, void *ctx)
{
	struct fetch_plan *plan = ctx;
	size_t i, n = sizeof modifiers / sizeof modifiers[0];
	struct slice name;

	if (!args_atom(args, &name))
		return false;
	for (i = 0; i < n; i++)
		if (slice_is_nocase(name, modifiers[i].name))
			return modifiers[i].parse(args, plan);
	return args_fail(args);
}

bool
fetch_parse_modifiers(struct args *args, struct fetch_plan *plan)
{
	/* VANISHED is of what CHANGEDSINCE asks for (RFC 7162 section 3.2.6) */
	return args_modifiers(args, parse_modifier, plan) &&
	       (plan->changed || !plan->vanished);
}
