/* Message identifiers (RFC 5322 section 3.6.4) as Message-ID, References and
 * In-Reply-To have them, made comparable.
 * Never guesses: what is not in angle brackets or has no "@" is none. */
#ifndef NJIWA_MSG_MSGID_H
#define NJIWA_MSG_MSGID_H

#include "common/base/str.h"

#define MSGID_MAX 2000 /* octets of one; what is longer is none */

/*
 * Cuts the next identifier off *rest, the body of a field, folded or not, into
 * *id (which is emptied): without its brackets, blanks, comments and the quotes
 * and backslashes of a quoted string (RFC 5256 section 3: "a"@b is a@b).
 * False when there is none any more.
 */
bool msgid_next(struct slice *rest, struct str *id);

#endif
