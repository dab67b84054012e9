/* What is said to the client.  Never decides which reply is due, but that it
 * was one too many. */
#ifndef NJIWA_CMD_SMTPD_FRONT_SAY_H
#define NJIWA_CMD_SMTPD_FRONT_SAY_H

#include "cmd/smtpd/front/replies.h"

struct smtp;

/* What replaces the reply's %s: argument, but of some a number, which goes into
 * store. */
struct slice smtp_argument(const struct smtp *s, const struct reply *reply,
    struct slice argument, struct str *store);

/* Says a reply, with argument for its %s.  It counts in the tally: after too
 * much of one kind the end of the connection is said instead. */
void smtp_say(struct smtp *s, const struct reply *reply);
void smtp_say_with(
    struct smtp *s, const struct reply *reply, struct slice argument);

#endif
