/* How many messages of which kind a folder has that is not open.
 * Never changes one. */
#ifndef NJIWA_STORE_MAILBOX_STATUS_H
#define NJIWA_STORE_MAILBOX_STATUS_H

#include "common/store/mailbox_message.h"

struct mailbox_status {
	uint64_t messages, recent, unseen, deleted, uidnext, uidvalidity,
	    size,           /* octets with CRLF, when they were asked for */
	    highest_modseq; /* as mailbox_highest_modseq */
	char id[MAILBOX_ID_MAX + 1]; /* as mailbox_id */
};

/* Counts the folder called name; as mailbox_open, read-only. */
int mailbox_status(struct store *store, struct slice name, bool sizes,
    struct mailbox_status *ret_status, struct err *err);

#endif
