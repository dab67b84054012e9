#include "common/svc/check/rows.h"

/* What SPF, DKIM and DMARC say (RFC 7208, 6376, 7489) is not looked into yet:
 * these rows say when it will be, and `njiwa explain` that it is not. */
static const struct check check_spf = {
	.name = "spf",
	.method = "spf",
	.stage = CHECK_MAIL,
	.dns = true,
};

static const struct check check_dkim = {
	.name = "dkim",
	.method = "dkim",
	.stage = CHECK_DATA,
	.dns = true,
};

static const struct check check_dmarc = {
	.name = "dmarc",
	.method = "dmarc",
	.stage = CHECK_DATA,
	.dns = true,
};

/* In the order in which they begin.  What takes time on the way stands before
 * what waits here. */
const struct check *const checks_table[] = {
	&check_iprev,
	&check_dnsbl,
	&check_early_talker,
	&check_helo,
	&check_helo_dns,
	&check_spf,
	&check_sender_domain,
	&check_dkim,
	&check_dmarc,
};
const size_t checks_count = sizeof checks_table / sizeof checks_table[0];

_Static_assert(sizeof checks_table / sizeof checks_table[0] <= CHECKS_MAX,
    "a finding for each check");
