/* What a LIST asks for (RFC 5258, RFC 5819, RFC 6154).
 * Never looks at a folder. */
#ifndef NJIWA_CMD_IMAPD_LIST_H
#define NJIWA_CMD_IMAPD_LIST_H

#include "cmd/imapd/imap.h"

#define LIST_PATTERNS_MAX 100 /* of one command */

/* Options of selection and of return. */
enum {
	LIST_SUBSCRIBED = 1 << 0,
	LIST_RECURSIVE = 1 << 1,
	LIST_SPECIAL_USE = 1 << 2,
	LIST_CHILDREN = 1 << 3,
	LIST_STATUS = 1 << 4,
	LIST_REMOTE = 1 << 5 /* there are none */
};

struct list_wanted {
	struct str patterns; /* in UTF-8, NUL between them; to be released */
	unsigned select, tell;
	unsigned status_items; /* status.h */
	bool extended;         /* options or several patterns were given */
	bool root;             /* the pattern was empty */
	bool xlist;            /* Gmail's XLIST is spoken */
};

/* "* LIST (...) "/" name" of one folder that nobody asked for, with \Subscribed
 * where it is; old, when not empty, is the name that it was called by (OLDNAME,
 * RFC 9051 section 6.3.9.7). */
void list_tell_folder(
    struct imap *im, const struct store_folder *folder, struct slice old);

/* The same for the folder called name, if there is one. */
void list_tell_one(struct imap *im, struct slice name, struct slice old);

/* Parses the arguments of LIST; false, and the reply is set, when they are
 * wrong, or when nothing can match them.  wanted is zeroed before. */
bool list_parse(
    struct imap *im, struct slice argument, struct list_wanted *wanted);

/* The same for a reference and one pattern alone, as LSUB has them. */
bool list_parse_old(
    struct imap *im, struct slice argument, struct list_wanted *wanted);

#endif
