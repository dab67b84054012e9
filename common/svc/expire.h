/* Folders whose messages are kept for some time only (expire_folders), and the
 * table expires, which says where that time may be over.  Never removes a
 * message. */
#ifndef NJIWA_SVC_EXPIRE_H
#define NJIWA_SVC_EXPIRE_H

#include "common/account/account_expire.h"
#include "common/svc/settings.h"

#define EXPIRE_DAYS_MAX 36500

/* For how many days messages of the folder (UTF-8) are kept, by rules such as
 * "Trash=30, Deleted Items=7", of which a folder may end in '*'; 0: for ever.
 * The first rule that fits counts; one that is none never does. */
unsigned expire_days(const char *rules, struct slice folder);

/* A store_first for the user: tells the account service where there is a rule;
 * what fails is logged. */
void expire_tell(const struct settings *settings,
    struct account_client *account, const char *user,
    const struct account_expiry *expiry);

#endif
