/* The keys and values of an index.  A key is a letter and numbers, the most
 * significant octet first, so that the table's order is theirs; a value is in
 * this machine's order, for this machine alone reads it, and begins with a
 * check of itself and its key: LMDB has none. Never believes a value: each is
 * looked at before it is used. */
#ifndef NJIWA_INDEX_RECORD_H
#define NJIWA_INDEX_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "common/base/slice.h"
#include "common/base/str.h"
#include "common/index/index.h"

#define INDEX_NAME_MAX 255 /* of a folder's or a message file's name */

struct index_version {
	char magic[8];
	uint32_t version;
	uint32_t order; /* of octets */
	char boot[INDEX_BOOT_MAX];
	uint64_t made; /* of this environment, in ns of the clock */
};

/* A file or folder as it was when the index said what is in it. */
struct index_seen {
	uint64_t ino;
	int64_t sec, nsec;
	int64_t size; /* of a file */
};

enum index_state {
	INDEX_WHOLE = 1 << 0, /* the rows are what was seen on the disk */
	INDEX_RACY = 1 << 1,  /* it changed too lately to be sure of that */
	INDEX_UNSURE = 1 << 2 /* it was changed by us, and perhaps by others in
			       * the same moment: look again some time */
};

/* A mailbox; it is written by index_mailbox_seal, and has no gaps. */
struct index_mailbox {
	uint32_t check;
	uint32_t uidvalidity, uidnext;
	uint32_t in_new;    /* messages whose file is in new */
	uint32_t state;     /* INDEX_ bits */
	uint32_t vanished;  /* ranges that are kept */
	int64_t rows;       /* index_mailbox_put counts them */
	uint64_t highest;   /* modseq of the last change */
	uint64_t floor;     /* what changed until then is not kept */
	int64_t looked;     /* ns of the clock when the last look began */
	int64_t look_again; /* and when there should be another: UNSURE */
	struct index_seen cur, new, uidlist;
	char guid[40]; /* the uidlist's, with its NUL; "" for none */
};

enum index_known {
	INDEX_KNOWS_SIZES = 1 << 0,
	INDEX_KNOWS_DATE = 1 << 1,
	INDEX_KNOWS_SAVED = 1 << 2
};

/* A message.  Its flags are those of its name. */
struct index_row {
	uint64_t modseq;
	int64_t date, saved; /* seconds */
	uint64_t size, crlf;
	uint8_t known; /* INDEX_KNOWS_ bits */
	bool in_new;
	struct slice name; /* of its file */
	struct slice uidl; /* the uidlist's P field; empty for none */
};

struct index_key {
	size_t len;
	char octets[INDEX_NAME_MAX + 16];
};

static inline struct slice
index_key_slice(const struct index_key *key)
{
	return slice_of(key->octets, key->len);
}

/* Keys: what is behind the kind's letter, and the value. */
enum index_kind {
	INDEX_MAILBOX = 'H',  /* number: index_mailbox */
	INDEX_ROW = 'R',      /* number, uid: row */
	INDEX_CHANGE = 'M',   /* number, modseq, uid */
	INDEX_VANISHED = 'X', /* number, modseq, first uid: index_last */
	INDEX_TEXT = 'T',     /* number, uid, kind: checksum, text */
	INDEX_GONE = 'G'      /* number: its keys are to be deleted */
};

/* The key of the environment's version. */
struct slice index_version_key(void);
/* The key of the next mailbox's number. */
struct slice index_next_key(void);
/* The key of the folder that index_folders_tidy looked at last. */
struct slice index_tidied_key(void);
/* The key of how many octets all texts have. */
struct slice index_texts_key(void);
/* The key of the number of the mailbox in the folder dir. */
void index_key_folder(struct index_key *key, struct slice dir);
/* What all keys of that kind and mailbox begin with. */
void index_key_prefix(
    struct index_key *key, enum index_kind kind, uint32_t mailbox);
/* The key of a message. */
void index_key_row(struct index_key *key, uint32_t mailbox, uint32_t uid);
/* The key of a change, or of a range of uids that vanished. */
void index_key_change(struct index_key *key, enum index_kind kind,
    uint32_t mailbox, uint64_t modseq, uint32_t uid);
/* The key of a text of a message. */
void index_key_text(
    struct index_key *key, uint32_t mailbox, uint32_t uid, uint8_t kind);

/* What a key says behind its kind and mailbox; false when it is none. */
bool index_key_get_row(struct slice key, uint32_t *ret_uid);
bool index_key_get_text(struct slice key, uint32_t *ret_uid, uint8_t *ret_kind);
bool index_key_get_change(
    struct slice key, uint64_t *ret_modseq, uint32_t *ret_uid);

/* Values: false for one that cannot be, and then nothing is set. */
void index_version_init(struct index_version *version, const char *boot);
bool index_version_read(struct slice value, struct index_version *ret_version);
bool index_number_read(struct slice value, uint32_t *ret_number);
bool index_octets_read(struct slice value, uint64_t *ret_octets);
bool index_mailbox_read(
    struct slice key, struct slice value, struct index_mailbox *ret_mailbox);
bool index_row_read(
    struct slice key, struct slice value, struct index_row *ret_row);
bool index_last_read(struct slice key, struct slice value, uint32_t *ret_last);

struct index_last {
	uint32_t check, uid; /* the last one of a range that vanished */
};

/* The check of a value: of its key, and of what is behind the check. */
uint32_t index_check(struct slice key, struct slice value);

/* Make values of what they are given, for that key. */
void index_mailbox_seal(struct slice key, struct index_mailbox *mailbox);
void index_last_seal(struct slice key, struct index_last *last);
void index_row_put(
    struct slice key, const struct index_row *row, struct str *out);

/* What stat says. */
struct index_seen index_seen_of(const struct stat *st);
bool index_seen_same(const struct index_seen *a, const struct index_seen *b);

#endif
