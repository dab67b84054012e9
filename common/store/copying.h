/* The inside of COPY and MOVE: messages of a view on their way into another
 * folder, whose lock is held while they get their names there.
 * Never included but by those two. */
#ifndef NJIWA_STORE_COPYING_H
#define NJIWA_STORE_COPYING_H

#include "common/store/lock.h"
#include "common/store/mailbox_copy.h"
#include "common/store/view.h"

/* One message's names there, in copying.names. */
struct copying_name {
	size_t base, base_len;
	size_t whole; /* 0: none yet */
};

struct copying {
	struct mailbox *mb; /* where from */
	struct mailbox_seqs messages;
	struct tree_folder to;
	struct lock lock;
	uint32_t letters[MAILBOX_KEYWORDS_MAX]; /* there, of each one here */
	struct str names;
	struct copying_name *list;
	uint64_t octets; /* of all */
	size_t at;       /* the message whose turn it is */
	struct uidfile_uids uids;
};

/* Opens the folder called name and makes up names.  0; -ENOTDIR when there is
 * no such folder; -errno with err filled.  copying_release ends it either way,
 * and unlocks the folder. */
int copying_open(struct copying *c, struct mailbox *mb,
    struct mailbox_seqs messages, struct slice name, struct err *err);
void copying_release(struct copying *c);

/* Locks it and writes uids for all messages, if there are any.  0; -ENOTDIR
 * when it is gone; -errno with err filled. */
int copying_take_uids(struct copying *c, struct err *err);

/* The whole name of the message whose turn it is, with the flags that it has
 * now; and one that was made before. */
const char *copying_make_name(struct copying *c, const struct record *record);
const char *copying_name(const struct copying *c, size_t i);

/* Makes a file of its own with that name in the folder, where it cannot be the
 * same.  0 or -errno. */
int copying_copy_file(
    struct copying *c, const struct record *record, const char *name);

/* Brings the names to the disk; 0, or -errno with err filled. */
int copying_sync(const struct copying *c, struct err *err);

#endif
