/* ENVELOPE (RFC 3501 section 7.4.2): the header's facts in a fixed form.
 * Never decodes words and never refuses a header: what cannot be understood is
 * given as it stands. */
#ifndef NJIWA_CMD_IMAPD_ENVELOPE_H
#define NJIWA_CMD_IMAPD_ENVELOPE_H

#include "common/base/str.h"

#define ENVELOPE_ADDRESSES_MAX 2000 /* of one field; the rest is left out */

/* Appends the envelope of a message with this header, parentheses included. */
void envelope_append(struct slice header, struct str *out);

/* An address as the field has it, its encoded words as they are; parts with ptr
 * NULL are not there.  A group begins with one that has its name as local and
 * no domain, and ends with one that has nothing. */
struct envelope_address {
	struct slice name, local, domain;
};

/* Calls put for each of the first max addresses in a field's text, unfolded
 * (header_unfold); how many there were.  What put is given lives until it
 * returns. */
typedef void envelope_put(void *ctx, const struct envelope_address *address);
unsigned envelope_each_address(
    struct slice text, unsigned max, envelope_put *put, void *ctx);

/* Appends a field's addresses as a list, NIL when there are none.  text is
 * unfolded (header_unfold). */
void envelope_addresses(struct slice text, struct str *out);

#endif
