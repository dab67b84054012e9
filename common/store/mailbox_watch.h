/* Hears of changes in the folder of an open mailbox.
 * Never says what has changed: that is mailbox_sync's. */
#ifndef NJIWA_STORE_MAILBOX_WATCH_H
#define NJIWA_STORE_MAILBOX_WATCH_H

#include "common/store/mailbox.h"

/* A descriptor that becomes readable when the folder may have changed, for
 * mailbox_watch_drain; -1: nothing would tell.  Scarce: not inotify's. */
int mailbox_watch_fd(struct mailbox *mb);
bool mailbox_watch_is_scarce(const struct mailbox *mb);
void mailbox_watch_drain(struct mailbox *mb);

/* How many ms after the last sync there should be another, even though nothing
 * is heard: what others did in the midst of our own change looked like a part
 * of that.  0: the sync has seen all there is. */
int64_t mailbox_watch_again(const struct mailbox *mb);

#endif
