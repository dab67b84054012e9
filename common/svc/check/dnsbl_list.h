/* The setting dnsbl: lists of addresses in the DNS, in the words of Postfix's
 * postscreen_dnsbl_sites.  Never asks one. */
#ifndef NJIWA_SVC_CHECK_DNSBL_LIST_H
#define NJIWA_SVC_CHECK_DNSBL_LIST_H

#include "common/base/slice.h"

#define DNSBL_LISTS_MAX 20

struct dnsbl_list {
	struct slice zone;
	struct slice filter; /* "127.0.0.[2..11;20]"; "" for all addresses */
	int score;           /* in hundredths; below 0: a list of good ones */
};

/*
 * Cuts the next list off the setting's text: 1; 0 at its end; -1 when a word is
 * none, which is then the zone.
 */
int dnsbl_list_next(struct slice *rest, struct dnsbl_list *ret_list);

/* Is it an answer that says "listed"?  Never one by which a list complains. */
bool dnsbl_list_matches(
    const struct dnsbl_list *list, const unsigned char address[4]);

/* Is it one by which a list complains about the question, or one that no list
 * would give (RFC 5782 section 2.1)? */
bool dnsbl_is_complaint(const unsigned char address[4]);

#endif
