/* xtext (RFC 3461 section 4): printable text in the parameters of SMTP, what
 * has no place there as "+XX".  Never says what the text means. */
#ifndef NJIWA_MSG_XTEXT_H
#define NJIWA_MSG_XTEXT_H

#include "common/base/str.h"

/* Is it one octet of xtext or more: printable ASCII but '+' and '=', or
 * '+' with two hexadecimal digits in upper case? */
bool xtext_is_valid(struct slice text);

/* Appends what it stands for, any octets; false, and out as it was, when it is
 * none. */
bool xtext_decode(struct slice text, struct str *out);

/* Is it xtext that stands for printable ASCII (blanks and tabs included)? */
bool xtext_is_printable(struct slice text);

/* Is all of text printable ASCII without blanks? */
bool xtext_is_ascii(struct slice text);

/* Is it an atom (RFC 5321 section 4.1.2)? */
bool xtext_is_atom(struct slice text);

#endif
