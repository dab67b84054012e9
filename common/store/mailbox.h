/* A mailbox as one session sees it: a list of messages whose sequence numbers
 * change only when the session says so, over a Maildir that anybody may change.
 * Never speaks a protocol; whatever caches come later stay behind this page. */
#ifndef NJIWA_STORE_MAILBOX_H
#define NJIWA_STORE_MAILBOX_H

#include <stdint.h>
#include <time.h>
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

/* A descriptor that becomes readable when the folder may have changed, -1 when
 * the kernel has none left; the caller drains it with mailbox_watch_drain. */
int mailbox_watch_fd(struct mailbox *mb);
void mailbox_watch_drain(struct mailbox *mb);

enum flags_op { FLAGS_ADD, FLAGS_REMOVE, FLAGS_REPLACE };

/* Changes flags (FLAG_ bits but RECENT) and keywords of one message, on disk
 * and in the view.  0; -ENOENT when the message is gone; -EROFS; -errno. */
int mailbox_set_flags(struct mailbox *mb, uint32_t seq, enum flags_op op,
    uint8_t flags, uint32_t keywords, struct err *err);

enum expunge_mode {
	EXPUNGE_ANY,    /* whatever their flags are */
	EXPUNGE_DELETED /* only what is \Deleted on the disk by now */
};

/* Removes n messages by uid from the disk and the quota; the view follows at
 * the next mailbox_sync.  A uid that is gone already is no error.  With the
 * store's sync the removal is on disk when this returns 0. */
int mailbox_expunge(struct mailbox *mb, enum expunge_mode mode,
    const uint32_t *uids, size_t n, struct err *err);

/* Sizes and dates: octets with CRLF line ends (RFC822.SIZE), of the file, and
 * the internal date (the file's mtime).  0, -ENOENT, -errno. */
int mailbox_message_size(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size, struct err *err);
int mailbox_message_file_size(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size, struct err *err);
/* What the file's name says of its octets with CRLF (S= and W=), unproved: the
 * disk is not touched.  False when it does not say, or not a possible size. */
bool mailbox_message_size_said(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size);
int mailbox_message_date(
    struct mailbox *mb, uint32_t seq, time_t *ret_date, struct err *err);

/* Opens the message's file for reading; the descriptor is the caller's.
 * Lines end as they are on disk (mailbox_body.h gives them CRLF).  -errno. */
int mailbox_message_open(struct mailbox *mb, uint32_t seq, struct err *err);

/* The POP3 unique id of the message (the uidlist's P field, else %08x uid
 * and %08x uidvalidity); appended to out. */
void mailbox_message_uidl(
    const struct mailbox *mb, uint32_t seq, struct str *out);

struct mailbox_status { /* of a folder that is not open */
	uint64_t messages, recent, unseen, deleted, uidnext, uidvalidity,
	    size; /* octets with CRLF, when they were asked for */
};

/* Counts the folder called name; as mailbox_open, read-only. */
int mailbox_status(struct store *store, struct slice name, bool sizes,
    struct mailbox_status *ret_status, struct err *err);

#endif
