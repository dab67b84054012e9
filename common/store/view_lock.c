#include "common/store/view_lock.h"

int
view_lock(struct mailbox *mb, int64_t wait_ms)
{
	if (view_is_locked(mb))
		return 0;
	view_unlock(mb); /* one that another took for stale */
	return lock_take_often(
	    mb->store, mb->folder.dir, UIDLIST_NAME, wait_ms, &mb->lock);
}

bool
view_is_locked(const struct mailbox *mb)
{
	return lock_held(&mb->lock);
}

void
view_unlock(struct mailbox *mb)
{
	lock_release(&mb->lock);
}
