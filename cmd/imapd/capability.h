/* The capabilities as a table, from which the responses, the response codes
 * and the greeting come.  Never lists what no command row stands behind. */
#ifndef NJIWA_CMD_IMAPD_CAPABILITY_H
#define NJIWA_CMD_IMAPD_CAPABILITY_H

#include "common/base/str.h"
#include "common/svc/settings.h"

/* What is true of the connection; a row asks for all of its bits. */
enum {
	CAP_BEFORE_LOGIN = 1 << 0,
	CAP_AFTER_LOGIN = 1 << 1,
	CAP_MAY_STARTTLS = 1 << 2,
	CAP_MAY_LOGIN = 1 << 3,    /* a password may be said now */
	CAP_NO_LOGIN = 1 << 4,     /* it may not, for want of TLS */
	CAP_LITERAL_PLUS = 1 << 5, /* one of these, by the settings */
	CAP_LITERAL_MINUS = 1 << 6
};

/* Appends "CAPABILITY IMAP4rev1 ..." for a connection of which the bits of
 * now are true, those of the settings aside; offered are the SASL_OFFER_
 * bits. */
void capability_list(const struct settings *settings, unsigned now,
    unsigned offered, struct str *out);

#endif
