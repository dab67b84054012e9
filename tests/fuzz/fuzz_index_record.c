#include <stdint.h>

#include "common/index/record.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read can be written, and is then read the same. */
static void
read_row(struct slice key, struct slice value)
{
	struct index_row row, again;
	STR_AUTO out = STR_INIT;

	if (!index_row_read(key, value, &row))
		return;
	if (row.name.len == 0 || row.modseq == 0)
		__builtin_trap();
	index_row_put(key, &row, &out);
	if (!index_row_read(key, str_slice(&out), &again) ||
	    again.modseq != row.modseq || !slice_equal(again.name, row.name) ||
	    !slice_equal(again.uidl, row.uidl))
		__builtin_trap();
}

static void
read_mailbox(struct slice key, struct slice value)
{
	struct index_mailbox mailbox;

	if (index_mailbox_read(key, value, &mailbox) &&
	    (mailbox.uidvalidity == 0 || mailbox.floor > mailbox.highest ||
		strlen(mailbox.guid) >= sizeof mailbox.guid))
		__builtin_trap();
}

static void
read_all(struct slice key, struct slice value)
{
	struct index_version version;
	uint64_t octets, modseq;
	uint32_t uid;

	(void)index_key_get_row(key, &uid);
	(void)index_key_get_change(key, &modseq, &uid);
	(void)index_version_read(value, &version);
	(void)index_number_read(value, &uid);
	(void)index_octets_read(value, &octets);
	(void)index_last_read(key, value, &uid);
	read_mailbox(key, value);
	read_row(key, value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size), key;
	STR_AUTO value = STR_INIT;
	uint32_t check;

	if (size == 0)
		return 0;
	key = slice_head(slice_skip(all, 1), data[0] & 31);
	str_set(&value, slice_skip(all, 1 + key.len));
	read_all(key, str_slice(&value));
	/* and once with a check that is right */
	if (value.len < sizeof check)
		return 0;
	check = index_check(key, str_slice(&value));
	memcpy(value.ptr, &check, sizeof check);
	read_all(key, str_slice(&value));
	return 0;
}
