#include "cmd/smtpd/check/rows.h"

/* In the order in which they begin.  What takes time on the way stands before
 * what waits here.  The verdicts of SPF, DKIM and DMARC will be rows of
 * CHECK_MAIL and CHECK_DATA; they are not there yet. */
const struct check *const checks_table[] = {
	&check_iprev,
	&check_dnsbl,
	&check_early_talker,
	&check_helo,
	&check_helo_dns,
	&check_sender_domain,
};
const size_t checks_count = sizeof checks_table / sizeof checks_table[0];

_Static_assert(sizeof checks_table / sizeof checks_table[0] <= CHECKS_MAX,
    "a finding for each check");
