/* FETCH (RFC 3501 sections 6.4.5 and 7.4.2): its items as a plan, made once
 * and carried out for each message.  Never opens a message that no item
 * needs. */
#ifndef NJIWA_CMD_IMAPD_FETCH_H
#define NJIWA_CMD_IMAPD_FETCH_H

#include "cmd/imapd/imap.h"
#include "common/store/mailbox_body.h"

#define FETCH_SECTIONS_MAX 64 /* BODY[...] items of one FETCH */
#define FETCH_FIELDS_MAX 256  /* names in one HEADER.FIELDS */

enum {
	ITEM_FLAGS = 1 << 0,
	ITEM_UID = 1 << 1,
	ITEM_DATE = 1 << 2,
	ITEM_SIZE = 1 << 3,
	ITEM_ENVELOPE = 1 << 4
};

enum section_part {
	SECTION_ALL,
	SECTION_HEADER,
	SECTION_TEXT,
	SECTION_FIELDS,
	SECTION_FIELDS_NOT
};

/* One BODY[...] or RFC822... item. */
struct section {
	enum section_part part;
	bool peek; /* does not set \Seen */
	bool partial;
	uint32_t offset, length; /* partial: "<offset.length>" */
	struct slice *fields;    /* of the command's text */
	size_t nfields;
	struct str label; /* what the response calls it */
};

struct fetch_plan {
	unsigned items; /* ITEM_ bits */
	bool sees;      /* some section sets \Seen */
	bool lacks;     /* asks for what cannot be had here */
	size_t nsections;
	struct section *sections;
	size_t cap;
};

/* Parses the items behind a FETCH's set.  NULL, or what is wrong; the plan's
 * lacks says that it is not the client's mistake.  The plan is to be released
 * either way. */
const char *fetch_parse(struct args *args, struct fetch_plan *ret_plan);
void fetch_plan_release(struct fetch_plan *plan);

/* Appends " LABEL {n}" and sends the section's octets. */
void fetch_section(
    struct imap *im, const struct section *section, struct body *body);

#endif
