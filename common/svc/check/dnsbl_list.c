#include "common/svc/check/dnsbl_list.h"
#include "common/svc/check/verdict.h"
#include "common/base/num.h"

static bool
eat(struct slice *rest, const char *token)
{
	if (!slice_starts(*rest, token))
		return false;
	*rest = slice_skip(*rest, strlen(token));
	return true;
}

/* "n" or "n..m"; is value in it? */
static bool
eat_range(struct slice *rest, unsigned value, bool *ret_in)
{
	uint64_t low, high;

	if (!num_eat(rest, 255, &low))
		return false;
	high = low;
	if (eat(rest, "..") && (!num_eat(rest, 255, &high) || high < low))
		return false;
	*ret_in = value >= low && value <= high;
	return true;
}

/* One octet of a filter: a number, or ranges parted by ; in brackets.  False
 * when it is neither; *ret_in then is not set. */
static bool
eat_octet(struct slice *rest, unsigned value, bool *ret_in)
{
	bool in, any = false;
	uint64_t number;

	if (!eat(rest, "[")) {
		if (!num_eat(rest, 255, &number))
			return false;
		*ret_in = value == number;
		return true;
	}
	do {
		if (!eat_range(rest, value, &in))
			return false;
		any = any || in;
	} while (eat(rest, ";"));
	*ret_in = any;
	return eat(rest, "]");
}

/* Goes through the filter; false when it is none. */
static bool
match_filter(
    struct slice filter, const unsigned char address[4], bool *ret_matches)
{
	bool matches = true;
	size_t i;

	for (i = 0; i < 4; i++) {
		bool in;

		if ((i && !eat(&filter, ".")) ||
		    !eat_octet(&filter, address[i], &in))
			return false;
		matches = matches && in;
	}
	*ret_matches = matches;
	return filter.len == 0;
}

/* Cuts what is behind the last c off; "" when there is none. */
static struct slice
cut_behind(struct slice *word, char c)
{
	size_t at = slice_find(*word, c);
	struct slice behind = slice_skip(*word, at + 1);

	*word = slice_head(*word, at);
	return behind;
}

static bool
parse_list(struct slice word, struct dnsbl_list *list)
{
	static const unsigned char any[4] = { 0, 0, 0, 0 };
	bool scored = slice_find(word, '*') < word.len;
	struct slice score = cut_behind(&word, '*');
	bool filtered = slice_find(word, '=') < word.len, ignored;

	list->filter = cut_behind(&word, '=');
	list->zone = word;
	list->score = CHECK_SCORE_UNIT;
	return dns_name_valid(word) &&
	       (!scored || check_score_parse(score, &list->score)) &&
	       (!filtered || match_filter(list->filter, any, &ignored));
}

int
dnsbl_list_next(struct slice *rest, struct dnsbl_list *ret_list)
{
	while (rest->len) {
		size_t n = strspn(rest->ptr, ", \t");
		size_t len = strcspn(rest->ptr + n, ", \t");
		struct slice word = slice_of(rest->ptr + n, len);

		*rest = slice_skip(*rest, n + len);
		if (len == 0)
			break;
		if (parse_list(word, ret_list))
			return 1;
		ret_list->zone = word;
		return -1;
	}
	return 0;
}

bool
dnsbl_is_complaint(const unsigned char address[4])
{
	return address[0] != 127 || (address[1] == 255 && address[2] == 255);
}

bool
dnsbl_list_matches(
    const struct dnsbl_list *list, const unsigned char address[4])
{
	bool matches;

	if (dnsbl_is_complaint(address))
		return false;
	return list->filter.len == 0 ||
	       (match_filter(list->filter, address, &matches) && matches);
}
