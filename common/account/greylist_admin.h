/* The administrator's view of the greylist.  Errors as in account_admin.h.
 * Never changes what it shows. */
#ifndef NJIWA_ACCOUNT_GREYLIST_ADMIN_H
#define NJIWA_ACCOUNT_GREYLIST_ADMIN_H

#include "common/account/account_admin.h"

/* A row that has not expired; one without sender and recipient counts those of
 * its network that came twice.  Texts are borrowed for the call. */
struct greylist_row {
	const char *network, *sender, *recipient;
	int64_t first_seen, expires; /* seconds since 1970 */
	int64_t passed;
};

typedef void greylist_seen(void *ctx, const struct greylist_row *row);

/* Shows the rows of the network ("192.0.2.0/24"; "" all) in its order. */
int greylist_list(struct account_admin *admin, const char *network,
    greylist_seen *seen, void *ctx, struct err *err);

/* Forgets all of the network; -ENOENT when there is nothing. */
int greylist_forget(
    struct account_admin *admin, const char *network, struct err *err);

#endif
