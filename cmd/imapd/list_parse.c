#include "cmd/imapd/list.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/status.h"

static const char usage[] = "A reference and a pattern are needed";

static const struct option {
	const char *name;
	unsigned bit;
} selections[] = {
	{ "SUBSCRIBED", LIST_SUBSCRIBED },
	{ "RECURSIVEMATCH", LIST_RECURSIVE },
	{ "REMOTE", LIST_REMOTE },
	{ "SPECIAL-USE", LIST_SPECIAL_USE },
}, returns[] = {
	{ "SUBSCRIBED", LIST_SUBSCRIBED },
	{ "CHILDREN", LIST_CHILDREN },
	{ "SPECIAL-USE", LIST_SPECIAL_USE },
	{ "STATUS", LIST_STATUS },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static bool
parse_option(
    struct args *args, const struct option *table, size_t n, unsigned *bits)
{
	struct slice name;
	size_t i;

	if (!args_atom(args, &name))
		return false;
	for (i = 0; i < n; i++)
		if (slice_is_nocase(name, table[i].name))
			break;
	if (i == n)
		return args_fail(args);
	*bits |= table[i].bit;
	return true;
}

/* "(" options ")" SP, which may come first.  RECURSIVEMATCH says how others
 * are meant, and is nothing alone. */
static bool
parse_selection(struct args *args, struct list_wanted *wanted)
{
	bool first = true;

	if (args_peek(args) != '(')
		return true;
	wanted->extended = true;
	(void)args_open(args); /* sticks */
	while (args_more(args, first)) {
		first = false;
		if (!parse_option(
			args, selections, COUNT(selections), &wanted->select))
			return false;
	}
	if ((wanted->select & LIST_RECURSIVE) &&
	    !(wanted->select & (LIST_SUBSCRIBED | LIST_SPECIAL_USE)))
		return args_fail(args);
	wanted->tell |= wanted->select & LIST_SUBSCRIBED;
	return args_space(args);
}

/* Reference and pattern as one, in UTF-8.  One that cannot be a name's is left
 * out: it matches nothing. */
static void
add_pattern(const struct args *args, struct slice reference,
    struct slice pattern, struct list_wanted *wanted)
{
	STR_AUTO whole = STR_INIT;

	if (reference.len + pattern.len > MAILBOX_NAME_MAX ||
	    !mailbox_name_decode(reference, args->names, &whole) ||
	    !mailbox_name_decode(pattern, args->names, &whole))
		return;
	if (wanted->patterns.len)
		str_append_char(&wanted->patterns, '\0');
	str_append(&wanted->patterns, str_slice(&whole));
}

/* One pattern, or a list of them. */
static bool
parse_patterns(
    struct args *args, struct slice reference, struct list_wanted *wanted)
{
	struct slice pattern;
	bool first = true;
	unsigned n = 0;

	if (args_peek(args) != '(') {
		if (!args_pattern(args, &pattern))
			return false;
		wanted->root = pattern.len == 0;
		add_pattern(args, reference, pattern, wanted);
		return true;
	}
	wanted->extended = true;
	(void)args_open(args); /* sticks */
	while (args_more(args, first)) {
		first = false;
		if (n++ == LIST_PATTERNS_MAX || !args_pattern(args, &pattern))
			return args_fail(args);
		add_pattern(args, reference, pattern, wanted);
	}
	return !args->bad && !first;
}

/* SP "RETURN" SP "(" options ")", which may come last. */
static bool
parse_return(struct args *args, struct list_wanted *wanted)
{
	struct slice word;
	bool first = true;

	if (args_end(args))
		return true;
	wanted->extended = true;
	if (!args_space(args) || !args_atom(args, &word) ||
	    !slice_is_nocase(word, "RETURN") || !args_space(args) ||
	    !args_open(args))
		return false;
	while (args_more(args, first)) {
		unsigned bit = 0;

		first = false;
		if (!parse_option(args, returns, COUNT(returns), &bit))
			return false;
		wanted->tell |= bit;
		if (bit == LIST_STATUS &&
		    (!args_space(args) ||
			!status_parse(args, &wanted->status_items)))
			return false;
	}
	return args_end(args);
}

bool
list_parse(struct imap *im, struct slice argument, struct list_wanted *wanted)
{
	struct slice reference;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (parse_selection(&args, wanted) && args_astring(&args, &reference) &&
	    args_space(&args) && parse_patterns(&args, reference, wanted) &&
	    parse_return(&args, wanted))
		return wanted->root || wanted->patterns.len > 0;
	conn_bad(&im->conn, usage);
	return false;
}

bool
list_parse_old(
    struct imap *im, struct slice argument, struct list_wanted *wanted)
{
	struct slice reference, pattern;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_astring(&args, &reference) || !args_space(&args) ||
	    !args_pattern(&args, &pattern) || !args_end(&args)) {
		conn_bad(&im->conn, usage);
		return false;
	}
	wanted->root = pattern.len == 0;
	add_pattern(&args, reference, pattern, wanted);
	return wanted->root || wanted->patterns.len > 0;
}
