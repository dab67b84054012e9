#include "common/index/record.h"

#include <string.h>

#include "common/index/checksum.h"

#define MAGIC "njiwaidx"
#define VERSION 3
#define ORDER 0x01020304
#define STATES (INDEX_WHOLE | INDEX_RACY | INDEX_UNSURE)
#define KNOWNS (INDEX_KNOWS_SIZES | INDEX_KNOWS_DATE | INDEX_KNOWS_SAVED)

/* What of a row has always the same size. */
struct fixed {
	uint32_t check;
	uint8_t known, in_new, name_len, unused;
	uint64_t modseq;
	int64_t date, saved;
	uint64_t size, crlf;
};

uint32_t
index_check(struct slice key, struct slice value)
{
	return (uint32_t)index_checksum(
	    index_checksum(0, key), slice_skip(value, sizeof(uint32_t)));
}

static bool
is_whole(struct slice key, struct slice value)
{
	uint32_t check;

	if (value.len < sizeof check)
		return false;
	memcpy(&check, value.ptr, sizeof check);
	return check == index_check(key, value);
}

static void
put_char(struct index_key *key, char c)
{
	key->octets[key->len++] = c;
}

static void
put_number(struct index_key *key, uint64_t value, unsigned octets)
{
	while (octets-- > 0)
		put_char(key, (char)(value >> 8 * octets & 0xff));
}

static uint64_t
get_number(const char *at, unsigned octets)
{
	uint64_t value = 0;

	while (octets-- > 0)
		value = value << 8 | (unsigned char)*at++;
	return value;
}

struct slice
index_version_key(void)
{
	return slice_of("A", 1);
}

struct slice
index_next_key(void)
{
	return slice_of("B", 1);
}

struct slice
index_texts_key(void)
{
	return slice_of("C", 1);
}

struct slice
index_tidied_key(void)
{
	return slice_of("D", 1);
}

void
index_key_folder(struct index_key *key, struct slice dir)
{
	size_t len = dir.len <= INDEX_NAME_MAX ? dir.len : INDEX_NAME_MAX;

	key->len = 0;
	put_char(key, 'F');
	memcpy(key->octets + 1, dir.ptr, len);
	key->len += len;
}

void
index_key_prefix(struct index_key *key, enum index_kind kind, uint32_t mailbox)
{
	key->len = 0;
	put_char(key, (char)kind);
	put_number(key, mailbox, sizeof mailbox);
}

void
index_key_row(struct index_key *key, uint32_t mailbox, uint32_t uid)
{
	index_key_prefix(key, INDEX_ROW, mailbox);
	put_number(key, uid, sizeof uid);
}

void
index_key_change(struct index_key *key, enum index_kind kind, uint32_t mailbox,
    uint64_t modseq, uint32_t uid)
{
	index_key_prefix(key, kind, mailbox);
	put_number(key, modseq, sizeof modseq);
	put_number(key, uid, sizeof uid);
}

void
index_key_text(
    struct index_key *key, uint32_t mailbox, uint32_t uid, uint8_t kind)
{
	index_key_prefix(key, INDEX_TEXT, mailbox);
	put_number(key, uid, sizeof uid);
	put_number(key, kind, sizeof kind);
}

bool
index_key_get_row(struct slice key, uint32_t *ret_uid)
{
	if (key.len != 9 || get_number(key.ptr + 5, 4) == 0)
		return false;
	*ret_uid = (uint32_t)get_number(key.ptr + 5, 4);
	return true;
}

bool
index_key_get_text(struct slice key, uint32_t *ret_uid, uint8_t *ret_kind)
{
	if (key.len != 10 || get_number(key.ptr + 5, 4) == 0)
		return false;
	*ret_uid = (uint32_t)get_number(key.ptr + 5, 4);
	*ret_kind = (uint8_t)key.ptr[9];
	return true;
}

bool
index_key_get_change(struct slice key, uint64_t *ret_modseq, uint32_t *ret_uid)
{
	if (key.len != 17 || get_number(key.ptr + 13, 4) == 0)
		return false;
	*ret_modseq = get_number(key.ptr + 5, 8);
	*ret_uid = (uint32_t)get_number(key.ptr + 13, 4);
	return true;
}

void
index_version_init(struct index_version *version, const char *boot)
{
	size_t len = strlen(boot);

	memset(version, 0, sizeof *version);
	memcpy(version->magic, MAGIC, sizeof version->magic);
	version->version = VERSION;
	version->order = ORDER;
	memcpy(version->boot, boot,
	    len < INDEX_BOOT_MAX ? len : INDEX_BOOT_MAX - 1);
}

