/* Mailbox names between the wire, where they are modified UTF-7 (RFC 3501
 * section 5.1.3) or, once enabled, UTF-8 (RFC 9051 section 5.1), and the
 * store, where they are UTF-8.
 * Never decides whether such a mailbox may exist: the store does. */
#ifndef NJIWA_CMD_IMAPD_MAILBOX_NAME_H
#define NJIWA_CMD_IMAPD_MAILBOX_NAME_H

#include "cmd/imapd/parse.h"

#define MAILBOX_NAME_MAX 1024 /* octets of a name on the wire */

/* Does name match a LIST pattern, in which "*" is anything and "%" anything
 * without the separator "/"?  INBOX matches in any case. */
bool mailbox_name_matches(struct slice name, struct slice pattern);

/* Appends a name as it came, or a pattern, in UTF-8 with '/' between levels:
 * from modified UTF-7 unless the client has enabled UTF-8, and from the
 * separator of the setting.  False for what is neither, or has a '/' of its
 * own. */
bool mailbox_name_decode(
    struct slice wire, struct name_style names, struct str *out);

/* INBOX has one spelling for all that follows, also as a parent: name, which is
 * in UTF-8, begins with it in any case. */
void mailbox_name_spell(struct str *name);

/* A mailbox argument: an astring, decoded into name, which is emptied first.
 * False, with args->bad, when there is none; true with *ret_valid false when
 * there is one that can name no mailbox. */
bool mailbox_name_argument(
    struct args *args, struct str *name, bool *ret_valid);

#endif
