/* Who wants to hear how far a long change of many messages is.
 * Never stops one. */
#ifndef NJIWA_STORE_MAILBOX_PROGRESS_H
#define NJIWA_STORE_MAILBOX_PROGRESS_H

#include "common/store/mailbox.h"

/* Told before each message how many are done; must not use the mailbox. */
typedef void mailbox_progress(void *ctx, size_t done);

/* From now on mailbox_copy, mailbox_move and mailbox_expunge tell it; NULL:
 * nobody. */
void mailbox_set_progress(
    struct mailbox *mb, mailbox_progress *progress, void *ctx);

#endif
