/* Messages that leave a view's folder by our hand, expunged or moved.
 * Never decides which. */
#ifndef NJIWA_STORE_VIEW_REMOVAL_H
#define NJIWA_STORE_VIEW_REMOVAL_H

#include "common/store/view.h"

/* Messages that were taken out of the folder. */
struct removal {
	int64_t octets;
	int64_t messages;
	bool from_new, from_cur; /* where files were */
};

/* The octets that the quota counts for the record's file. */
uint64_t view_octets(const struct mailbox *mb, const struct record *record);

/* Notes that the record's file is gone by our hand; the next sync tells it. */
void view_note_removed(
    struct mailbox *mb, struct record *record, struct removal *removal);

/*
 * Takes the entries of what is gone out of the list, where Dovecot is about:
 * its COPY keeps the name of a message's file, and where that is listed twice,
 * as when a message comes back, its sessions do not agree on its uid.  The
 * folder is locked then, if that can be within wait_ms, until changes are
 * settled; else who next writes the list anew does it.
 */
void view_unlist(struct mailbox *mb, int64_t wait_ms);

/* Makes sure that what is gone does not come back after a crash, and tells who
 * is first now, of n uids that were to go.  0 or -errno with err filled. */
int view_end_removal(struct mailbox *mb, const struct removal *removal,
    const uint32_t *uids, size_t n, struct err *err);

#endif
