/* What is written about the findings of the checks: the header's field and the
 * log's.  Never judges. */
#ifndef NJIWA_CMD_SMTPD_CHECK_REPORT_H
#define NJIWA_CMD_SMTPD_CHECK_REPORT_H

#include "cmd/smtpd/check/check.h"

/* Appends our Authentication-Results field (RFC 8601), LF ended; nothing when
 * nothing was looked into. */
void checks_header(const struct smtp *s, struct str *out);

/* Appends "helo=fail:1 iprev=pass" for the log, scores behind the colon. */
void checks_log(const struct smtp *s, struct str *out);

#endif
