/* The mailboxes and messages of an index: what belongs together is changed
 * together.  Knows rows, not files. */
#ifndef NJIWA_INDEX_MAILBOXES_H
#define NJIWA_INDEX_MAILBOXES_H

#include "common/index/index.h"
#include "common/index/record.h"

#define INDEX_VANISHED_MAX 10000 /* ranges of uids kept of a mailbox */
#define INDEX_SWEEP_MAX 2000     /* dead keys deleted in one transaction */

/* The modification sequence after last, and after all that were ever told
 * (told.h).  0 or -errno. */
int index_next_modseq(
    struct index_txn *txn, uint64_t last, uint64_t *ret_modseq);

/* The number and head of the mailbox in the folder dir.  0, -ENOENT, -EBADMSG,
 * -errno. */
int index_mailbox_find(struct index_txn *txn, struct slice dir,
    uint32_t *ret_number, struct index_mailbox *ret_mailbox);

/* The head of the mailbox with that number. */
int index_mailbox_get(
    struct index_txn *txn, uint32_t number, struct index_mailbox *ret_mailbox);

/* Makes one with no rows; forgets an older one of that folder. */
int index_mailbox_make(struct index_txn *txn, struct slice dir,
    const struct index_mailbox *mailbox, uint32_t *ret_number);
int index_mailbox_put(struct index_txn *txn, uint32_t number,
    const struct index_mailbox *mailbox);

/* Takes the folder's mailbox out, with all that is known of it; 0 when there
 * is none.  Its keys go a few at a time, with index_sweep. */
int index_mailbox_forget(struct index_txn *txn, struct slice dir);
int index_sweep(struct index_txn *txn);

#define INDEX_TIDY_FOLDERS 4
typedef bool index_there(void *ctx, const char *dir);

/* Looks at INDEX_TIDY_FOLDERS folders, others each time, and forgets those that
 * are not there: another program may have removed them.  0 or -errno. */
int index_folders_tidy(struct index_txn *txn, index_there *there, void *ctx);

/* The folder dir is now called to. */
int index_mailbox_rename(
    struct index_txn *txn, struct slice dir, struct slice to);

/* A message's row.  0, -ENOENT, -EBADMSG, -errno. */
int index_row_get(struct index_txn *txn, uint32_t number, uint32_t uid,
    struct index_row *ret_row);

/* Writes a row; before is the modseq that it had, 0 for a new one. */
int index_row_set(struct index_txn *txn, uint32_t number, uint32_t uid,
    uint64_t before, const struct index_row *row);

/* Writes a new row with a modseq up to the mailbox's floor: nobody asks what
 * changed until then. */
int index_row_add(struct index_txn *txn, uint32_t number, uint32_t uid,
    const struct index_row *row);

/* Deletes a row with that modseq, and the message's texts. */
int index_row_drop(
    struct index_txn *txn, uint32_t number, uint32_t uid, uint64_t modseq);

/* Notes that the uids from first to last vanished at modseq, and forgets the
 * oldest when there are too many. */
int index_vanished_add(struct index_txn *txn, uint32_t number,
    struct index_mailbox *mailbox, uint64_t modseq, const uint32_t range[2]);

/* A text of a message whose file has that base name. */
struct index_text {
	uint32_t uid;
	uint8_t kind;
	struct slice base, text;
};

/*
 * Calls each with the kept texts of that kind, of the uids from first to last
 * in their order, until it returns anything but 0, and returns that.  What each
 * is given may be another's, or damaged: index_text_read tells.
 */
typedef int index_text_each(void *ctx, uint32_t uid, struct slice value);
struct index_text_walk {
	uint32_t first, last;
	uint8_t kind;
	index_text_each *each;
	void *ctx;
};
int index_text_walk(
    struct index_txn *txn, uint32_t number, const struct index_text_walk *walk);

/* The text in a value, when it is whole and of the message whose file has that
 * base name; else false. */
bool index_text_read(
    struct slice value, struct slice base, struct slice *ret_text);

/* Texts that are being kept: how many octets all have, and may have. */
struct index_texts {
	uint64_t octets, max;
};

/* Begins and ends keeping some, in one transaction.  0 or -errno. */
int index_texts_begin(struct index_txn *txn, struct index_texts *texts);
int index_texts_end(struct index_txn *txn, const struct index_texts *texts);

/* Keeps a text; where all would have more than max octets the oldest go
 * first.  0 or -errno. */
int index_text_put(struct index_txn *txn, uint32_t number,
    const struct index_text *text, struct index_texts *texts);

#endif
