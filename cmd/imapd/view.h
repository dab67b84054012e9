/* What the client knows of the selected mailbox, and how it is told of
 * changes: EXISTS, RECENT, EXPUNGE, FLAGS and FETCH responses (RFC 3501
 * sections 5.2 and 7, RFC 2180).  Never tells of a message that went while
 * sequence numbers must stay as they are. */
#ifndef NJIWA_CMD_IMAPD_VIEW_H
#define NJIWA_CMD_IMAPD_VIEW_H

#include "cmd/imapd/imap.h"
#include "cmd/imapd/seqset.h"

/* Follows the disk and tells what changed.  keep_expunged: no EXPUNGE now.
 * When the mailbox cannot be followed any more the connection ends. */
void view_sync(struct imap *im, bool keep_expunged);

/* FLAGS and PERMANENTFLAGS of the mailbox, for SELECT and when keywords were
 * added. */
void view_tell_flags(struct imap *im);

/* The same, if the mailbox has keywords that the client was not told of. */
void view_tell_new_keywords(struct imap *im);

/* "* n EXISTS" and, in IMAP4rev1, "* n RECENT". */
void view_tell_counts(struct imap *im);

/* The flags that the client is told of: without \Recent in IMAP4rev2 (RFC 9051
 * appendix E). */
uint8_t view_flags(const struct imap *im, uint8_t flags);

/* "* n FETCH (", or "* uid UIDFETCH (" where there are no sequence numbers
 * (RFC 9586). */
void view_begin_message(struct imap *im, uint32_t seq);

/* "* n FETCH (UID u FLAGS (...) MODSEQ (m))": the last where the client
 * follows it, and then UID too where QRESYNC is enabled (RFC 7162 section
 * 3.2.4). */
void view_tell_message(struct imap *im, uint32_t seq, bool uid);

/* The same without the flags, which the client knows; nothing when it does not
 * follow modification sequences (RFC 7162 section 3.1.3). */
void view_tell_modseq(struct imap *im, uint32_t seq, bool uid);

/* "* VANISHED uids", on more than one line when there are many; earlier: what
 * has gone before the mailbox was selected (RFC 7162 section 3.2.10). */
void view_tell_vanished(
    struct imap *im, const struct seqset *uids, bool earlier);

/* A walk over the messages that a set names, in order. */
struct view_walk {
	const struct mailbox *mailbox;
	const struct seqset *set;
	bool uids;
	size_t range;
	uint32_t seq; /* the next candidate */
};

/*
 * A set argument: parsed and resolved against the mailbox, as uids when uids;
 * "$" is what a SEARCH has saved (RFC 5182).
 * False when it is none, or names sequence numbers that there are none of.
 */
bool view_set(
    const struct imap *im, struct slice text, bool uids, struct seqset *set);

/* Begins a walk over the messages that the resolved set names. */
void view_walk(const struct imap *im, const struct seqset *set, bool uids,
    struct view_walk *ret_walk);

/* The next sequence number; false at the end. */
bool view_next(struct view_walk *walk, uint32_t *ret_seq);

#endif
