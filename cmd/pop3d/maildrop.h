/* A maildrop as one session sees it: INBOX with message numbers that never
 * change, their sizes, and what is to be deleted when it ends well.
 * Never changes the disk before maildrop_update. */
#ifndef NJIWA_CMD_POP3D_MAILDROP_H
#define NJIWA_CMD_POP3D_MAILDROP_H

#include "common/store/mailbox.h"

struct maildrop {
	struct store *store;
	struct mailbox *inbox;
	uint32_t count;  /* messages, deleted ones included */
	uint64_t *sizes; /* with CRLF; MAILDROP_SIZE_UNKNOWN */
	uint8_t *marks;  /* MAILDROP_ bits */
};

#define MAILDROP_SIZE_UNKNOWN UINT64_MAX

enum { MAILDROP_DELETED = 1 << 0, MAILDROP_RETRIEVED = 1 << 1 };

/* Opens the Maildir at path; to be released in either case.  0 or -errno. */
int maildrop_open(struct maildrop *drop, const char *path,
    const struct store_config *config, struct err *err);
void maildrop_release(struct maildrop *drop);

/* Is there a message of this number, and is it not deleted? */
bool maildrop_has(const struct maildrop *drop, uint32_t number);

/* Its octets with CRLF line ends; 0 when its file is gone.  0 or -errno. */
int maildrop_size(struct maildrop *drop, uint32_t number, uint64_t *ret_size,
    struct err *err);

/* How many are not deleted, and their octets together; 0 or -errno. */
int maildrop_total(struct maildrop *drop, uint32_t *ret_count,
    uint64_t *ret_octets, struct err *err);

/* Marks a message; takes all marks back. */
void maildrop_mark(struct maildrop *drop, uint32_t number, uint8_t mark);
void maildrop_reset(struct maildrop *drop);

/*
 * The UPDATE state: removes what is marked deleted, and gives what was
 * retrieved \Seen.  0, or -errno when some could not be removed; a flag that
 * cannot be set is no failure.  *ret_deleted says how many were to go.
 */
int maildrop_update(
    struct maildrop *drop, uint32_t *ret_deleted, struct err *err);

#endif
