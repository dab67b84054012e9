#include "cmd/imapd/partial.h"

/* A place, with its sign. */
static bool
parse_place(struct args *args, bool backwards, uint32_t *ret_place)
{
	uint64_t number;

	if ((backwards && !args_try(args, '-')) ||
	    !args_number(args, UINT32_MAX, &number) || number == 0)
		return args_fail(args);
	*ret_place = (uint32_t)number;
	return true;
}

bool
partial_parse(struct args *args, struct partial *ret_partial)
{
	bool backwards = args_peek(args) == '-';
	uint32_t first = 0, last = 0;

	if (!parse_place(args, backwards, &first) ||
	    !(args_try(args, ':') || args_fail(args)) ||
	    !parse_place(args, backwards, &last))
		return false;
	*ret_partial = (struct partial){ .backwards = backwards,
		.first = first < last ? first : last,
		.last = first < last ? last : first };
	return true;
}

void
partial_print(const struct partial *partial, struct str *out)
{
	const char *sign = partial->backwards ? "-" : "";

	str_appendf(
	    out, "%s%u:%s%u", sign, partial->first, sign, partial->last);
}

bool
partial_places(const struct partial *partial, uint64_t count,
    uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t last = partial->last < count ? partial->last : count;

	if (partial->first > count)
		return false;
	if (partial->backwards) {
		*ret_first = count - last + 1;
		*ret_last = count - partial->first + 1;
	} else {
		*ret_first = partial->first;
		*ret_last = last;
	}
	return true;
}
