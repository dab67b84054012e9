/* Who the process is while it serves: never root without a reason, and root
 * without what makes it root.  There is no way back. */
#ifndef NJIWA_CMD_ACCOUNTD_IDENTITY_H
#define NJIWA_CMD_ACCOUNTD_IDENTITY_H

#include "common/base/err.h"
#include "common/svc/settings.h"

/*
 * Started as root, the process becomes the owner of mail when the database is
 * behind a socket, and the owner of the SQLite file and its folder when that
 * is one and the same; else it stays root, for the file alone.  Capabilities
 * that are not needed go in any case.  0, or -errno with err filled.
 */
int identity_drop(const struct settings *settings, struct err *err);

#endif
