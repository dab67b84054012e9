#include "cmd/smtpd/check/check.h"

/* In the order in which they begin.  What takes time on the way stands before
 * what waits here.  The verdicts of SPF, DKIM and DMARC will be rows of
 * CHECK_MAIL and CHECK_DATA; they are not there yet. */
const struct check *const checks_table[] = {
	&check_early_talker,
	&check_helo,
};
const size_t checks_count = sizeof checks_table / sizeof checks_table[0];

_Static_assert(sizeof checks_table / sizeof checks_table[0] <= CHECKS_MAX,
    "a finding for each check");
