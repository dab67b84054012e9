/* BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2): what mime.h found, in
 * IMAP's words.  Never reads a body. */
#ifndef NJIWA_CMD_IMAPD_BODYSTRUCTURE_H
#define NJIWA_CMD_IMAPD_BODYSTRUCTURE_H

#include "common/msg/mime.h"

/* Appends the structure of the message that mime was parsed from, text being
 * that message; extended: with what only BODYSTRUCTURE tells. */
void bodystructure_append(
    const struct mime *mime, struct slice text, bool extended, struct str *out);

#endif
