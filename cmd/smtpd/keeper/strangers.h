/* What strangers may do, on the keeper's side: so many messages and wrong
 * addresses (common/svc/rates.h), and greylisting (common/account/greylist.h).
 * Never keeps mail away because it could not look. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_STRANGERS_H
#define NJIWA_CMD_SMTPD_KEEPER_STRANGERS_H

#include "cmd/smtpd/keeper/keeper.h"

/* May one more message come?  OUTCOME_OK or OUTCOME_TOO_OFTEN. */
enum smtp_outcome strangers_mail(struct delivery *d);

/* May one more address be asked for?  Likewise. */
enum smtp_outcome strangers_ask(struct delivery *d);

/* Counts an address that was asked for in vain. */
void strangers_note(struct delivery *d, enum smtp_outcome outcome);

/* Is the recipient, who has a mailbox, to be tried again later?  OUTCOME_OK, or
 * OUTCOME_GREYLISTED with d->wait.  Who has no sender is asked nothing yet, for
 * that is how others find out whether an address of ours exists. */
enum smtp_outcome strangers_greet(
    struct delivery *d, const struct wire_rcpt *rcpt);

/* The same for all recipients of a message without a sender, at DATA. */
enum smtp_outcome strangers_data(struct delivery *d);

#endif
