#include "cmd/imapd/fetch.h"
#include "cmd/imapd/search.h"

/* SP "(" fetch-att ... ")", which may stand behind UPDATE (RFC 5465 section
 * 7). */
static bool
parse_items(struct args *args, struct slice *ret_items)
{
	size_t len;

	if (args->rest.len < 2 || args->rest.ptr[0] != ' ' ||
	    args->rest.ptr[1] != '(')
		return true;
	args->rest = slice_skip(args->rest, 1);
	len = fetch_list_length(args->rest);
	*ret_items = slice_head(args->rest, len);
	args->rest = slice_skip(args->rest, len);
	return len > 0;
}

/* One option of RETURN, with what belongs to it. */
static bool
parse_option(struct args *args, unsigned allowed, struct search_return *to)
{
	static const char *const words[] = { "MIN", "MAX", "ALL", "COUNT",
		"SAVE", "PARTIAL", "UPDATE", "CONTEXT" };
	struct slice word;
	unsigned i, n = sizeof words / sizeof words[0];

	if (!args_name(args, false, &word))
		return false;
	for (i = 0; i < n; i++)
		if (slice_is_nocase(word, words[i]))
			break;
	if (i == n || !(allowed >> i & 1))
		return args_fail(args);
	if (1u << i == RETURN_PARTIAL &&
	    ((to->wanted & RETURN_PARTIAL) || !args_space(args) ||
		!partial_parse(args, &to->page)))
		return args_fail(args);
	if (1u << i == RETURN_UPDATE && !parse_items(args, &to->items))
		return args_fail(args);
	to->wanted |= 1u << i;
	return true;
}

bool
search_parse_return(
    struct args *args, unsigned allowed, struct search_return *ret_return)
{
	struct args ahead = *args;
	struct slice word;
	bool first = true;

	*ret_return = (struct search_return){ .wanted = 0 };
	if (!args_name(&ahead, false, &word) ||
	    !slice_is_nocase(word, "RETURN"))
		return true;
	*args = ahead;
	if (!args_space(args) || !args_open(args))
		return false;
	while (args_more(args, first)) {
		first = false;
		if (!parse_option(args, allowed, ret_return))
			return false;
	}
	if (first)
		ret_return->wanted = RETURN_ALL;
	if ((ret_return->wanted & RETURN_PARTIAL) &&
	    (ret_return->wanted & RETURN_ALL))
		return args_fail(args);
	return args_space(args);
}
