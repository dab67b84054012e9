/* What a user tells by putting messages into the junk folder or taking them
 * out: it is handed to the learner (learner.h), open, and nobody waits for it.
 * Never fails a command. */
#ifndef NJIWA_CMD_IMAPD_FEEDBACK_H
#define NJIWA_CMD_IMAPD_FEEDBACK_H

#include "cmd/imapd/imap.h"

#define FEEDBACK_QUEUE_MAX 100 /* messages that wait for the learner */

/* Messages of the selected mailbox, which are there still, have been copied or
 * are being moved to the folder called to. */
void feedback_copied(
    struct imap *im, struct slice to, const uint32_t *seqs, size_t count);

/* Have messages that are added to the folder something to teach? */
bool feedback_wanted(const struct imap *im, struct slice folder);

/* A message, readable at fd, was added there. */
void feedback_added(struct imap *im, int fd);

#endif
