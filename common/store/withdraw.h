/* Where one message was put, so that it can be taken back.  Never touches a
 * file that somebody has already seen: a name in new/ that is gone stays
 * gone.  For the files of common/store alone. */
#ifndef NJIWA_STORE_WITHDRAW_H
#define NJIWA_STORE_WITHDRAW_H

#include "common/store/store.h"

struct placed;

/* The names of one message.  Zeroed is none. */
struct places {
	struct placed *list;
	size_t count, cap;
};

/* Notes the path of a file.  config is that of the store whose quota was told
 * that octets came; NULL: nobody was. */
void places_add(struct places *places, struct slice path,
    const struct store_config *config, uint64_t octets);

/* Removes them all from the disk and from the quota; 0, or the first -errno
 * with err filled.  None are left in the list. */
int places_withdraw(struct places *places, struct err *err);

/* Forgets them. */
void places_clear(struct places *places);

#endif
