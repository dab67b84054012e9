/* The folder that the detail of an address names (RFC 5233): lists of
 * ann+lists@one.dev.  Never makes one. */
#ifndef NJIWA_STORE_DETAIL_H
#define NJIWA_STORE_DETAIL_H

#include "common/store/store.h"

struct detail {
	struct slice text; /* "lists", UTF-8 or not */
	const char
	    *delimiters;   /* octets that part levels, beside '.' and '/' */
	const char *never; /* one more folder that strangers may not name,
			    * that of spam; "" for none */
};

/*
 * Appends the name of the folder that is called like the detail, ASCII letters
 * in any case: the one of that very case, else the first one.  Never one that a
 * client takes for something of the user's own (Drafts, Junk, Sent, Spam,
 * Trash), nor what counts against no quota, nor what is below these.  1; 0 when
 * there is none; -errno with err filled.
 */
int detail_folder(struct store *store, const struct detail *detail,
    struct str *ret_name, struct err *err);

#endif
