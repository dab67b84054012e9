/* Tells the client now and then that a long command is not dead (RFC 9585).
 * Never says anything of a command that is soon done. */
#ifndef NJIWA_CMD_IMAPD_PROGRESS_H
#define NJIWA_CMD_IMAPD_PROGRESS_H

#include "cmd/imapd/imap.h"

#define PROGRESS_INTERVAL                                                      \
	10000 /* ms from the start, and from one to the next */

struct progress {
	struct conn *conn;
	uint32_t goal; /* how much there is to do */
	int64_t next;  /* when something is to be told */
};

/* Begins to count the time. */
void progress_begin(
    struct progress *progress, struct conn *conn, uint32_t goal);

/* The same for what the store does to messages of the selected mailbox (COPY,
 * MOVE, EXPUNGE), which tells by itself until progress_unfollow. */
void progress_follow(struct progress *progress, struct imap *im, uint32_t goal);
void progress_unfollow(struct imap *im);

/* So much of the goal is done; between responses only. */
void progress_tell(struct progress *progress, uint32_t done);

#endif
