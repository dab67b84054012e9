/* Looking for words in messages: in fields, in the texts of parts, decoded
 * (RFC 2047, transfer encodings, charsets) and without regard to case.
 * Never holds more of a part in memory than a piece. */
#ifndef NJIWA_CMD_IMAPD_SEARCH_TEXT_H
#define NJIWA_CMD_IMAPD_SEARCH_TEXT_H

#include "common/msg/mime.h"

#define SEARCH_PIECE 32768 /* octets of a part that are decoded at once */

/* A message that is looked through. */
struct search_message {
	struct slice text;
	const struct mime *mime; /* of it */
};

/* Is the needle (casemap_fold) in a field of that name in the header?  An empty
 * one is in each. */
bool search_field(struct slice header, struct slice name, struct slice needle);

/* Is it in a text of one of the message's parts, or, with headers, in one of
 * their fields? */
bool search_parts(
    const struct search_message *message, bool headers, struct slice needle);

#endif
