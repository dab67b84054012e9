/* Texts made of the selected mailbox's messages: of the index where it has
 * them, else made, and kept there for the next time.
 * Never opens a message for a text that is known. */
#ifndef NJIWA_CMD_IMAPD_MESSAGE_TEXTS_H
#define NJIWA_CMD_IMAPD_MESSAGE_TEXTS_H

#include "cmd/imapd/imap.h"
#include "common/store/mailbox_cached.h"

/* Is it one of the fields that clients ask for, in any case? */
bool message_text_is_usual(struct slice field);

/*
 * The header fields of a message that are usual, in their order and as they
 * are; perhaps others among them.  The slice lives until the next call of this
 * or message_text, message_header or imap_open_body.  0, -ENOENT, -errno with
 * err filled.
 */
int message_text_fields(
    struct imap *im, uint32_t seq, struct slice *ret_fields, struct err *err);

/* Appends a message's ENVELOPE, BODY or BODYSTRUCTURE as it is told.  0,
 * -ENOENT, -errno with err filled. */
int message_text(struct imap *im, uint32_t seq, enum cached kind,
    struct str *out, struct err *err);

/* Gives memory back while nothing is said. */
void message_text_rest(struct imap *im);

#endif
