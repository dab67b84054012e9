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

/* How long to wait before going on without it: with a change, with a look, and
 * with the change that ends a REPLACE, whose list is in hand (replacing.h): who
 * holds this lock may wait for that. */
#define CHANGE_WAIT_MS 5000
#define LOOK_LOCK_MS 10000
#define REPLACE_WAIT_MS 50

/* Takes it, unless it is held: 0 as well.  -EAGAIN, -errno as lock_take. */
int view_lock(struct mailbox *mb, int64_t wait_ms);

/* Is it held, by us and still? */
bool view_is_locked(const struct mailbox *mb);

/* Nothing when it is not held. */
void view_unlock(struct mailbox *mb);

#endif
