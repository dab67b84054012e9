#include <stdint.h>

#include "common/store/uidlist.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all entries; writes them when out is there.  The last uid. */
static uint32_t
copy(struct slice text, unsigned version, struct str *out)
{
	struct uidlist_reader reader = { .version = version, .rest = text };
	struct uidlist_entry entry;
	uint32_t last = 0, count = 0;

	while (uidlist_next(&reader, &entry)) {
		if (entry.uid <= last || entry.base.len == 0)
			__builtin_trap();
		last = entry.uid;
		count++;
		if (out)
			uidlist_put_entry(&entry, out);
	}
	if (count != reader.entries || (out == NULL && reader.damaged))
		__builtin_trap();
	return last;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size), rest = all;
	struct uidlist_header header, again;
	STR_AUTO out = STR_INIT;
	uint32_t last, next;

	if (uidlist_peek(all, all, &header, &next) && next < header.nextuid)
		__builtin_trap();
	if (!uidlist_eat_header(&rest, &header))
		return 0;
	uidlist_put_header(&header, &out);
	last = copy(rest, header.version, &out);
	/* what was written is read back the same, and undamaged */
	rest = str_slice(&out);
	if (!uidlist_eat_header(&rest, &again)) {
		if (out.len < UIDLIST_LINE_MAX)
			__builtin_trap();
		return 0;
	}
	if (again.uidvalidity != header.uidvalidity ||
	    again.nextuid != header.nextuid || copy(rest, 3, NULL) != last)
		__builtin_trap();
	return 0;
}
