#include <stdint.h>

#include "common/store/courier.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Uids only grow and are below the next one, and nothing is damaged. */
static void
check_list(struct slice text, const struct uidlist_header *header)
{
	struct uidlist_reader reader = { .version = 3, .rest = text };
	struct uidlist_entry entry;

	while (uidlist_next(&reader, &entry))
		if (entry.uid >= header->nextuid ||
		    slice_find(entry.base, ':') != entry.base.len ||
		    uidlist_field(&entry, 'P').len > COURIER_UIDL_MAX)
			__builtin_trap();
	if (reader.damaged || reader.torn || header->nextuid > UIDLIST_UID_MAX)
		__builtin_trap();
}

/* Each line is a name. */
static void
check_subscriptions(struct slice text)
{
	STR_AUTO out = STR_INIT;
	struct slice rest, line;

	courier_put_subscriptions(text, &out);
	if (out.len > text.len)
		__builtin_trap();
	for (rest = str_slice(&out); rest.len;) {
		line = slice_head(rest, slice_find(rest, '\n'));
		if (line.len == 0)
			__builtin_trap();
		rest = slice_skip(rest, line.len + 1);
	}
}

static void
check_keywords(struct slice rest)
{
	struct slice name, base, indexes;
	uint32_t index;
	uint64_t age;

	while (courier_next_keyword(&rest, &name))
		if (courier_update_name(name, &base, &age) && base.len == 0)
			__builtin_trap();
	while (courier_next_message(&rest, &base, &indexes)) {
		if (base.len == 0)
			__builtin_trap();
		while (courier_next_index(&indexes, &index))
			;
	}
}

/* Both lists, a NUL between them; and all as :list and as
 * subscriptions. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice pop3 = slice_of((const char *)data, size), uids;
	struct uidlist_header header;
	STR_AUTO out = STR_INIT;

	check_keywords(pop3);
	check_subscriptions(pop3);
	if (size == 0 || !slice_next(&pop3, '\0', &uids))
		return 0;
	if (pop3.ptr == NULL)
		pop3 = slice_from("");
	if (courier_make_list(uids, pop3, &header, &out))
		check_list(str_slice(&out), &header);
	return 0;
}