bool
index_version_read(struct slice value, struct index_version *ret_version)
{
	struct index_version version;

	if (value.len != sizeof version)
		return false;
	memcpy(&version, value.ptr, sizeof version);
	if (memcmp(version.magic, MAGIC, sizeof version.magic) != 0 ||
	    version.version != VERSION || version.order != ORDER ||
	    version.boot[INDEX_BOOT_MAX - 1] != '\0')
		return false;
	*ret_version = version;
	return true;
}

bool
index_number_read(struct slice value, uint32_t *ret_number)
{
	uint32_t number;

	if (value.len != sizeof number)
		return false;
	memcpy(&number, value.ptr, sizeof number);
	if (number == 0)
		return false;
	*ret_number = number;
	return true;
}

bool
index_octets_read(struct slice value, uint64_t *ret_octets)
{
	if (value.len != sizeof *ret_octets)
		return false;
	memcpy(ret_octets, value.ptr, sizeof *ret_octets);
	return true;
}

bool
index_last_read(struct slice key, struct slice value, uint32_t *ret_last)
{
	struct index_last last;

	if (value.len != sizeof last || !is_whole(key, value))
		return false;
	memcpy(&last, value.ptr, sizeof last);
	*ret_last = last.uid;
	return true;
}

void
index_last_seal(struct slice key, struct index_last *last)
{
	last->check =
	    index_check(key, slice_of((const char *)last, sizeof *last));
}

void
index_mailbox_seal(struct slice key, struct index_mailbox *mailbox)
{
	mailbox->check =
	    index_check(key, slice_of((const char *)mailbox, sizeof *mailbox));
}

bool
index_mailbox_read(
    struct slice key, struct slice value, struct index_mailbox *ret_mailbox)
{
	struct index_mailbox mailbox;

	if (value.len != sizeof mailbox || !is_whole(key, value))
		return false;
	memcpy(&mailbox, value.ptr, sizeof mailbox);
	if (mailbox.uidvalidity == 0 || mailbox.uidnext == 0 ||
	    mailbox.highest == 0 || mailbox.highest > INT64_MAX ||
	    mailbox.floor > mailbox.highest || (mailbox.state & ~STATES) ||
	    mailbox.guid[sizeof mailbox.guid - 1] != '\0')
		return false;
	*ret_mailbox = mailbox;
	return true;
}

bool
index_row_read(struct slice key, struct slice value, struct index_row *ret_row)
{
	struct fixed fixed;

	if (value.len <= sizeof fixed || !is_whole(key, value))
		return false;
	memcpy(&fixed, value.ptr, sizeof fixed);
	value = slice_skip(value, sizeof fixed);
	if (fixed.name_len == 0 || value.len < fixed.name_len ||
	    fixed.modseq == 0 || fixed.modseq > INT64_MAX ||
	    (fixed.known & ~KNOWNS) || fixed.in_new > 1 || fixed.unused)
		return false;
	if (memchr(value.ptr, '\0', value.len) ||
	    memchr(value.ptr, '/', fixed.name_len))
		return false;
	*ret_row = (struct index_row){ fixed.modseq, fixed.date, fixed.saved,
		fixed.size, fixed.crlf, fixed.known, fixed.in_new == 1,
		slice_head(value, fixed.name_len),
		slice_skip(value, fixed.name_len) };
	return true;
}

void
index_row_put(struct slice key, const struct index_row *row, struct str *out)
{
	const struct fixed fixed = { 0, row->known, row->in_new,
		(uint8_t)row->name.len, 0, row->modseq, row->date, row->saved,
		row->size, row->crlf };
	size_t start = out->len;
	uint32_t check;

	str_reserve(out, sizeof fixed + row->name.len + row->uidl.len);
	str_append_mem(out, &fixed, sizeof fixed);
	str_append(out, row->name);
	str_append(out, row->uidl);
	check = index_check(key, slice_skip(str_slice(out), start));
	memcpy(out->ptr + start, &check, sizeof check);
}

struct index_seen
index_seen_of(const struct stat *st)
{
	return (struct index_seen){ st->st_ino, st->st_mtim.tv_sec,
		st->st_mtim.tv_nsec, S_ISREG(st->st_mode) ? st->st_size : 0 };
}

bool
index_seen_same(const struct index_seen *a, const struct index_seen *b)
{
	return a->ino == b->ino && a->sec == b->sec && a->nsec == b->nsec &&
	       a->size == b->size;
}
