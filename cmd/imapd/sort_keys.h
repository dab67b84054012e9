/* The keys of SORT (RFC 5256 section 3, RFC 5957): their names, and the texts
 * that messages are compared by.
 * Never compares: what it makes is compared octet by octet. */
#ifndef NJIWA_CMD_IMAPD_SORT_KEYS_H
#define NJIWA_CMD_IMAPD_SORT_KEYS_H

#include "cmd/imapd/message_fields.h"
#include "cmd/imapd/parse.h"

enum sort_key {
	SORT_ARRIVAL,
	SORT_CC,
	SORT_DATE,
	SORT_DISPLAYFROM,
	SORT_DISPLAYTO,
	SORT_FROM,
	SORT_SIZE,
	SORT_SUBJECT,
	SORT_TO,
	SORT_KEYS
};

/* What SORT was asked for.  A key counts where it stands first. */
struct sort_criteria {
	struct {
		enum sort_key key;
		bool reverse;
	} list[SORT_KEYS];
	size_t count;
	unsigned fields; /* that are looked at, 1 << FIELD_... */
};

/* Parses "(REVERSE DATE SUBJECT)"; false for what is none. */
bool sort_parse_criteria(struct args *args, struct sort_criteria *ret_criteria);

/* Is it a key by text, and not by number? */
bool sort_key_is_text(enum sort_key key);

/* Appends the text of such a key as it is put in order (casemap_order): nothing
 * where the field is missing or empty. */
void sort_key_text(
    enum sort_key key, const struct message_fields *fields, struct str *out);

#endif
