/* FETCH (RFC 3501 sections 6.4.5 and 7.4.2): its items as a plan, made once
 * and carried out for each message.  Never opens a message that no item
 * needs. */
#ifndef NJIWA_CMD_IMAPD_FETCH_H
#define NJIWA_CMD_IMAPD_FETCH_H

#include "cmd/imapd/imap.h"
#include "cmd/imapd/partial.h"
#include "common/msg/mime.h"
#include "common/store/mailbox_body.h"

#define FETCH_SECTIONS_MAX 64            /* BODY[...] items of one FETCH */
#define FETCH_FIELDS_MAX 256             /* names in one HEADER.FIELDS */
#define FETCH_NUMBERS_MAX MIME_DEPTH_MAX /* "1.2.3" of one section */

enum {
	ITEM_FLAGS = 1 << 0,
	ITEM_UID = 1 << 1,
	ITEM_DATE = 1 << 2,
	ITEM_SIZE = 1 << 3,
	ITEM_ENVELOPE = 1 << 4,
	ITEM_BODY = 1 << 5,          /* the structure without extensions */
	ITEM_BODYSTRUCTURE = 1 << 6, /* and with them */
	ITEM_PREVIEW = 1 << 7,       /* RFC 8970 */
	ITEM_LAZY = 1 << 8,          /* PREVIEW, unless that takes long */
	ITEM_MODSEQ = 1 << 9,
	ITEM_SAVEDATE = 1 << 10, /* RFC 8514 */
	ITEM_EMAILID = 1 << 11,  /* RFC 8474 */
	ITEM_THREADID = 1 << 12
};

enum section_part {
	SECTION_ALL,
	SECTION_HEADER,
	SECTION_TEXT,
	SECTION_MIME, /* a part's own header */
	SECTION_FIELDS,
	SECTION_FIELDS_NOT
};

/* How a section is told. */
enum section_form {
	FORM_BODY,
	FORM_BINARY,     /* without its transfer encoding (RFC 3516) */
	FORM_BINARY_SIZE /* of that the octets */
};

/* One BODY[...], BINARY[...] or RFC822... item. */
struct section {
	enum section_part part;
	enum section_form form;
	bool peek;  /* does not set \Seen */
	bool usual; /* fields of the message that message_texts.h has */
	bool partial;
	uint32_t offset, length; /* partial: "<offset.length>" */
	uint32_t *numbers;       /* of the part; none: the message */
	size_t nnumbers;
	struct slice *fields; /* of the command's text */
	size_t nfields;
	struct str label; /* what the response calls it */
};

struct fetch_plan {
	unsigned items;         /* ITEM_ bits */
	bool uids;              /* uids are told, where they are not numbers */
	bool sees;              /* some section sets \Seen */
	bool parts;             /* something needs the message's structure */
	bool body;              /* a section needs the message itself */
	bool fields;            /* or usual fields alone */
	bool changed;           /* only messages that changed_since or later */
	bool vanished;          /* and tell what has gone since then */
	bool paged;             /* of these only a page */
	uint64_t changed_since; /* a modseq (RFC 7162 section 3.1.4.1) */
	struct partial page;
	size_t nsections;
	struct section *sections;
	size_t cap;
};

/* Parses the items behind a FETCH's set, and modifiers behind them.  NULL, or
 * what is wrong.  The plan is to be released either way. */
const char *fetch_parse(struct args *args, struct fetch_plan *ret_plan);
void fetch_plan_release(struct fetch_plan *plan);

/* The length of the list of items that rest begins with, for commands that take
 * one to use it later; 0 when it does not end.  No literal may be in it: there
 * are names of fields at most. */
size_t fetch_list_length(struct slice rest);

/* Tells of one message what the plan says.  0; -ENOENT when it is gone, -errno
 * with err filled: then nothing is told. */
int fetch_message(struct imap *im, const struct fetch_plan *plan, uint32_t seq,
    struct err *err);

/* Appends the message's preview as a string, or NIL where a lazy one would take
 * long (RFC 8970 section 3.2).  0, -ENOENT, -errno with err filled. */
int fetch_preview(
    struct imap *im, uint32_t seq, bool lazy, struct str *out, struct err *err);

/* Parses the modifiers behind the items, to the end (RFC 4466 section 2.4):
 * CHANGEDSINCE, VANISHED, PARTIAL.  False for a mistake. */
bool fetch_parse_modifiers(struct args *args, struct fetch_plan *plan);

/* Appends "LABEL {n}" and sends the section's octets, of the message that is
 * open; "LABEL NIL" for a part that there is not. */
void fetch_section(struct imap *im, const struct section *section);

/* The same for fields that header has, whatever else is open. */
void fetch_fields(
    struct imap *im, const struct section *section, struct slice header);

/* The same for BINARY and BINARY.SIZE (fetch_binary.c); the part's encoding is
 * one that is known. */
void fetch_binary(struct imap *im, const struct section *section);

/* Is it, in the message that is open?  Else the answer is UNKNOWN-CTE. */
bool fetch_binary_known(struct imap *im, const struct section *section);

/* A message that is open, and its parts where a section needs them. */
struct fetch_source {
	struct body *body;
	const struct mime *mime;
};

/* Puts the section's octets somewhere else (CATENATE); false when there is no
 * such part. */
bool fetch_section_put(const struct fetch_source *from,
    const struct section *section, body_put *put, void *ctx);

#endif
