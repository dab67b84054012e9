/* What Courier-IMAP knew of a folder: the formats of its courierimapuiddb,
 *   1 <uidvalidity> <nextuid>
 *   <uid> <base name>
 * of its courierpop3dsizelist,
 *   /3 <next number> <validity>
 *   <name> <octets> <number>:<validity>[:<has UTF-8>]
 * and of courierimapkeywords/:list: names, an empty line, then
 *   <base name>:<index> <index> ...
 * with newer files beside it, <base name> or .<age>.<base name>, of names
 * alone. Never touches the disk, and takes nothing over that is said in two
 * ways. */
#ifndef NJIWA_STORE_COURIER_H
#define NJIWA_STORE_COURIER_H

#include "common/store/uidlist.h"

#define COURIER_UIDS_NAME "courierimapuiddb"
#define COURIER_POP3_NAME "courierpop3dsizelist"
#define COURIER_KEYWORDS_NAME "courierimapkeywords"
#define COURIER_KEYWORDS_LIST ":list"
#define COURIER_SUBSCRIPTIONS_NAME "courierimapsubscribed"

/* What comes of two lists of these sizes fits into session_memory's 64M. */
#define COURIER_FILE_MAX (6U << 20) /* octets of each */
#define COURIER_ENTRIES_MAX 160000  /* lines of both that count */
#define COURIER_UIDL_MAX 70         /* octets (RFC 1939 section 7) */

/*
 * Makes the entries of a dovecot-uidlist (version 3) of both lists, of which
 * either may be empty: uids, with Courier's POP3 ids as P fields.  A message
 * whose uid or id is not sure (one that two have, two of one message, a line
 * that makes no sense) goes without; one that POP3 alone knows gets the next
 * uid.  *ret_header has no guid, and, when courierimapuiddb is worth nothing,
 * no uidvalidity (0).  False when there is nothing to take over.
 */
bool courier_make_list(struct slice uids, struct slice pop3,
    struct uidlist_header *ret_header, struct str *ret_entries);

/* Cuts the next keyword off the start of :list; false at the empty line behind
 * them, which is eaten, or at the end. */
bool courier_next_keyword(struct slice *rest, struct slice *ret_name);

/* Cuts the next message behind them off, and its indexes, of which
 * courier_next_index cuts the next; false at the end. */
bool courier_next_message(
    struct slice *rest, struct slice *ret_base, struct slice *ret_indexes);
bool courier_next_index(struct slice *indexes, uint32_t *ret_index);

/* Of which message a file beside :list is, and how new; false for any other. */
bool courier_update_name(
    struct slice name, struct slice *ret_base, uint64_t *ret_age);

/* Appends what courierimapsubscribed has of this Maildir's folders, lines such
 * as INBOX and INBOX.Sent, as lines of our subscriptions. */
void courier_put_subscriptions(struct slice text, struct str *out);

#endif
