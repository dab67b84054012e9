/* The keeper's side of a transaction: who gets the message, the file that it
 * is written to, and its delivery.  Never parses a message. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_KEEPER_H
#define NJIWA_CMD_SMTPD_KEEPER_KEEPER_H

#include "cmd/smtpd/keeper/filter.h"
#include "cmd/smtpd/keeper/lookup.h"
#include "cmd/smtpd/keeper/sender.h"
#include "cmd/smtpd/keeper/transaction.h"
#include "common/store/incoming.h"
#include "common/store/store.h"

#define KEEPER_MAILBOXES_MAX ACCOUNT_TARGETS_MAX /* of one message */

/* Recipients of one message, and mailboxes that they lead to if each counts as
 * often as it is reached. */
#define KEEPER_RCPTS_MAX 1000
#define KEEPER_LINKS_MAX 20000

/* States of the transaction, one bit each, in struct keeper's state. */
enum {
	TX_NONE = KEEPER_OWN << 0,     /* nothing said yet */
	TX_MAIL = KEEPER_OWN << 1,     /* a sender, nobody to get it */
	TX_ENVELOPE = KEEPER_OWN << 2, /* at least one recipient */
	TX_DATA = KEEPER_OWN << 3,     /* the front has the file */
	TX_OPEN = TX_MAIL | TX_ENVELOPE | TX_DATA,
	TX_ALL = TX_NONE | TX_OPEN
};

/* A mailbox that gets the message; each only once. */
struct mailbox_to {
	char *path;   /* of its Maildir */
	char *detail; /* of the subaddress, NULL for none */
	struct account_user user;
	struct account_client *account; /* for its quota */
	const struct settings *settings;
	enum smtp_outcome full; /* there is no room; OUTCOME_OK: there is */
	bool linked;            /* it has the message, */
	size_t number;          /* by that incoming_link */
	enum smtp_outcome outcome;
	bool removed;       /* by a filter: nobody leads to it any more */
	int64_t junk;       /* its own thresholds (thousandths), when judged: */
	int64_t reject;     /* filed, and refused from there on */
	const char *folder; /* the filters'; "": by the detail */
	char *why;          /* it failed, as a reply; NULL; owned */
	bool kept;          /* in the spool */
};

/* An accepted recipient: which of the mailboxes its address leads to. */
struct recipient {
	size_t first, count; /* in struct delivery's links */
	bool refused;        /* it does not want this message */
};

struct delivery {
	struct keeper *keeper;
	struct transaction_said said;
	struct mailbox_to *to;
	size_t count, cap;
	struct recipient *rcpts;
	size_t nrcpts, rcpts_cap;
	size_t *links; /* numbers of mailboxes, recipient by recipient */
	size_t nlinks, links_cap, home; /* the last: whose store it is */
	struct store *store;            /* of a mailbox, from SMTP_DATA on */
	struct incoming *in;
	struct filters filters;
	bool judged;     /* the mailboxes' thresholds were looked up */
	bool suspicious; /* what the checks found, as the front says */
	uint32_t wait;   /* seconds, of OUTCOME_GREYLISTED */
	struct lookup lookup;
	struct sender_lot lot;
};

/* The requests of struct service, and what it calls at both ends. */
extern const struct request smtp_requests[];
void smtp_keeper_prepare(struct keeper *keeper);
void smtp_keeper_open(struct keeper *keeper);
void smtp_keeper_close(struct keeper *keeper);

/* ---- recipients.c ---- */

/* Adds the mailboxes behind an address; OUTCOME_OK, or why not.  All of them
 * or none, but for those of an alias that are full while others are not. */
enum smtp_outcome recipients_add(
    struct delivery *d, const struct wire_rcpt *rcpt);

/* Does each recipient have a reply of its own (LMTP)?  Then what fails is the
 * client's to try again, recipient by recipient. */
bool recipients_differ(const struct delivery *d);

/* What became of recipient i: the worst of its mailboxes, of which full ones
 * count only where all are full. */
enum smtp_outcome recipients_outcome(const struct delivery *d, size_t i);

/* Takes accepted recipient i back: the mailboxes that no other one leads to are
 * left out, and its outcome is OUTCOME_DISCARD. */
void recipients_remove(struct delivery *d, size_t i);

/* The same for one that does not want the message: OUTCOME_SPAM. */
void recipients_refuse(struct delivery *d, size_t i);

/* Is there room for so many octets?  A recipient has it with one mailbox that
 * does; the full ones are left out.  OUTCOME_OK: all recipients have, or one at
 * least where they differ; else none (as verdict_when_full) or not all
 * (OUTCOME_SOME_FULL). */
enum smtp_outcome recipients_weigh(struct delivery *d, uint64_t size);

/* Logs that it goes to others only. */
void recipients_log_left_out(const struct account_user *user);

/* Forgets all; or the last recipient, before whom there were n mailboxes. */
void recipients_clear(struct delivery *d);
void recipients_take_back(struct delivery *d, size_t n);

/* ---- content.c: what the filters need (struct request) ---- */

request_handler handle_filter, handle_limits, handle_edit;

/* Where recipients have replies of their own, takes back those whose mailboxes
 * all refuse a message of that score. */
void content_refuse(struct delivery *d, const struct wire_commit *how);

/* A mailbox's folder for a message of that score; NULL: the filters have no
 * opinion. */
const char *content_folder(const struct delivery *d,
    const struct mailbox_to *to, const struct wire_commit *how);

#endif
