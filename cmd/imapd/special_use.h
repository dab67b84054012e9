/* Folders with a purpose (RFC 6154): which they are, by the settings, and that
 * a new user has them.  Never remembers a purpose that the settings do not
 * give. */
#ifndef NJIWA_CMD_IMAPD_SPECIAL_USE_H
#define NJIWA_CMD_IMAPD_SPECIAL_USE_H

#include "cmd/imapd/imap.h"

/* The attribute of the folder called name ("\\Sent"), NULL when it has none. */
const char *special_use_of(const struct settings *settings, const char *name);

/* Is it the attribute of any folder, in any case?  If so, the name of that
 * folder, "" where the settings have none. */
const char *special_use_folder(
    const struct settings *settings, struct slice attribute);

/* Makes and subscribes those of a user who has no subscriptions yet, if the
 * settings say so.  What cannot be made is logged. */
void special_use_make(struct imap *im);

#endif
