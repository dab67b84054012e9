/* What is known of one message beyond uid and flags: sizes, dates, names that
 * stay, its file.  Never changes a message. */
#ifndef NJIWA_STORE_MAILBOX_MESSAGE_H
#define NJIWA_STORE_MAILBOX_MESSAGE_H

#include <time.h>
#include "common/store/mailbox.h"

#define MAILBOX_ID_MAX 63 /* octets of a MAILBOXID */

/* Octets with CRLF line ends (RFC822.SIZE), and of the file.  0, -ENOENT,
 * -errno. */
int mailbox_message_size(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size, struct err *err);
int mailbox_message_file_size(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size, struct err *err);

/* What the file's name says of its octets with CRLF (S= and W=), unproved: the
 * disk is not touched.  False when it does not say, or not a possible size. */
bool mailbox_message_size_said(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size);

/* The internal date (the file's mtime), and when the message came into this
 * folder (RFC 8514), as far as the file tells.  0, -ENOENT, -errno. */
int mailbox_message_date(
    struct mailbox *mb, uint32_t seq, time_t *ret_date, struct err *err);
int mailbox_message_save_date(
    struct mailbox *mb, uint32_t seq, time_t *ret_date, struct err *err);

/* Opens the message's file for reading; the descriptor is the caller's.
 * Lines end as they are on disk (mailbox_body.h gives them CRLF).  -errno. */
int mailbox_message_open(struct mailbox *mb, uint32_t seq, struct err *err);

/* The POP3 unique id of the message (the uidlist's P field, else %08x uid
 * and %08x uidvalidity); appended to out. */
void mailbox_message_uidl(
    const struct mailbox *mb, uint32_t seq, struct str *out);

/* Append MAILBOXID and EMAILID (RFC 8474), letters and digits: the folder's
 * stays when it is renamed, the message's when its flags change or it is moved,
 * and a copy has its original's. */
void mailbox_id(const struct mailbox *mb, struct str *out);
void mailbox_message_id(
    const struct mailbox *mb, uint32_t seq, struct str *out);

#endif
