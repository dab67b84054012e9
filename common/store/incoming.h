/* A message on its way into folders of one or several stores: written once,
 * linked or copied into each.  Never shows half a message, and leaves nothing
 * of what was not delivered. */
#ifndef NJIWA_STORE_INCOMING_H
#define NJIWA_STORE_INCOMING_H

#include "common/store/store.h"

/*
 * A message on its way into folders of one or several stores.  It is written
 * once, to a file without a name where the file system allows it, and gets
 * names by linking.
 */
struct incoming;

/* Opens an incoming message in the store's tmp.  The descriptor (read and
 * write) stays the incoming's; hand it on as a duplicate. */
int incoming_open(
    struct store *store, struct incoming **ret_incoming, struct err *err);
int incoming_fd(const struct incoming *in);
void incoming_free(struct incoming *in); /* drops what was not delivered */

/* Writes all of a message that the caller has in memory, once, before it is
 * delivered.  0, or -errno with err filled. */
int incoming_write(struct incoming *in, struct slice message, struct err *err);

/* The same with a file that is complete and that nobody writes to, such as one
 * of the spool; fd stays the caller's. */
int incoming_adopt(struct store *store, int fd, struct incoming **ret_incoming,
    struct err *err);

/* How a message is put into a folder. */
struct incoming_target {
	struct store *store;
	struct slice folder; /* UTF-8; INBOX */
	uint8_t flags;       /* FLAG_ bits of mailbox.h; RECENT: into new/ */
	uint32_t keywords;   /* bits, from an open mailbox of that folder */
	int64_t date;        /* internal date, seconds; 0: now */
	bool create;         /* make the folder when it is missing */
	bool want_uid;       /* give it a UID now (APPEND), into ret_uid */
	bool indexed;        /* with a UID and not RECENT: note it in the index,
			      * for somebody has the folder open (added.h) */
	struct slice name;   /* its file's, up to the sizes: whoever delivers it
			      * again finds -EEXIST; empty: one of its own */
};

/*
 * Delivers the message into one folder: its file is on disk (fsync), has its
 * final name with S= and W=, and the directory entry is on disk, when this
 * returns 0.  Called again for further folders it links the same file where
 * owner and file system allow, else copies.  -errno (-EDQUOT, -ENOSPC, -ENOENT,
 * -EACCES) with err filled, and nothing is left in new/ or cur/.
 */
int incoming_deliver(struct incoming *in, const struct incoming_target *target,
    uint32_t *ret_uid, uint32_t *ret_uidvalidity, struct err *err);

/* The uids of messages that were delivered together: the first one's. */
struct incoming_uids {
	uint32_t first, uidvalidity;
};

/* One of several messages for one folder. */
struct incoming_one {
	struct incoming *in;
	uint8_t flags;     /* FLAG_ bits, and the others, as in */
	uint32_t keywords; /* incoming_target */
	int64_t date;
};

/*
 * Delivers n messages into the folder of target, whose flags, keywords, date
 * and name do not count: all of them or none, though the process be killed or
 * the machine stop.  Their uids follow one another.  0, or -errno
 * with err filled, as incoming_deliver.
 */
int incoming_deliver_all(const struct incoming_one *list, size_t n,
    const struct incoming_target *target, struct incoming_uids *ret_uids,
    struct err *err);

/*
 * incoming_deliver in two steps, for many folders: incoming_link gives the
 * message its name in one, incoming_sync brings all directory entries to the
 * disk and tells the quotas (the stores may be gone, their quota_ctx must not).
 * Until then a descriptor is held for each.  Either fails with -errno and err
 * filled, and what was linked stays so until it is withdrawn.  A folder's
 * failure is not the others': incoming_failed tells, by the number that the
 * n-th successful incoming_link has (from 0), whose entry did not get to the
 * disk.
 */
int incoming_link(
    struct incoming *in, const struct incoming_target *target, struct err *err);
int incoming_sync(struct incoming *in, struct err *err);
bool incoming_failed(const struct incoming *in, size_t number);

/* Moves the message to a file in the store that nobody but the caller can write
 * to, whoever had the descriptor.  0, or -errno with err filled. */
int incoming_seal(struct incoming *in, struct store *store, struct err *err);

/* Takes the message back from every folder that got it and in which nobody has
 * touched it yet; the quotas follow.  0, or -errno with err filled when it had
 * to stay in one (-ENOENT: somebody has seen it). */
int incoming_withdraw(struct incoming *in, struct err *err);

/* The same for the folder of one incoming_link, by its number. */
int incoming_withdraw_one(struct incoming *in, size_t number, struct err *err);

#endif
