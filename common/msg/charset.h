/* Characters of mail in any of the charsets that mail is written in, as UTF-8.
 * Never loads anything: the tables are compiled in, for processes that may open
 * no file. */
#ifndef NJIWA_MSG_CHARSET_H
#define NJIWA_MSG_CHARSET_H

#include "common/base/str.h"

/* Is there a charset of that name (IANA's names and what programs write, in any
 * case)? */
bool charset_is_known(struct slice name);

/*
 * Appends text as UTF-8, which is valid whatever text is: what is no character
 * becomes U+FFFD.  Of a charset that is not known, and of US-ASCII with octets
 * that are none, text that is valid UTF-8 counts as such and else as
 * Windows-1252.  text is whole: a character that it breaks off is none.
 */
void charset_to_utf8(struct slice name, struct slice text, struct str *out);

#endif
