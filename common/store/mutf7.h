/* Modified UTF-7, the names of mailboxes in IMAP4rev1 and of folders in a
 * Maildir++ (RFC 3501 section 5.1.3).  Never accepts a second spelling. */
#ifndef NJIWA_STORE_MUTF7_H
#define NJIWA_STORE_MUTF7_H

#include "common/base/str.h"

/* Appends text, which is valid UTF-8, in modified UTF-7. */
void mutf7_encode(struct slice text, struct str *out);

/* Appends text decoded to UTF-8.  False, and out as it was, for anything that
 * mutf7_encode would not have written: octets outside printable ASCII, what is
 * encoded without need, unpaired surrogates, bits left over. */
bool mutf7_decode(struct slice text, struct str *out);

#endif
