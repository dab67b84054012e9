/* What a user who logged in may send: as whom, and to how many.  Asks the
 * account service; strangers are not its business.
 * Never holds mail back because nobody could count it. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_SENDER_H
#define NJIWA_CMD_SMTPD_KEEPER_SENDER_H

#include "common/svc/service.h"
#include "common/svc/verdict.h"

struct delivery;

/* Recipients of a transaction that are counted before they are there: in
 * growing lots, so that a message for many costs few questions.  Zeroed at the
 * start. */
struct sender_lot {
	uint32_t reserved, used;
	struct account_reserved last; /* what can be given back */
	bool uncounted;               /* the service could not count: all go */
};

/* May the user send as address (setting sender_policy, or the one for From)?
 * "" is <>, which is everybody's: bounces and receipts.  OUTCOME_OK,
 * OUTCOME_NOT_OWNED, OUTCOME_TEMPFAIL. */
enum smtp_outcome sender_check(
    struct delivery *d, struct slice address, const char *policy);

/* May there be one more recipient?  OUTCOME_OK, OUTCOME_RATE. */
enum smtp_outcome sender_reserve(struct delivery *d);

/* He was accepted; or, the last one, is not after all. */
void sender_use(struct delivery *d);
void sender_spare(struct delivery *d);

/* The transaction is over: what it did not use, or all of it when no message
 * came of it, is given back. */
void sender_settle(struct delivery *d, bool sent);

/* ---- notice.c ---- */

/* Delivers a message to the postmaster here; without one the log has it. */
void notice_limit(struct keeper *keeper, const char *login);

#endif
