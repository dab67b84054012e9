/* What is looked into about a stranger (nobody who logged in, nor of
 * trusted_networks, nor this machine itself): the checks of the table, whose
 * findings add up to one verdict, told at RCPT.  The front of njiwa-smtpd and
 * `njiwa explain` run the same code.  Never says anything to the client. */
#ifndef NJIWA_SVC_CHECK_CHECKS_H
#define NJIWA_SVC_CHECK_CHECKS_H

#include "common/svc/check/check.h"

/*
 * What looks into this peer, who came to port mx; NULL when nobody does, which
 * is fine everywhere below.  The checks of CHECK_CONNECT have begun.
 */
struct checks *checks_new(
    const struct checks_about *about, const struct checks_host *host);
void checks_free(struct checks *c);

/* The reply that ends the connection before the greeting, with *ret_reason for
 * its %s, or NULL. */
const struct reply *checks_closing(
    const struct checks *c, struct slice *ret_reason);

/* A HELO or EHLO, a MAIL was taken: the checks of that stage begin. */
void checks_begin(struct checks *c, enum check_stage stage);

/*
 * Judges all that was begun and looks into the recipient.  NULL: it may be
 * asked for; else the reply that refuses it, with *ret_reason (borrowed until
 * the next call) for its %s.
 */
const struct reply *checks_recipient(
    struct checks *c, struct slice recipient, struct slice *ret_reason);

/* The recipient was accepted by everybody: a postmaster gets the message. */
void checks_accepted(struct checks *c, struct slice recipient);

/* Looks into the message; NULL or the reply that refuses it, as above. */
const struct reply *checks_message(struct checks *c, struct slice *ret_reason);

/*
 * The name of the client's address that has the address in turn, as the check
 * of reverse DNS has found it, waiting for its answers as checks_recipient
 * does. CHECK_PASS with *ret_name (borrowed until the check begins anew),
 * CHECK_FAIL, CHECK_TEMPERROR; CHECK_NONE when nobody looks.
 */
enum check_result checks_client_name(struct checks *c, struct slice *ret_name);

/* All scores together, in hundredths. */
int checks_score(const struct checks *c);

/* Is the message to be filed as junk? */
bool checks_junk(const struct checks *c);

/* Do the scores so far reach greylist_score? */
bool checks_suspicious(const struct checks *c);

/* Forgets the findings from that stage on (CHECK_MAIL: the transaction's). */
void checks_forget(struct checks *c, enum check_stage from);

/* Another front takes over: has what is known by now kept for it. */
void checks_hand_over(struct checks *c);

/* Will a check of this peer's, who came to port mx, ask the DNS? */
bool checks_need_dns(const struct settings *settings, const struct peer *peer);

#endif
