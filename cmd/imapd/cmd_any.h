/* The commands that are the same before and after login.
 * Never needs more than the connection. */
#ifndef NJIWA_CMD_IMAPD_CMD_ANY_H
#define NJIWA_CMD_IMAPD_CMD_ANY_H

#include "common/base/slice.h"

/* NOOP: nothing; what changed is told by its row. */
void cmd_noop(void *ctx, struct slice argument);

/* LOGOUT: says goodbye. */
void cmd_logout(void *ctx, struct slice argument);

/* LANGUAGE (RFC 5255 section 3.2): what our texts are written in. */
void cmd_language(void *ctx, struct slice argument);

/* ID (RFC 2971): logs what the client calls itself, says who we are. */
void cmd_id(void *ctx, struct slice argument);

#endif
