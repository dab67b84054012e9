/* The headers of the selected mailbox's messages, read without the bodies
 * behind them, for who goes through many. Never keeps one: it is gone with the
 * next. */
#ifndef NJIWA_CMD_IMAPD_MESSAGE_HEADER_H
#define NJIWA_CMD_IMAPD_MESSAGE_HEADER_H

#include "cmd/imapd/imap.h"
#include "cmd/imapd/message_fields.h"

/* Octets of a header that are read; a message with more of them is mapped. */
#define MESSAGE_HEADER_READ 65536

/*
 * The header of a message of the selected mailbox: of the open one (im->body)
 * if it is that, else read into memory.  The slice lives until the next call or
 * imap_open_body.  0, -ENOENT, -errno with err filled.
 */
int message_header(struct imap *im, uint32_t seq, struct str *memory,
    struct slice *ret_header, struct err *err);

/* Its sent date (RFC 5256 section 2.2): what its Date field says, or else the
 * internal date; 0 when that cannot be had either. */
int64_t message_sent(
    struct imap *im, uint32_t seq, const struct message_fields *fields);

#endif
