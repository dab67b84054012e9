/* The message into the mailboxes, and into the spool for those that cannot take
 * it now.  Never decides who gets it (recipients.c). */
#ifndef NJIWA_CMD_SMTPD_KEEPER_DELIVERY_H
#define NJIWA_CMD_SMTPD_KEEPER_DELIVERY_H

#include "cmd/smtpd/keeper/keeper.h"

/* Sees to it that a message for KEEPER_MAILBOXES_MAX mailboxes can have a
 * descriptor for each, where the hard limit allows it. */
void delivery_prepare(void);

/* Opens the Maildir for a message of announced octets: of the first mailbox
 * that has one, or can, and room; its folders are made when they are missing.
 */
enum smtp_outcome delivery_open(struct delivery *d, uint64_t announced);

/* Opens the file for the message there, or, where none can be made, in the
 * Maildir of the first further mailbox that takes one. */
enum smtp_outcome delivery_file(struct delivery *d);

/*
 * Delivers to every mailbox, and appends each recipient's outcome to each, one
 * octet for one.  Mailboxes that fail while others do not are the spool's to
 * try again.  When all fail, or the spool does too, the message is taken back
 * from all, so that the sender's next try gives nobody two.  Where recipients
 * differ the spool keeps nothing: it is taken back from those mailboxes of
 * failed recipients that no other recipient leads to.  The message is how's, or
 * in the file when there is one.
 */
enum smtp_outcome delivery_commit(
    struct delivery *d, const struct wire_commit *how, struct str *each);

/* Drops the file, if it was not delivered. */
void delivery_close(struct delivery *d);

/* ---- spooling.c ---- */

/* Puts the message into the spool for the mailboxes that failed, and for what
 * senders want to hear of those that did not; with neither nothing is done.
 * False, and logged, when it could not be kept. */
bool spooling_keep(struct delivery *d);

#endif
