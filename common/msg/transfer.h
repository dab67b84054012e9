/* Content-Transfer-Encoding undone (RFC 2045 section 6), piece by piece.
 * Never refuses what was sent: octets that the encoding has not are left out,
 * or stand for themselves. */
#ifndef NJIWA_MSG_TRANSFER_H
#define NJIWA_MSG_TRANSFER_H

#include <stdint.h>
#include "common/base/str.h"

enum transfer_encoding {
	TRANSFER_NONE, /* 7bit, 8bit, binary */
	TRANSFER_BASE64,
	TRANSFER_QUOTED_PRINTABLE,
	TRANSFER_UNKNOWN /* nobody knows what is in it */
};

/* The encoding of that name, in any case; "" is none. */
enum transfer_encoding transfer_encoding_of(struct slice name);

/* Zeroed but for the encoding at the start of a part. */
struct transfer {
	enum transfer_encoding encoding;
	bool clean;     /* answer: so far it was as RFC 2045 wants it */
	uint32_t bits;  /* base64: of an unfinished group */
	unsigned count; /* and how many characters it has */
	bool padded;    /* a "=" was seen: the end, or another text begins */
	char held[4];   /* quoted-printable: what may be an escape */
	unsigned nheld;
	struct str blanks; /* quoted-printable: at the end of a line, perhaps */
};

/* Begins a part. */
void transfer_init(struct transfer *t, enum transfer_encoding encoding);
void transfer_release(struct transfer *t);

/* Appends what the next piece of the part decodes to; transfer_end what was
 * held back at its end. */
void transfer_feed(struct transfer *t, struct slice piece, struct str *out);
void transfer_end(struct transfer *t, struct str *out);

#endif
