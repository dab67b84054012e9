/* How a view and the index follow each other.  The disk is the truth: what the
 * index says is used only while the disk looks as it did when it was said. */
#ifndef NJIWA_STORE_VIEW_INDEX_H
#define NJIWA_STORE_VIEW_INDEX_H

#include "common/index/mailboxes.h"
#include "common/store/view.h"

#define LOOK_AGAIN_MS 2000 /* after our own changes, see INDEX_UNSURE */

/* The disk as it is now, and when. */
struct view_disk {
	struct index_seen cur, new, uidlist;
	int64_t now; /* ns */
};

/* Three stats.  False when one fails, and uidlist.ino is then 0. */
bool view_disk_look(const struct mailbox *mb, struct view_disk *ret_disk);
bool view_disk_look_in(
    const struct tree_folder *folder, struct view_disk *ret_disk);

/* Has new more than n messages, or cannot be read? */
bool view_disk_has_more(const struct mailbox *mb, uint32_t n);

/* The view's index, opened when it is not, or NULL. */
struct index *view_index_open(struct mailbox *mb);

/* Is nothing new since a sync that found all?  Then nobody needs the index. */
bool view_is_calm(const struct mailbox *mb, const struct view_disk *disk);

/* Finds the view's mailbox in a transaction: by its number while that is known,
 * else by its folder. */
int view_index_find(struct index_txn *txn, struct mailbox *mb,
    uint32_t *ret_number, struct index_mailbox *ret_mailbox);

/*
 * Takes from the index what the view has not.  True when the view is then what
 * the disk was at disk; false when the disk must be looked at, and the view has
 * perhaps followed part of the way.  How many messages came is in
 * ret_appeared.
 */
bool view_index_follow(
    struct mailbox *mb, const struct view_disk *disk, uint32_t *ret_appeared);

/* The same for the messages that the view has, and for no others. */
void view_index_refresh(struct mailbox *mb);

/* Notes in the index what a look at the disk, which began at disk, made of the
 * view; whole: the view has all that is on the disk.  False when no index took
 * it: view_stamp is needed. */
bool view_index_publish(
    struct mailbox *mb, const struct view_disk *disk, bool whole);

/* Writes a row for the record, with what is known of an older one; modseq is
 * for changed flags. */
int view_index_put(struct index_txn *txn, struct mailbox *mb, uint32_t number,
    struct record *record, uint64_t modseq);

/* Writes the row of a message that has none; made: of a mailbox whose floor is
 * the message's modseq. */
int view_index_add(struct index_txn *txn, const struct mailbox *mb,
    uint32_t number, const struct record *record, bool made);

/* Before and after this session's own change of a message.  From the first one
 * on the folder is locked, if that can be within wait_ms, until they are
 * settled. */
void view_index_before(struct mailbox *mb, int64_t wait_ms);
void view_index_changed(struct mailbox *mb, uint32_t uid);

/* Between those two: it is more than a change of messages that are there, so
 * that the disk is to be looked at afterwards. */
void view_index_doubt(struct mailbox *mb);

/* What was found out of a message, noted later: see view_facts.c. */
struct view_fact {
	uint32_t uid;
	uint32_t kind; /* INDEX_KNOWS_ bits, or FACT_TEXT and a text's kind */
	uint64_t size, crlf;
	int64_t date, saved;
	uint64_t text; /* octets that follow */
};

#define FACT_TEXT 0x100
#define FACTS_MAX (1U << 20) /* octets of facts that wait */

/* Notes a fact, and the text behind it, with the next flush. */
void view_fact_add(
    struct mailbox *mb, const struct view_fact *fact, struct slice text);

/* What the index has of the message; the row borrows from mb.  False for
 * none. */
bool view_fact_find(
    struct mailbox *mb, const struct record *record, struct index_row *ret_row);

/* Writes the facts that wait. */
int view_facts_put(
    struct index_txn *txn, struct mailbox *mb, uint64_t texts_max);

/* Keeps a text of a message of the view: its base is not yet said. */
int view_text_put(struct index_txn *txn, struct mailbox *mb,
    const struct index_text *text, struct index_texts *texts);

/* Notes own changes, and what was found out; view_index_settle, which unlocks
 * the folder as well, unless a batch of fewer is going on. */
void view_index_flush(struct mailbox *mb);
void view_index_settle(struct mailbox *mb);

#define CHANGES_TOGETHER 500 /* in a batch, before they are settled */

/* The work on the index failed: no more of it, or not in this session. */
void view_index_failed(struct mailbox *mb, int rc);

/* Gives modseqs to what has changed where no index does so any more. */
void view_stamp(struct mailbox *mb, uint32_t appeared);

#endif
