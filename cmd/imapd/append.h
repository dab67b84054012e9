/* APPEND (RFC 3501 section 6.3.11): the message goes from the client to its
 * file piece by piece.  Never holds a message in memory. */
#ifndef NJIWA_CMD_IMAPD_APPEND_H
#define NJIWA_CMD_IMAPD_APPEND_H

#include "cmd/imapd/conn.h"

/* Is the literal at the end of the arguments the message, and not the name of
 * the mailbox? */
bool append_streams(struct conn *conn, struct slice arguments);

/* Takes the carriage return out of each CRLF; zeroed at the start. */
struct append_filter {
	bool cr;  /* the last octet was one, and is not yet out */
	bool nul; /* there was a NUL */
};
void append_filter(
    struct append_filter *filter, struct slice octets, struct str *out);

/* Appends what is still held back at the end. */
void append_filter_end(struct append_filter *filter, struct str *out);

#endif
