#include "common/base/num.h"
#include "common/store/courier.h"
#include "common/store/maildir.h"

bool
courier_next_keyword(struct slice *rest, struct slice *ret_name)
{
	size_t end = slice_find(*rest, '\n');

	*ret_name = slice_head(*rest, end);
	*rest = slice_skip(*rest, end + 1);
	return end > 0;
}

bool
courier_next_message(
    struct slice *rest, struct slice *ret_base, struct slice *ret_indexes)
{
	while (rest->len) {
		size_t end = slice_find(*rest, '\n');
		struct slice line = slice_head(*rest, end);

		*rest = slice_skip(*rest, end + 1);
		*ret_base = maildir_base(line);
		*ret_indexes = slice_skip(line, ret_base->len + 1);
		if (ret_base->len && ret_base->len < line.len)
			return true;
	}
	return false;
}

bool
courier_next_index(struct slice *indexes, uint32_t *ret_index)
{
	struct slice word;
	uint64_t value;

	while (slice_next(indexes, ' ', &word)) {
		if (!num_parse(word, UINT32_MAX, &value))
			continue;
		*ret_index = (uint32_t)value;
		return true;
	}
	return false;
}

bool
courier_update_name(
    struct slice name, struct slice *ret_base, uint64_t *ret_age)
{
	*ret_age = UINT64_MAX;
	if (slice_starts(name, ".")) {
		name = slice_skip(name, 1);
		if (!num_eat(&name, UINT64_MAX - 1, ret_age) || *ret_age == 0 ||
		    !slice_starts(name, "."))
			return false;
		name = slice_skip(name, 1);
	}
	*ret_base = name;
	return maildir_is_message(name);
}
