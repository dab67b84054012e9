/* Text as it is compared by who does not care for case, accents' coding or
 * width: in the manner of i;unicode-casemap (RFC 5051).
 * Never knows a language: a dotless i is no i. */
#ifndef NJIWA_MSG_CASEMAP_H
#define NJIWA_MSG_CASEMAP_H

#include "common/base/str.h"

/* Appends text (valid UTF-8) without case and in its parts (NFKD): an "e" with
 * an accent is an "e" and an accent behind it, and is found by "e". */
void casemap_fold(struct slice text, struct str *out);

/* Appends text (valid UTF-8) with each character and its accents as one where
 * Unicode has it so (NFC), and otherwise as it is: Net-Unicode (RFC 5198). */
void casemap_compose(struct slice text, struct str *out);

/* Appends the octets by which i;unicode-casemap puts text (valid UTF-8) in
 * order (RFC 5051 section 2): in title case and in its parts.  Compared as
 * octets; "_" comes behind "Z", as it does not for casemap_fold. */
void casemap_order(struct slice text, struct str *out);

#endif
