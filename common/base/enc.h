/* Encodings of octets as text, and comparison of secrets.
 * Never knows what the octets mean. */
#ifndef NJIWA_BASE_ENC_H
#define NJIWA_BASE_ENC_H

#include <stdint.h>
#include "common/base/str.h"

/* Appends text's octets decoded from base64 (RFC 4648 section 4).  False, and
 * out as it was, for anything but complete groups with correct padding. */
bool enc_base64_decode(struct slice text, struct str *out);

/* Appends the base64 of octets, padded, without line breaks. */
void enc_base64(struct slice octets, struct str *out);

/* Appends octets in lower-case hexadecimal. */
void enc_hex(struct slice octets, struct str *out);

/* Are the octets equal?  The time taken depends on the lengths alone. */
bool enc_equal_secret(struct slice a, struct slice b);

/* Appends text with every octet outside printable ASCII, and the backslash, as
 * \xHH, so that hostile input is safe in a log line or a reply. */
void enc_printable(struct slice text, struct str *out);

/* Appends the character c, at most 0x10ffff and no surrogate, as UTF-8. */
void enc_utf8_put(struct str *out, uint32_t c);

/* Is text valid UTF-8 (RFC 3629: no surrogates, shortest form)? */
bool enc_utf8_valid(struct slice text);

#endif
