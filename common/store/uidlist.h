/* The format of dovecot-uidlist, versions 3 (read, written) and 1 (read):
 *   3 V<uidvalidity> N<nextuid> G<guid> [<key><value> ...]
 *   <uid> [<key><value> ...] :<base name>
 * Never touches the disk; what it does not know it keeps. */
#ifndef NJIWA_STORE_UIDLIST_H
#define NJIWA_STORE_UIDLIST_H

#include <stdint.h>
#include "common/base/str.h"

#define UIDLIST_NAME "dovecot-uidlist"
#define UIDLIST_LINE_MAX 4096 /* octets of a line */
#define UIDLIST_GUID_LEN 32   /* hexadecimal digits */
#define UIDLIST_UID_MAX (UINT32_MAX - 1)

struct uidlist_header {
	unsigned version;
	uint32_t uidvalidity;
	uint32_t nextuid;
	char guid[UIDLIST_GUID_LEN + 1]; /* "" when there is none */
	struct slice extras; /* fields that we do not know, borrowed */
};

/* An entry; the slices borrow from the text. */
struct uidlist_entry {
	uint32_t uid;
	struct slice fields; /* "P12 Xfoo", separated by blanks; may be empty */
	struct slice base;
};

/* Reads the header off the start of *rest.  False when it is not one, or has
 * no uidvalidity or next uid: the list is then worth nothing. */
bool uidlist_eat_header(struct slice *rest, struct uidlist_header *ret_header);

/* Where a reader is; set rest, version and (0) the others. */
struct uidlist_reader {
	struct slice rest;
	unsigned version;
	uint32_t last_uid; /* of the entry read last */
	uint32_t entries;  /* that were good */
	bool damaged;      /* a line was no entry and was skipped */
	bool torn;         /* the last line has no end; its uid is last_uid */
};

/* Reads the next good entry; false at the end.  Uids only grow. */
bool uidlist_next(
    struct uidlist_reader *reader, struct uidlist_entry *ret_entry);

/* The value of the field with that key ("" is a value too); ptr is NULL when
 * the entry has none. */
struct slice uidlist_field(const struct uidlist_entry *entry, char key);

/* Append a header of version 3, and an entry, with their line ends. */
void uidlist_put_header(const struct uidlist_header *header, struct str *out);
void uidlist_put_entry(const struct uidlist_entry *entry, struct str *out);

/*
 * The next uid after a whole list, from its first and last octets alone (head
 * begins the file, tail ends it).  False when that cannot be told: read the
 * whole list.
 */
bool uidlist_peek(struct slice head, struct slice tail,
    struct uidlist_header *ret_header, uint32_t *ret_nextuid);

#endif
