/* A message of BODY=BINARYMIME (RFC 3030 section 3) as one of BODY=8BITMIME
 * (RFC 6152): parts in binary that are no text become base64.
 * Never changes what a part decodes to, nor a part that is text already. */
#ifndef NJIWA_MSG_BINARYMIME_H
#define NJIWA_MSG_BINARYMIME_H

#include "common/base/slice.h"

#define BINARYMIME_LINE_MAX 998 /* octets of a line of 8bit (RFC 2045 2.8) */

/* Takes the next octets of what the message became. */
typedef void binarymime_sink(void *ctx, struct slice text);

/*
 * Puts the converted message, whose line ends are CRLF as they were:
 *
 * - of a part whose Content-Transfer-Encoding is binary the field says base64
 *   where its octets are no 8bit text, else 8bit, as it does of multiparts and
 *   messages, which are converted inside and never encoded themselves;
 * - everything else is put as it is, so that NUL or bare CR or LF in what the
 *   sink gets stood outside of binary parts.
 *
 * False when a part would have to be encoded that must not be (RFC 2046 section
 * 5), or has a header with such octets; some was put then.  *ret_encoded counts
 * the parts that are in base64 now.  The result has less than one and a half
 * times the octets of message.
 */
bool binarymime_convert(
    struct slice message, binarymime_sink *put, void *ctx, size_t *ret_encoded);

#endif
