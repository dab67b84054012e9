/* One look at a folder's new and cur: the names of all messages in one block
 * of memory, and a table to find them by base name.
 * Reads directories; never opens a message. */
#ifndef NJIWA_STORE_SCAN_H
#define NJIWA_STORE_SCAN_H

#include <stdint.h>
#include "common/base/str.h"

#define SCAN_FILES_MAX 16000000 /* messages of one folder */

enum scan_state {
	SCAN_IN_NEW = 1 << 0,  /* in new, not in cur */
	SCAN_KNOWN = 1 << 1,   /* the view has it */
	SCAN_DROPPED = 1 << 2, /* is not to be looked at */
	SCAN_RECENT = 1 << 3
};

struct scan_file {
	uint32_t name; /* offset in names */
	uint32_t uid;  /* 0: not known yet */
	uint8_t base;  /* octets of the base name */
	uint8_t state; /* SCAN_ bits */
};

struct scan_slot {
	uint32_t hash;
	uint32_t file; /* index + 1; 0 is free */
};

struct scan {
	struct str names; /* NUL-terminated, one after another */
	struct scan_file *files;
	size_t count, cap;
	struct scan_slot *table;
	uint32_t mask; /* slots - 1 */
	bool again;    /* twins were told apart: look again */
	bool batch;    /* messages are just coming together (batch.h) */
};

#define SCAN_INIT                                                              \
	{                                                                      \
		STR_INIT, NULL, 0, 0, NULL, 0, false, false                    \
	}

void scan_release(struct scan *scan);

/* Empties the scan and keeps its memory. */
void scan_clear(struct scan *scan);

/* Adds the messages of the open directory; state is SCAN_IN_NEW or 0.  What
 * cannot be a message (maildir.h, and all but regular files) is left out.
 * 0, -EFBIG for more than SCAN_FILES_MAX, or -errno. */
int scan_read(struct scan *scan, int dirfd, uint8_t state);

/* Called for each file whose base name another file has: the first one found
 * stays in the table. */
typedef void scan_twins(void *ctx, struct scan *scan, struct scan_file *first,
    struct scan_file *second);

/* Drops the second one: the usual answer to twins. */
void scan_drop_twin(void *ctx, struct scan *scan, struct scan_file *first,
    struct scan_file *second);

/* Makes the table. */
void scan_index(struct scan *scan, scan_twins *twins, void *ctx);

/* Adds what other has and scan, which has a table or is empty, has not; never
 * more than SCAN_FILES_MAX. */
void scan_add_missing(struct scan *scan, const struct scan *other);

/* The file with that base name, NULL when there is none. */
struct scan_file *scan_find(const struct scan *scan, struct slice base);

/* The name of a file, and its base, borrowed until the next name is added. */
const char *scan_name(const struct scan *scan, const struct scan_file *file);
struct slice scan_base(const struct scan *scan, const struct scan_file *file);

/* Gives the file another name (same base). */
void scan_rename(struct scan *scan, struct scan_file *file, struct slice name);

#endif
