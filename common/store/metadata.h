/* What clients note about a folder, or about all of a user's mail (RFC 5464): a
 * file in the folder, which no other program knows and all leave alone, so that
 * it goes where the folder goes.
 * Never knows what an entry means. */
#ifndef NJIWA_STORE_METADATA_H
#define NJIWA_STORE_METADATA_H

#include "common/base/err.h"
#include "common/store/store.h"

#define METADATA_NAME "njiwa-metadata"           /* of a folder */
#define METADATA_ALL_NAME "njiwa-metadata-store" /* of all, in the Maildir */

#define METADATA_ENTRIES_MAX 200     /* of one folder */
#define METADATA_ENTRY_MAX 256       /* octets of an entry's name */
#define METADATA_VALUE_MAX 32768     /* octets of a value */
#define METADATA_FILE_MAX (1U << 20) /* octets of the file */

struct metadata_entry {
	struct slice name;  /* "/private/comment" */
	struct slice value; /* any octets; ptr NULL: there is none */
};

/* The entries of one folder, by name; to be released.  Zeroed is none. */
struct metadata {
	struct str text; /* where they lie */
	struct metadata_entry *entries;
	size_t count, cap;
};

void metadata_release(struct metadata *metadata);

/* Can an entry have that name (RFC 5464 section 3.2)?  Below /private or
 * /shared, printable ASCII without "*" and "%", no level empty. */
bool metadata_name_valid(struct slice name);

/* The order of names, in which case does not matter; as strcmp. */
int metadata_compare(struct slice a, struct slice b);

/* Takes the entries out of a file's text, replacing what metadata held.  Lines
 * that make no sense are left out. */
void metadata_parse(struct slice text, struct metadata *metadata);

/* Appends the file's text. */
void metadata_print(const struct metadata *metadata, struct str *out);

/* Makes the changes, and appends the file's text: 0, or -E2BIG when there are
 * too many entries or too much in them.  The octets of changes are borrowed. */
int metadata_change(struct metadata *metadata,
    const struct metadata_entry *changes, size_t n, struct str *out);

/* The value of that name, in any case; ptr NULL when there is none. */
struct slice metadata_find(const struct metadata *metadata, struct slice name);

/* Reads the entries of the folder called name (UTF-8), of all mail when name is
 * empty.  0; -ENOENT when there is no such folder; -errno with err filled. */
int metadata_read(struct store *store, struct slice folder,
    struct metadata *metadata, struct err *err);

/*
 * Sets, or by a value without ptr removes, n entries: all of them or none, in
 * one step and durable when the settings say so.  0; -ENOENT as above; -E2BIG
 * when there would be too many of them, or too much in them; -errno with err
 * filled.
 */
int metadata_write(struct store *store, struct slice folder,
    const struct metadata_entry *changes, size_t n, struct err *err);

#endif
