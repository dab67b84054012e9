#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/store/batch.h"
#include "common/store/maildir.h"
#include "common/store/scan.h"

#define READ_OCTETS 65536 /* of directory entries at once */
#define TABLE_MIN 16      /* slots */

void
scan_release(struct scan *scan)
{
	str_release(&scan->names);
	free(scan->files);
	free(scan->table);
	*scan = (struct scan)SCAN_INIT;
}

void
scan_clear(struct scan *scan)
{
	str_clear(&scan->names);
	free(scan->table);
	scan->table = NULL;
	scan->count = 0;
	scan->again = false;
	scan->batch = false;
}

/* Is the entry a regular file?  Where the directory does not tell, stat. */
static bool
is_regular(int dirfd, const struct dirent64 *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

static uint32_t
add_name(struct scan *scan, struct slice name)
{
	uint32_t at = (uint32_t)scan->names.len;

	str_append_mem(&scan->names, name.ptr, name.len);
	str_append_char(&scan->names, '\0');
	return at;
}

static int
add_file(struct scan *scan, struct slice name, uint8_t state)
{
	if (scan->count == SCAN_FILES_MAX ||
	    scan->names.len > UINT32_MAX - MAILDIR_NAME_MAX - 1)
		return -EFBIG;
	scan->files = mem_grow(
	    scan->files, &scan->cap, scan->count + 1, sizeof *scan->files);
	scan->files[scan->count++] = (struct scan_file){
		.name = add_name(scan, name),
		.base = (uint8_t)maildir_base(name).len,
		.state = state,
	};
	return 0;
}

/* Adds the messages among len octets of directory entries. */
static int
add_entries(struct scan *scan, int dirfd, uint8_t state,
    const struct dirent64 *entries, size_t len)
{
	const char *at = (const char *)entries, *end = at + len;
	int rc = 0;

	while (rc == 0 && at < end) {
		const struct dirent64 *entry = (const void *)at;
		struct slice name = slice_from(entry->d_name);

		if (maildir_is_message(name) && is_regular(dirfd, entry))
			rc = add_file(scan, name, state);
		else if (slice_is(name, BATCH_NAME))
			scan->batch = true;
		at += entry->d_reclen;
	}
	return rc;
}

int
scan_read(struct scan *scan, int dirfd, uint8_t state)
{
	struct dirent64 *entries;
	int rc = 0;

	if (scan->names.len == 0)
		(void)add_name(scan, slice_of("", 0)); /* offset 0 is no name */
	if (lseek(dirfd, 0, SEEK_SET) < 0)
		return -errno;
	entries = mem_alloc(READ_OCTETS);
	while (rc == 0) {
		ssize_t n = getdents64(dirfd, entries, READ_OCTETS);

		if (n < 0)
			rc = -errno;
		if (n <= 0)
			break;
		rc = add_entries(scan, dirfd, state, entries, (size_t)n);
	}
	free(entries);
	return rc;
}

/* Mixes eight octets at a time: names are short and many. */
static uint32_t
hash_of(struct slice base)
{
	uint64_t hash = base.len * 0x9e3779b97f4a7c15ULL, word;

	while (base.len >= sizeof word) {
		memcpy(&word, base.ptr, sizeof word);
		hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
		base = slice_skip(base, sizeof word);
	}
	word = 0;
	memcpy(&word, base.ptr, base.len);
	hash = (hash ^ word) * 0xc4ceb9fe1a85ec53ULL;
	return (uint32_t)(hash ^ hash >> 32);
}

/* The slot of base: its own, or the free one where it belongs. */
static struct scan_slot *
slot_of(const struct scan *scan, struct slice base, uint32_t hash)
{
	uint32_t at;

	for (at = hash & scan->mask;; at = (at + 1) & scan->mask) {
		struct scan_slot *slot = &scan->table[at];

		if (slot->file == 0 ||
		    (slot->hash == hash &&
			slice_equal(base,
			    scan_base(scan, &scan->files[slot->file - 1]))))
			return slot;
	}
}

void
scan_drop_twin(void *ctx, struct scan *scan, struct scan_file *first,
    struct scan_file *second)
{
	(void)ctx;
	(void)scan;
	(void)first;
	second->state |= SCAN_DROPPED;
}

void
scan_index(struct scan *scan, scan_twins *twins, void *ctx)
{
	size_t slots = TABLE_MIN, i;

	while (slots < scan->count * 2)
		slots *= 2;
	free(scan->table);
	scan->table = mem_zalloc(slots, sizeof *scan->table);
	scan->mask = (uint32_t)(slots - 1);
	for (i = 0; i < scan->count; i++) {
		struct slice base = scan_base(scan, &scan->files[i]);
		uint32_t hash = hash_of(base);
		struct scan_slot *slot = slot_of(scan, base, hash);

		if (slot->file)
			twins(ctx, scan, &scan->files[slot->file - 1],
			    &scan->files[i]);
		else
			*slot = (struct scan_slot){ hash, (uint32_t)i + 1 };
	}
}

void
scan_add_missing(struct scan *scan, const struct scan *other)
{
	size_t i, before = scan->count;

	if (scan->names.len == 0)
		(void)add_name(scan, slice_of("", 0)); /* offset 0 is no name */
	for (i = 0; i < other->count; i++) {
		const struct scan_file *file = &other->files[i];

		if (file->state & SCAN_DROPPED ||
		    scan_find(scan, scan_base(other, file)) != NULL)
			continue;
		if (add_file(scan, slice_from(scan_name(other, file)),
			file->state) < 0)
			break; /* it has more than there may be */
	}
	if (scan->count > before)
		scan_index(scan, scan_drop_twin, NULL);
}

struct scan_file *
scan_find(const struct scan *scan, struct slice base)
{
	struct scan_slot *slot;

	if (scan->table == NULL)
		return NULL;
	slot = slot_of(scan, base, hash_of(base));
	return slot->file ? &scan->files[slot->file - 1] : NULL;
}

const char *
scan_name(const struct scan *scan, const struct scan_file *file)
{
	return scan->names.ptr + file->name;
}

struct slice
scan_base(const struct scan *scan, const struct scan_file *file)
{
	return slice_of(scan->names.ptr + file->name, file->base);
}

void
scan_rename(struct scan *scan, struct scan_file *file, struct slice name)
{
	file->name = add_name(scan, name);
}
