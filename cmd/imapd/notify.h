/* NOTIFY (RFC 5465): the client hears of changes in many mailboxes, also while
 * no command runs.  The kernel says when to look; what has changed is found by
 * comparing with what was seen last.
 * Never opens a mailbox that does not look otherwise than before. */
#ifndef NJIWA_CMD_IMAPD_NOTIFY_H
#define NJIWA_CMD_IMAPD_NOTIFY_H

#include "cmd/imapd/imap.h"

#define NOTIFY_FOLDERS_MAX 1000 /* whose messages one session watches */
#define NOTIFY_POLL 1000        /* ms between looks when nothing says so */
#define NOTIFY_PAUSE 100        /* ms between looks at least */
#define NOTIFY_SETTLE 20        /* ms from what is heard to the look */

/* Frees what NOTIFY keeps; NULL is fine. */
void notify_free(struct notify *notify);

/* Waits until the client says something or deadline has come, and tells what
 * changes.  With keep_alive (0: none) it is told every so many ms that the
 * connection lives.  At once when there is nothing to be told. */
void notify_wait(struct imap *im, int64_t deadline, int64_t keep_alive);

/* May the command that ends tell what changed in the selected mailbox?  Not of
 * its own accord when the client has not asked for that. */
bool notify_may_sync(const struct imap *im);

/* Is the client not to be told of flags that others changed? */
bool notify_mutes_flags(const struct imap *im);

/* Tells what MessageNew wants to know of the last n messages. */
void notify_tell_new(struct imap *im, uint32_t n);

/* With a command's reply: what changed elsewhere, if it is time to look. */
void notify_tell(struct imap *im);

#endif
