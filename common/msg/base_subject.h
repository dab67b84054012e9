/* The base subject of a message (RFC 5256 section 2.1): what is left of its
 * subject without "Re:", "Fwd:", names of lists in brackets and their like.
 * Never knows other languages' words for a reply. */
#ifndef NJIWA_MSG_BASE_SUBJECT_H
#define NJIWA_MSG_BASE_SUBJECT_H

#include "common/base/str.h"

/* Appends the base subject of a Subject field's unfolded text (header_unfold),
 * encoded words decoded, as valid UTF-8 in the case it has.  *ret_reply: a
 * sign of a reply or of something forwarded was taken off (section 3). */
void base_subject(struct slice text, struct str *out, bool *ret_reply);

#endif
