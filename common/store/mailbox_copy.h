/* Messages in another folder of the same store: copies, which are further names
 * of the same files where the file system allows it, or the messages
 * themselves. Never leaves some of the copies when it could not make all of
 * them, and never moves a message that another one has moved. */
#ifndef NJIWA_STORE_MAILBOX_COPY_H
#define NJIWA_STORE_MAILBOX_COPY_H

#include "common/store/mailbox.h"

/* Messages of a view, by ascending sequence numbers. */
struct mailbox_seqs {
	const uint32_t *seqs;
	size_t count;
};

/* Where the copies are: their uids follow one another, in the order of the
 * messages. */
struct mailbox_copies {
	uint32_t uidvalidity;
	uint32_t first_uid;
};

/*
 * Copies messages with flags, keywords and date into the folder called name
 * (UTF-8); the quota follows.
 * The copies have their uids and their directory entries are on disk when this
 * returns 0.  -ENOTDIR when there is no such folder, -ENOENT when one of the
 * messages is gone, -errno; err is filled.
 */
int mailbox_copy(struct mailbox *mb, struct mailbox_seqs messages,
    struct slice name, struct mailbox_copies *ret_copies, struct err *err);

/* What has been moved: the uid of message i is copies.first_uid + i. */
struct mailbox_moves {
	bool *moved;  /* the caller's, for all messages: is it there? */
	size_t count; /* that are */
	struct mailbox_copies copies;
};

/*
 * Moves messages into the folder called name, each in one step: whatever
 * happens, it is in one of the two, and of two sessions one moves it.  0, also
 * when some were gone already (ret_moves->moved tells); -ENOTDIR when there is
 * no such folder, -errno; err is filled.  Those that were moved are so even
 * then.  Between file systems a crash may leave a message in both.
 */
int mailbox_move(struct mailbox *mb, struct mailbox_seqs messages,
    struct slice name, struct mailbox_moves *ret_moves, struct err *err);

/* The octets on disk that the quota counts for the messages, as far as their
 * names tell and else their files. */
uint64_t mailbox_octets(struct mailbox *mb, struct mailbox_seqs messages);

#endif
