/* The checks of strangers (common/svc/check) in the front: what they need of
 * the keeper, and what they tell the client.  Never judges. */
#ifndef NJIWA_CMD_SMTPD_FRONT_CHECKS_H
#define NJIWA_CMD_SMTPD_FRONT_CHECKS_H

#include "cmd/smtpd/front/session.h"
#include "common/svc/check/checks.h"

/* The client is here: s->checks is made when it is to be looked into.  Says so
 * when a check wants the connection ended; false then. */
bool smtp_checks_connect(struct smtp *s);

/* Nobody is looked into any more: the conversation is over, its client another,
 * or logged in. */
void smtp_checks_end(struct smtp *s);

#endif
