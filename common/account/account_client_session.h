/* A session of a logged-in user, as its line to the account service knows it:
 * whose it is, that it waits, that it is to end.
 * Never asks for accounts; that is account.h. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_CLIENT_SESSION_H
#define NJIWA_ACCOUNT_ACCOUNT_CLIENT_SESSION_H

#include "common/account/account.h"

/* From now on this client is answered quota requests for name alone; for the
 * session of a logged-in user.  0; -EBUSY when the user has as many sessions of
 * the service as he may (max_sessions_per_user, which a shared njiwa-accountd
 * counts); -errno. */
int account_bind(struct account_client *client, const char *name,
    const char *service, struct err *err);

/* Tells the shared service that the bound session waits for its user, or does
 * not any more: one that waits may be ended for a new one.  The same again is
 * not told. */
void account_rest(struct account_client *client, bool resting);

#define ACCOUNT_SCARCE_TEXT                                                    \
	"no inotify instances are left for sessions "                          \
	"(fs.inotify.max_user_instances): they hear of changes without"

/* Tells it that the kernel had no inotify for the session; false when nobody
 * shares our service, so that nobody else will say it. */
bool account_tell_scarce(struct account_client *client);

/* What becomes readable when the service has something to say to the bound
 * session, which is then to call account_heard; -1: there is nothing. */
int account_bell(const struct account_client *client);

/* Takes what the service has said.  True, once it was: the session is to end,
 * for another one has taken its place. */
bool account_heard(struct account_client *client);

#endif
