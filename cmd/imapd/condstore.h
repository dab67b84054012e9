/* Modification sequences on the wire (RFC 7162): when a client is told of
 * them, and in which words.  Never keeps one: the mailbox does. */
#ifndef NJIWA_CMD_IMAPD_CONDSTORE_H
#define NJIWA_CMD_IMAPD_CONDSTORE_H

#include "cmd/imapd/imap.h"

/* A command that shows that the client knows of them (section 3.1): from now
 * on what it is told of flags has MODSEQ.  The first such command is told
 * HIGHESTMODSEQ of the mailbox that is selected. */
void condstore_enable(struct imap *im);

/* Enables as above.  False, and the reply is BAD, when the selected mailbox
 * has no modification sequences (section 3.1.2.2). */
bool condstore_need(struct imap *im);

/* "* OK [HIGHESTMODSEQ n]", or NOMODSEQ, of the selected mailbox. */
void condstore_tell_highest(struct imap *im);

/* The code of the reply to a command that has expunged something, into
 * code_made; NULL when the client is not told (section 3.2.7). */
const char *condstore_code(struct imap *im);

/* A modification sequence as an argument, from 0 to 2^63 - 1. */
bool condstore_parse(struct args *args, uint64_t *ret_modseq);

/* Appends "MODSEQ (n)". */
void condstore_put(uint64_t modseq, struct str *out);

/* Must a FETCH response with these items say MODSEQ too?  flags: it tells
 * flags; uids: it answers a UID command. */
bool condstore_is_due(const struct imap *im, bool flags, bool uids);

#endif
