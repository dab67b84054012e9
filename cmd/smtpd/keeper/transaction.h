/* What the client said of a message, as the keeper remembers it: the sender,
 * the parameters, the recipients that were accepted.  Never decides who gets
 * the message (recipients.c). */
#ifndef NJIWA_CMD_SMTPD_KEEPER_TRANSACTION_H
#define NJIWA_CMD_SMTPD_KEEPER_TRANSACTION_H

#include "cmd/smtpd/wire.h"

#define TRANSACTION_RCPTS_MAX 1000 /* recipients of one message */

/* A recipient as it was named, by whom a delivery report is asked for. */
struct transaction_rcpt {
	char *address;   /* canonical; without '@' it is postmaster */
	char *orcpt;     /* "type;xtext", "" for none */
	uint32_t notify; /* WIRE_NOTIFY_ */
	bool removed;    /* a filter does not want it to have the message */
};

/* Zeroed is empty. */
struct transaction_said {
	struct str sender; /* canonical; "" for <> */
	struct str helo;   /* what the client calls itself */
	struct str envid;  /* in xtext; "" for none */
	uint64_t size;     /* octets that the client announced, or 0 */
	uint32_t bits;     /* WIRE_MAIL_ */
	struct transaction_rcpt *rcpts; /* in the order of their replies */
	size_t count, cap;
};

/* Takes the sender; there is none yet. */
void transaction_begin(
    struct transaction_said *said, const struct wire_mail *mail);

/* Takes a recipient; there is room (transaction_is_full). */
void transaction_add(
    struct transaction_said *said, const struct wire_rcpt *rcpt);

/* Forgets the last recipient; there is one. */
void transaction_drop_last(struct transaction_said *said);

/* Has it all the recipients that a message may have? */
bool transaction_is_full(const struct transaction_said *said);

/* Forgets all; transaction_release gives the memory back too. */
void transaction_clear(struct transaction_said *said);
void transaction_release(struct transaction_said *said);

#endif
