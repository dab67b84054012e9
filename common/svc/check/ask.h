/* How checks ask the DNS, and what is kept of its answers between connections.
 * Never says what an answer means. */
#ifndef NJIWA_SVC_CHECK_ASK_H
#define NJIWA_SVC_CHECK_ASK_H

#include "common/svc/check/check.h"

/* Asks; the query lives until dns_drop(c->dns, ...), as forget must do. */
struct dns_query *check_ask(
    struct checks *c, struct slice name, enum dns_type type);

/* Waits for all answers, all checks of a recipient together for dns_timeout at
 * most. */
void check_wait(struct checks *c);

/* Recalls the findings that an earlier connection of this address made, and
 * has what was found kept for the next one. */
void check_recall(struct checks *c);
void check_remember(struct checks *c);

#endif
