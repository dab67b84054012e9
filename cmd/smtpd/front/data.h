/* A message between DATA, or the first BDAT, and its last reply.  Never reads
 * it (reception.h). */
#ifndef NJIWA_CMD_SMTPD_FRONT_DATA_H
#define NJIWA_CMD_SMTPD_FRONT_DATA_H

#include "cmd/smtpd/front/reception.h"

/*
 * Asks the keeper for a file and begins the reception into it; NULL, or the
 * reply that refuses the message, with which the transaction is over.
 */
const struct reply *data_open(struct smtp *s, struct reception *r);

/* A message was read whole: what becomes of it, its line in the log, and its
 * reply, in LMTP those of all recipients. */
void data_close(struct smtp *s, struct reception *r);

/* A message is refused before it is here whole: its line in the log.  octets
 * are those that came. */
void data_refused(struct smtp *s, const struct reply *reply, uint64_t octets);

/* Forgets what BDAT has brought, if anything. */
void data_drop_chunks(struct smtp *s);

#endif
