/* What is done to the header of a user's own message (RFC 6409 section 8), and
 * whether its From is his.  Strangers' messages are left as they came.
 * Never touches a field that it does not name, nor the body. */
#ifndef NJIWA_CMD_SMTPD_FRONT_SUBMISSION_H
#define NJIWA_CMD_SMTPD_FRONT_SUBMISSION_H

#include "cmd/smtpd/front/reception.h"

#define SUBMISSION_FROM_MAX                                                    \
	20 /* addresses of From fields that are looked at                      \
	    */

/*
 * Mends the header, once, when it is complete: what is missing of Date, From
 * and Message-ID is added; Bcc, Return-Path and Content-Length are removed;
 * Sender is set where the setting wants it.
 */
void submission_mend(struct reception *r);

/* What is to be said against the From fields (setting submission_from_policy);
 * NULL: nothing. */
const struct reply *submission_check_from(const struct reception *r);

/* ---- submission_from.c ---- */

/* Appends the canonical addresses of a From field's body (RFC 5322 sections
 * 3.4 and 4.4), each ended by LF.  False when it is no list of addresses. */
bool submission_addresses(struct slice body, struct str *out);

#endif
