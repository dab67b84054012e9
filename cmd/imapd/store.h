/* Flag lists as arguments, of STORE and APPEND: system flags as bits, keywords
 * as names until a mailbox gives them bits. */
#ifndef NJIWA_CMD_IMAPD_STORE_H
#define NJIWA_CMD_IMAPD_STORE_H

#include "cmd/imapd/parse.h"
#include "common/store/mailbox.h"

#define FLAG_KEYWORDS_MAX MAILBOX_KEYWORDS_MAX /* in one list */
#define FLAG_KEYWORD_LENGTH 128                /* octets of one */

struct flag_list {
	uint8_t flags;
	size_t nkeywords;
	struct slice keywords[FLAG_KEYWORDS_MAX]; /* of the command's text */
};

/* A parenthesized list, or, when bare is allowed, flags to the end.  False for
 * what is none, for \Recent and for system flags that there are not. */
bool flag_list_parse(struct args *args, bool bare, struct flag_list *ret_list);

/* The bits of the list's keywords in mb: those that it has, or, when make, all
 * of them.  0; -ENOSPC when it cannot have that many, and the bits are then
 * those that it has; -errno. */
int flag_list_keywords(struct mailbox *mb, const struct flag_list *list,
    bool make, uint32_t *ret_bits, struct err *err);

#endif
