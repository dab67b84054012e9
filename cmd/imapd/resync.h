/* What has changed since a client was here last (RFC 7162 sections 3.2.5 and
 * 3.2.6): who has gone, and whose flags are others.
 * Never tells of a uid that the client did not ask for. */
#ifndef NJIWA_CMD_IMAPD_RESYNC_H
#define NJIWA_CMD_IMAPD_RESYNC_H

#include "cmd/imapd/imap.h"
#include "cmd/imapd/select.h"

/* "* VANISHED (EARLIER) uids": those of the set, as it stands in a command,
 * that have gone since the modification sequence.  0, or -errno with err
 * filled. */
int resync_tell_since(
    struct imap *im, uint64_t since, struct slice text, struct err *err);

/* Answers the QRESYNC parameter for the mailbox that was just selected;
 * nothing is told when its uidvalidity is another one, or it has no
 * modification sequences.  0, or -errno with err filled. */
int resync_tell(
    struct imap *im, const struct resync_point *point, struct err *err);

#endif
