/* ENVELOPE (RFC 3501 section 7.4.2): the header's facts in a fixed form.
 * Never decodes words and never refuses a header: what cannot be understood is
 * given as it stands. */
#ifndef NJIWA_CMD_IMAPD_ENVELOPE_H
#define NJIWA_CMD_IMAPD_ENVELOPE_H

#include "common/base/str.h"

#define ENVELOPE_ADDRESSES_MAX 2000 /* of one field; the rest is left out */
#define ENVELOPE_COMMENT_DEPTH 16   /* comments within comments */

/* Appends the envelope of a message with this header, parentheses included. */
void envelope_append(struct slice header, struct str *out);

/* Appends a field's addresses as a list, NIL when there are none.  text is
 * unfolded (header_unfold). */
void envelope_addresses(struct slice text, struct str *out);

#endif
