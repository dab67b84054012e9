/* The lock of a view's folder: that of its uidlist.  Dovecot holds it while it
 * reads the folder, and takes a file that is renamed then, and not met, for
 * gone; and while it changes anything.  So we hold it from before our own
 * changes until the index has noted them, and nothing of Dovecot's is in their
 * midst.  Where it cannot be had (a full disk, somebody who hangs) the changes
 * are made all the same, and the disk is looked at again after them. */
#ifndef NJIWA_STORE_VIEW_LOCK_H
#define NJIWA_STORE_VIEW_LOCK_H

#include "common/store/lock.h"
#include "common/store/view.h"

/* How long to wait before going on without it: with a change, with one while
 * something else is in hand, for which who has this may wait, with a look. */
#define CHANGE_WAIT_MS 5000
#define MOVE_WAIT_MS 50
#define LOOK_LOCK_MS 10000

/* Takes it, unless it is held: 0 as well.  -EAGAIN, -errno as lock_take. */
int view_lock(struct mailbox *mb, int64_t wait_ms);

/* Is it held, by us and still? */
bool view_is_locked(const struct mailbox *mb);

/* Nothing when it is not held. */
void view_unlock(struct mailbox *mb);

#endif
