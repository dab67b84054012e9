/* The macros that milters are told: which at which stage, and their values.
 * Never says one that has no value. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_MILTER_MACROS_H
#define NJIWA_CMD_SMTPD_CONTENT_MILTER_MACROS_H

#include "cmd/smtpd/content/milters.h"

/* Appends name, NUL, value, NUL for each macro of the event's stage that the
 * milter wants, or of the usual ones when it has not said. */
void milter_macros(const struct smtp *s, const struct milter *m,
    const struct milter_event *event, struct str *out);

#endif
