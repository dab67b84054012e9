/* Where one message was put: what is not yet on the disk there, and how it is
 * taken back.  Never touches a file that somebody has already seen: a name in
 * new/ that is gone stays gone.  For the files of common/store alone. */
#ifndef NJIWA_STORE_WITHDRAW_H
#define NJIWA_STORE_WITHDRAW_H

#include "common/store/store.h"

/* One name of the message. */
struct place {
	int dir;    /* that it is in; owned */
	char *path; /* of the file, for messages; owned */
	bool sync;  /* the settings want it on the disk */
	uint64_t octets;
	store_quota *quota; /* NULL: it does not count */
	void *quota_ctx;
};

/* The names of one message.  Zeroed is none. */
struct places {
	struct place *list;
	size_t count, cap;
	size_t done; /* so many of them are on the disk */
};

/* Adds a place, which is the list's from now on. */
void places_add(struct places *places, const struct place *place);

/* Brings the names to the disk that are not, and tells the quotas of them.  0,
 * or -errno with err filled at the first that fails. */
int places_sync(struct places *places, struct err *err);

/* Removes the names from the disk and from the quotas, beginning at from; 0, or
 * the first -errno with err filled.  None of these are left in the list. */
int places_withdraw(struct places *places, size_t from, struct err *err);

/* Forgets them. */
void places_clear(struct places *places);

#endif
