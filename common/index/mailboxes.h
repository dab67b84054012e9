/* The mailboxes and messages of an index: what belongs together is changed
 * together.  Knows rows, not files. */
#ifndef NJIWA_INDEX_MAILBOXES_H
#define NJIWA_INDEX_MAILBOXES_H

#include "common/index/index.h"
#include "common/index/record.h"

#define INDEX_VANISHED_MAX 10000 /* ranges of uids kept of a mailbox */
#define INDEX_SWEEP_MAX 2000     /* dead keys deleted in one transaction */

/* The modification sequence after last: the clock in microseconds, so that one
 * that begins anew is above all that was ever told. */
uint64_t index_next_modseq(uint64_t last);

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

/* The folder dir is now called to. */
int index_mailbox_rename(
    struct index_txn *txn, struct slice dir, struct slice to);

/* A message's row.  0, -ENOENT, -EBADMSG, -errno. */
int index_row_get(struct index_txn *txn, uint32_t number, uint32_t uid,
    struct index_row *ret_row);

/* Writes a row; before is the modseq that it had, 0 for a new one. */
int index_row_set(struct index_txn *txn, uint32_t number, uint32_t uid,
    uint64_t before, const struct index_row *row);

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

/* Fills text->text with what is kept of that uid, kind and base.  0, -ENOENT,
 * -errno. */
int index_text_get(
    struct index_txn *txn, uint32_t number, struct index_text *text);

/* Keeps it, while all texts are less than max octets; else the oldest go
 * first. */
int index_text_put(struct index_txn *txn, uint32_t number,
    const struct index_text *text, uint64_t max);

#endif
