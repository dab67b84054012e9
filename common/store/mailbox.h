/* A mailbox as one session sees it: a list of messages whose sequence numbers
 * change only when the session says so, over a Maildir that anybody may change.
 * Never speaks a protocol.  What is known of each message beyond this is in
 * mailbox_message.h, and what is kept of it in mailbox_cached.h. */
#ifndef NJIWA_STORE_MAILBOX_H
#define NJIWA_STORE_MAILBOX_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/store/store.h"

/* System flags (RFC 3501 section 2.3.2); FLAG_RECENT is never stored. */
enum {
	FLAG_SEEN = 1 << 0,
	FLAG_ANSWERED = 1 << 1,
	FLAG_FLAGGED = 1 << 2,
	FLAG_DELETED = 1 << 3,
	FLAG_DRAFT = 1 << 4,
	FLAG_PASSED = 1 << 5, /* Maildir's P, the keyword $Forwarded */
	FLAG_RECENT = 1 << 6
};

#define MAILBOX_KEYWORDS_MAX 26 /* letters a to z of a Maildir file name */

struct message {
	uint32_t uid;
	uint32_t keywords; /* bit i: mailbox_keyword(mb, i) */
	uint8_t flags;     /* FLAG_ bits */
	uint64_t modseq;   /* when flags last changed (RFC 7162); 0: unknown */
};

struct mailbox;

enum mailbox_mode {
	MAILBOX_READ_ONLY, /* EXAMINE: \Recent stays, nothing is written */
	MAILBOX_READ_WRITE
};

/* Opens the folder called name (UTF-8, separator '/', INBOX in any case) and
 * takes its first view.  0; -ENOENT when there is no such folder; -errno with
 * err filled.  Free with mailbox_free (NULL is fine). */
int mailbox_open(struct store *store, struct slice name, enum mailbox_mode mode,
    struct mailbox **ret_mailbox, struct err *err);
void mailbox_free(struct mailbox *mb);

/* Facts of the view. */
uint32_t mailbox_uidvalidity(const struct mailbox *mb);
uint32_t mailbox_uidnext(const struct mailbox *mb);
uint32_t mailbox_count(const struct mailbox *mb);  /* messages */
uint32_t mailbox_recent(const struct mailbox *mb); /* of them recent */
bool mailbox_writable(const struct mailbox *mb);

/* HIGHESTMODSEQ of the view (RFC 7162 section 3.1.2.1); 0: no modification
 * sequences are kept here (NOMODSEQ). */
uint64_t mailbox_highest_modseq(const struct mailbox *mb);

/* The message with sequence number seq (1 to count), borrowed until the view
 * changes; NULL when there is none. */
const struct message *mailbox_message(const struct mailbox *mb, uint32_t seq);

/* The sequence number of uid; when there is no such message 0, and *ret_next
 * (may be NULL) is the sequence number of the first message with a greater
 * uid (count + 1 when none). */
uint32_t mailbox_seq_of(
    const struct mailbox *mb, uint32_t uid, uint32_t *ret_next);

/* Keyword i's name, NULL when unused; the index of a name (any case), -1 when
 * unknown; the same, made when there is room (-ENOSPC when 26 are used). */
const char *mailbox_keyword(const struct mailbox *mb, unsigned i);
int mailbox_keyword_find(const struct mailbox *mb, struct slice name);
int mailbox_keyword_make(
    struct mailbox *mb, struct slice name, struct err *err);

/*
 * What a sync found.  The caller owns the arrays (mailbox_changes_release).
 * expunged holds sequence numbers as they were, descending, so that they can
 * be told one after another; they are already gone from the view unless the
 * sync kept them.
 */
struct mailbox_changes {
	uint32_t *expunged;
	uint32_t *expunged_uids; /* of the same messages, in the same order */
	size_t nexpunged;
	uint32_t *changed; /* uids whose flags another one changed */
	size_t nchanged;
	uint32_t appeared; /* messages that were added at the end */
	bool keywords;     /* the list of keywords grew */
};

void mailbox_changes_release(struct mailbox_changes *changes);

/*
 * Follows the disk.  With keep_expunged the messages that are gone stay in
 * the view (their contents are -ENOENT) until a later sync without it, as
 * FETCH, STORE and SEARCH demand.  0, -ESTALE when UIDVALIDITY changed under
 * us (the session must end), or -errno with err filled.
 */
int mailbox_sync(struct mailbox *mb, bool keep_expunged,
    struct mailbox_changes *ret_changes, struct err *err);

struct uid_range { /* from first to last */
	uint32_t first, last;
};

/* The uids below uidnext that have gone since the modification sequence,
 * ascending; free *ret_ranges.  Where that is not known any more, all that the
 * view has not (RFC 7162 section 3.2.5.1 allows it).  0 or -errno. */
int mailbox_vanished(struct mailbox *mb, uint64_t since_modseq,
    struct uid_range **ret_ranges, size_t *ret_n, struct err *err);

enum flags_op { FLAGS_ADD, FLAGS_REMOVE, FLAGS_REPLACE };

struct flags_change {
	enum flags_op op;
	uint8_t flags;            /* FLAG_ bits but RECENT */
	uint32_t keywords;        /* bits */
	uint64_t unchanged_since; /* a modseq (RFC 7162 section 3.1.3);
				   * FLAGS_WHATEVER: no matter */
};

#define FLAGS_WHATEVER UINT64_MAX

/* Changes flags and keywords of one message, on disk and in the view.  0;
 * -EBUSY when it was changed after unchanged_since; -ENOENT when the message is
 * gone; -EROFS; -errno. */
int mailbox_set_flags(struct mailbox *mb, uint32_t seq,
    const struct flags_change *change, struct err *err);

/* Has the last sync told what the view has of the message? */
bool mailbox_is_told(struct mailbox *mb, uint32_t seq);

/* While on, changes are noted together, and modseqs come, when it is off, or
 * after some hundreds: until then others who want to change the folder wait. */
void mailbox_batch(struct mailbox *mb, bool on);

enum expunge_mode {
	EXPUNGE_ANY,     /* whatever their flags are */
	EXPUNGE_DELETED, /* only what is \Deleted on the disk by now */
	EXPUNGE_SOLE     /* -ENOENT when another has removed it before */
};

/* Removes n messages by uid from the disk and the quota; the view follows at
 * the next mailbox_sync.  With the store's sync that is on disk at 0. */
int mailbox_expunge(struct mailbox *mb, enum expunge_mode mode,
    const uint32_t *uids, size_t n, struct err *err);

#endif
