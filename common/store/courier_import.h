/* Takes over what Courier-IMAP left in a folder, once: when its
 * dovecot-uidlist is made.  Never changes Courier's files. */
#ifndef NJIWA_STORE_COURIER_IMPORT_H
#define NJIWA_STORE_COURIER_IMPORT_H

#include "common/store/lock.h"

#define COURIER_KEYWORDS_MAX 1000         /* names in :list */
#define COURIER_UPDATES_MAX 10000         /* files beside it */
#define COURIER_UPDATE_OCTETS (64 * 1024) /* of one of them */

/*
 * With the lock of the folder's dovecot-uidlist: where there is none yet, or
 * an empty one, makes it of Courier's uids and POP3 ids (courier.h), after its
 * keywords have become dovecot-keywords and letters in the names of cur's
 * files.  0, also where there is nothing of Courier's; -errno, and nothing is
 * taken over for good: it is done again.
 */
int courier_import(struct store *store, const struct lock *lock);

/* The same for whoever has no lock and has seen that there is no list; takes
 * it only where Courier was.  Where nothing can be written 0 as well. */
int courier_take_over(struct store *store, int dirfd);

#endif
