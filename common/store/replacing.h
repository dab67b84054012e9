/* One message that takes the place of another: a line of a batch's list
 * (batch.h) in the old one's folder, from before the new one comes to after the
 * old one has gone, says so; whoever finds it without its writer removes the
 * old one if the new one is there.  Never removes a message whose replacement
 * did not come. */
#ifndef NJIWA_STORE_REPLACING_H
#define NJIWA_STORE_REPLACING_H

#include "common/store/mailbox.h"

struct replacing {
	struct mailbox *mb;
	int fd;          /* of the list */
	struct str name; /* of the new message's file, up to its sizes */
};

/* From now on the message that is delivered with the name r->name into folder
 * (into its cur) replaces message seq: the caller delivers it, and removes the
 * other one.  0; -ENOENT when that is gone; -EAGAIN when others are at it for
 * too long; -errno, with err filled.  replacing_end must follow a 0. */
int replacing_begin(struct replacing *r, struct mailbox *mb, uint32_t seq,
    struct slice folder, struct err *err);

/* It is done, or was given up and the new one is not there. */
void replacing_end(struct replacing *r);

/* Does what the line says, which a dead one has left in the list of the open
 * cur; nothing for a line that says no such thing.  0 or -errno. */
int replacing_settle(struct store *store, int cur_dir, struct slice line);

#endif
