#include "cmd/imapd/notify_parse.h"

#include "cmd/imapd/fetch.h"
#include "cmd/imapd/mailbox_name.h"

static const struct {
	const char *name;
	unsigned event; /* 0: there is no such thing here (RFC 5257) */
} events[] = {
	{ "MessageNew", NOTIFY_NEW },
	{ "MessageExpunge", NOTIFY_EXPUNGE },
	{ "FlagChange", NOTIFY_FLAGS },
	{ "MailboxName", NOTIFY_NAME },
	{ "SubscriptionChange", NOTIFY_SUBSCRIPTION },
	{ "MailboxMetadataChange", NOTIFY_METADATA },
	{ "ServerMetadataChange", NOTIFY_STORE_METADATA },
};

static const struct {
	const char *name;
	enum notify_filter filter;
} filters[] = {
	{ "selected", NOTIFY_SELECTED },
	{ "selected-delayed", NOTIFY_SELECTED_DELAYED },
	{ "inboxes", NOTIFY_INBOXES },
	{ "personal", NOTIFY_PERSONAL },
	{ "subscribed", NOTIFY_SUBSCRIBED },
	{ "subtree", NOTIFY_SUBTREE },
	{ "mailboxes", NOTIFY_MAILBOXES },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

void
notify_rules_release(struct notify_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		str_release(&rules->groups[i].names);
	str_release(&rules->fetch);
	rules->count = 0;
}

void
notify_put_events(struct str *out)
{
	size_t i;

	for (i = 0; i < COUNT(events); i++)
		str_appendf(out, "%s%s", i ? " " : "", events[i].name);
}

static bool
is_selected(enum notify_filter filter)
{
	return filter == NOTIFY_SELECTED || filter == NOTIFY_SELECTED_DELAYED;
}

/* ---- parsing ---- */

static enum notify_mistake
add_name(struct args *args, struct notify_group *group)
{
	STR_AUTO name = STR_INIT;
	bool valid;

	if (!mailbox_name_argument(args, &name, &valid))
		return NOTIFY_BAD;
	if (!valid)
		return NOTIFY_BADNAME;
	if (slice_is_nocase(str_slice(&name), "INBOX"))
		str_set(&name, slice_from("INBOX"));
	if (group->names.len)
		str_append_char(&group->names, '\0');
	str_append(&group->names, str_slice(&name));
	return NOTIFY_GOOD;
}

/* One mailbox, or a list of them. */
static enum notify_mistake
parse_names(struct args *args, struct notify_group *group)
{
	enum notify_mistake wrong = NOTIFY_GOOD;
	unsigned n = 0;

	if (!args_space(args))
		return NOTIFY_BAD;
	if (args_peek(args) != '(')
		return add_name(args, group);
	(void)args_open(args); /* sticks */
	while (wrong == NOTIFY_GOOD && args_more(args, n == 0)) {
		if (n++ == NOTIFY_NAMES_MAX)
			return NOTIFY_BAD;
		wrong = add_name(args, group);
	}
	if (wrong == NOTIFY_GOOD && (n == 0 || args->bad))
		return NOTIFY_BAD;
	return wrong;
}

static enum notify_mistake
parse_filter(struct args *args, struct notify_group *group)
{
	struct slice name;
	size_t i;

	if (!args_atom(args, &name))
		return NOTIFY_BAD;
	for (i = 0; i < COUNT(filters); i++)
		if (slice_is_nocase(name, filters[i].name))
			break;
	if (i == COUNT(filters))
		return NOTIFY_BAD;
	group->filter = filters[i].filter;
	return group->filter >= NOTIFY_SUBTREE ? parse_names(args, group)
					       : NOTIFY_GOOD;
}

/* " (" fetch-att ... ")" behind MessageNew; what they are is FETCH's to say. */
static bool
take_fetch(struct args *args, struct notify_rules *rules,
    const struct notify_group *group)
{
	size_t len;

	if (args->rest.len < 2 || args->rest.ptr[0] != ' ' ||
	    args->rest.ptr[1] != '(')
		return true;
	if (!is_selected(group->filter))
		return args_fail(args);
	args->rest = slice_skip(args->rest, 1);
	len = fetch_list_length(args->rest);
	if (len == 0)
		return args_fail(args);
	str_set(&rules->fetch, slice_head(args->rest, len));
	args->rest = slice_skip(args->rest, len);
	return true;
}

static enum notify_mistake
parse_event(
    struct args *args, struct notify_rules *rules, struct notify_group *group)
{
	struct slice name;
	size_t i;

	if (!args_atom(args, &name))
		return NOTIFY_BAD;
	for (i = 0; i < COUNT(events); i++)
		if (slice_is_nocase(name, events[i].name))
			break;
	if (i == COUNT(events))
		return NOTIFY_BADEVENT;
	group->events |= events[i].event;
	if (events[i].event == NOTIFY_NEW && !take_fetch(args, rules, group))
		return NOTIFY_BAD;
	return NOTIFY_GOOD;
}

/* Messages come and go, or neither is told; flags alone tell nothing of the
 * messages that have them (section 5); and of the selected mailbox there are
 * only its messages. */
static bool
is_consistent(const struct notify_group *group)
{
	const unsigned both = NOTIFY_NEW | NOTIFY_EXPUNGE;
	unsigned of = group->events & both;

	if (of != 0 && of != both)
		return false;
	if ((group->events & NOTIFY_FLAGS) && of == 0)
		return false;
	return !is_selected(group->filter) ||
	       (group->events & ~(unsigned)NOTIFY_MESSAGES) == 0;
}

static enum notify_mistake
parse_events(
    struct args *args, struct notify_rules *rules, struct notify_group *group)
{
	enum notify_mistake wrong = NOTIFY_GOOD, first_wrong = NOTIFY_GOOD;
	struct slice word;
	bool first = true;

	if (!args_space(args))
		return NOTIFY_BAD;
	if (args_peek(args) != '(')
		return args_atom(args, &word) && slice_is_nocase(word, "NONE")
			   ? NOTIFY_GOOD
			   : NOTIFY_BAD;
	(void)args_open(args); /* sticks */
	while (args_more(args, first)) {
		first = false;
		wrong = parse_event(args, rules, group);
		if (wrong == NOTIFY_BAD)
			return NOTIFY_BAD;
		if (wrong)
			first_wrong = wrong;
	}
	if (first || args->bad ||
	    (first_wrong == NOTIFY_GOOD && !is_consistent(group)))
		return NOTIFY_BAD;
	return first_wrong;
}

/* "(" filter SP events ")" */
static enum notify_mistake
parse_group(struct args *args, struct notify_rules *rules)
{
	struct notify_group *group;
	enum notify_mistake named, wrong;

	if (rules->count == NOTIFY_GROUPS_MAX || !args_open(args))
		return NOTIFY_BAD;
	group = &rules->groups[rules->count++];
	named = parse_filter(args, group);
	if (named == NOTIFY_BAD)
		return NOTIFY_BAD;
	if (is_selected(group->filter) && notify_selected(rules) != group)
		return NOTIFY_BAD; /* there is one already */
	wrong = parse_events(args, rules, group);
	if (wrong == NOTIFY_BAD || args_more(args, false) || args->bad)
		return NOTIFY_BAD;
	return wrong ? wrong : named;
}

enum notify_mistake
notify_parse(struct args *args, struct notify_rules *rules)
{
	enum notify_mistake wrong = NOTIFY_GOOD, one;
	struct slice word;

	if (!args_space(args))
		return NOTIFY_BAD;
	if (args_peek(args) != '(') {
		if (!args_atom(args, &word) ||
		    !slice_is_nocase(word, "STATUS") || !args_space(args))
			return NOTIFY_BAD;
		rules->status = true;
	}
	do {
		one = parse_group(args, rules);
		if (one == NOTIFY_BAD)
			return NOTIFY_BAD;
		wrong = wrong ? wrong : one;
	} while (args_peek(args) == ' ' && args_space(args));
	return args_end(args) ? wrong : NOTIFY_BAD;
}

/* ---- matching ---- */

static bool
is_within(struct slice name, struct slice top)
{
	return slice_equal(slice_head(name, top.len), top) &&
	       (name.len == top.len || name.ptr[top.len] == '/');
}

static bool
names_match(const struct notify_group *group, struct slice name)
{
	struct slice rest = str_slice(&group->names), one;

	while (slice_next(&rest, '\0', &one))
		if (group->filter == NOTIFY_SUBTREE ? is_within(name, one)
						    : slice_equal(name, one))
			return true;
	return false;
}

static bool
matches(const struct notify_group *group, struct slice name, bool subscribed)
{
	switch (group->filter) {
	case NOTIFY_SELECTED:
	case NOTIFY_SELECTED_DELAYED:
		return false;
	case NOTIFY_INBOXES: /* details deliver to any folder: all of them */
	case NOTIFY_PERSONAL:
		return true;
	case NOTIFY_SUBSCRIBED:
		return subscribed;
	case NOTIFY_SUBTREE:
	case NOTIFY_MAILBOXES:
		break;
	}
	return names_match(group, name);
}

unsigned
notify_events_of(
    const struct notify_rules *rules, struct slice name, bool subscribed)
{
	unsigned wanted = 0;
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (matches(&rules->groups[i], name, subscribed))
			wanted |= rules->groups[i].events;
	return wanted;
}

const struct notify_group *
notify_selected(const struct notify_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (is_selected(rules->groups[i].filter))
			return &rules->groups[i];
	return NULL;
}
