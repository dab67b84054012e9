/* STATUS (RFC 9051 section 6.3.11, RFC 8438): its items, and their telling.
 * Never opens a folder for what need not be counted. */
#ifndef NJIWA_CMD_IMAPD_STATUS_H
#define NJIWA_CMD_IMAPD_STATUS_H

#include "cmd/imapd/imap.h"

/* Parses a list of items to a bit for each; false when it is none. */
bool status_parse(struct args *args, unsigned *ret_items);

/* "* STATUS name (...)"; 0, or -errno and nothing is told. */
int status_tell(struct imap *im, struct slice name, unsigned items);

#endif
