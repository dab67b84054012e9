/* Words of a header in other charsets (RFC 2047), as UTF-8.
 * Never fails: what is no encoded word stands as it is. */
#ifndef NJIWA_MSG_WORDS_H
#define NJIWA_MSG_WORDS_H

#include "common/base/str.h"

/* Appends the unfolded text of a field with its encoded words decoded, and
 * blanks between two of them left out; valid UTF-8, whatever text is. */
void words_decode(struct slice text, struct str *out);

#endif
