/* What is written about the findings of the checks: the header's field and the
 * log's.  Never judges. */
#ifndef NJIWA_SVC_CHECK_REPORT_H
#define NJIWA_SVC_CHECK_REPORT_H

#include "common/svc/check/check.h"

/* Appends our Authentication-Results field (RFC 8601), LF ended; nothing when
 * nothing was looked into. */
void checks_header(const struct checks *c, struct str *out);

/* Appends "helo=fail:1 iprev=pass" for the log, scores behind the colon. */
void checks_log(const struct checks *c, struct str *out);

/* Appends what one check found, for people: "fail, score 1.50: your HELO is not
 * your address", "pass", or "nothing to look at". */
void check_describe(const struct check_finding *f, struct str *out);

/* Appends a score, in hundredths, as settings have it: "-1", "1.50". */
void check_print_score(int score, struct str *out);

#endif
