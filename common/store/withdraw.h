/* Where one message was put: what is not yet on the disk there, and how it is
 * taken back.  Never touches a file that somebody has already seen: a name in
 * new/ that is gone stays gone.  For the files of common/store alone. */
#ifndef NJIWA_STORE_WITHDRAW_H
#define NJIWA_STORE_WITHDRAW_H

#include "common/store/store.h"

enum place_state {
	PLACE_LINKED, /* perhaps not on the disk yet */
	PLACE_DONE,   /* on the disk, and in the quota */
	PLACE_FAILED, /* could not be brought there */
	PLACE_GONE    /* taken back */
};

/* One name of the message. */
struct place {
	int dir;    /* that it is in; owned */
	char *path; /* of the file, for messages; owned */
	bool sync;  /* the settings want it on the disk */
	uint64_t octets;
	store_quota *quota; /* NULL: it does not count */
	void *quota_ctx;
	enum place_state state;
};

/* The names of one message.  Zeroed is none. */
struct places {
	struct place *list;
	size_t count, cap;
};

/* Adds a place, which is the list's from now on. */
void places_add(struct places *places, const struct place *place);

/* Brings the names to the disk that are not, and tells the quotas of them.  0,
 * or -errno with err filled of the first that failed, now or before; the others
 * are there all the same. */
int places_sync(struct places *places, struct err *err);

/* Removes the names from the disk and from the quotas, beginning at from; 0, or
 * the first -errno with err filled.  None of these are left in the list. */
int places_withdraw(struct places *places, size_t from, struct err *err);

/* The same for one; its number stays, and those of the others. */
int places_withdraw_at(struct places *places, size_t at, struct err *err);

/* Forgets them. */
void places_clear(struct places *places);

#endif
