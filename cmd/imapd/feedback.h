/* What a user tells by putting messages into the junk folder or taking them
 * out: it is handed to the learner (learner.h), open, and nobody waits for it.
 * Never fails a command. */
#ifndef NJIWA_CMD_IMAPD_FEEDBACK_H
#define NJIWA_CMD_IMAPD_FEEDBACK_H

#include "cmd/imapd/imap.h"
#include "common/store/mailbox_copy.h"

#define FEEDBACK_QUEUE_MAX 100 /* messages that wait for the learner */

/* Messages that are about to be copied or moved, opened while they are there.
 */
struct feedback {
	struct imap *im;
	int lesson; /* enum spam_lesson; -1: there is none */
	int *fds;
	size_t count;
	size_t left_out; /* that too many are before */
};

/* Messages of the selected mailbox will be copied or moved to the folder called
 * to.  feedback_end must follow. */
void feedback_begin(struct feedback *feedback, struct imap *im, struct slice to,
    struct mailbox_seqs messages);

/* They were, if done: those that moved tells of, or all of them (NULL). */
void feedback_end(struct feedback *feedback, const bool *moved, bool done);

/* Have messages that are added to the folder something to teach? */
bool feedback_wanted(const struct imap *im, struct slice folder);

/* A message, readable at fd, was added there. */
void feedback_added(struct imap *im, int fd);

#endif
