/* The checks themselves, each in the file beside its name, for the table.
 * Never used elsewhere. */
#ifndef NJIWA_SVC_CHECK_ROWS_H
#define NJIWA_SVC_CHECK_ROWS_H

#include "common/svc/check/verdict.h"

extern const struct check check_early_talker; /* early_talker.c */
extern const struct check check_helo;         /* helo.c */
extern const struct check check_iprev;        /* iprev.c */
extern const struct check check_dnsbl;        /* dnsbl.c */
extern const struct check check_helo_dns, check_sender_domain; /* domain.c */

#endif
