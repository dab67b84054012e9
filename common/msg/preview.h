/* The first words of a message, for lists of messages (RFC 8970): of its text,
 * decoded, without tags, quotations and signature.
 * Never looks at more of a message than its ceilings say. */
#ifndef NJIWA_MSG_PREVIEW_H
#define NJIWA_MSG_PREVIEW_H

#include "common/msg/mime.h"

#define PREVIEW_CHARACTERS 200 /* RFC 8970 section 3.1 */
#define PREVIEW_PARTS_MAX 100  /* parts among which a text is sought */
#define PREVIEW_OCTETS 65536   /* of a part that are decoded */

/* Appends the preview of the message that mime was parsed from, text being that
 * message: one line of valid UTF-8; nothing when there is no text to be seen.
 */
void preview_message(
    const struct mime *mime, struct slice text, struct str *out);

/* The same of a text that is UTF-8 and of one of HTML. */
void preview_plain(struct slice utf8, struct str *out);
void preview_html(struct slice utf8, struct str *out);

#endif
