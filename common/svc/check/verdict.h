/* The words and scores of the checks' settings.
 * Never knows what a check is about. */
#ifndef NJIWA_SVC_CHECK_VERDICT_H
#define NJIWA_SVC_CHECK_VERDICT_H

#include "common/svc/check/check.h"

/* Is the setting (VERDICT) anything but off? */
bool check_is_on(const char *setting);

/* A fail that counts as the setting says: "log", an action, or a score. */
void check_fail(struct check_finding *f, const char *setting);

/* A SCORE setting or a score in a list, in hundredths; false when text is no
 * number.  At most 9999 either way. */
bool check_score_parse(struct slice text, int *ret_score);

#endif
