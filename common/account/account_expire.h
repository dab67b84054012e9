/* Since when the first message of a folder is there, for folders whose messages
 * are kept for some time.  Never removes a message. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_EXPIRE_H
#define NJIWA_ACCOUNT_ACCOUNT_EXPIRE_H

#include "common/account/account.h"

/* The row of the table expires of the user's mailbox (a folder, UTF-8): since
 * when its first message is there.  With added, saved (seconds of the epoch)
 * counts when there is no row or its stamp is 0; else it replaces what there
 * is, and 0 removes the row.  FOUND, TEMPFAIL. */
struct account_expiry {
	struct slice mailbox;
	int64_t saved;
	bool added;
};
enum account_outcome account_expire(struct account_client *client,
    const char *name, const struct account_expiry *expiry, struct err *err);

#endif
