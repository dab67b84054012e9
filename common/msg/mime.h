/* The structure of a message (RFC 2045, 2046): its parts, where each begins
 * and ends, in one pass over the text and without recursion.
 * Never copies a part, never decodes one, and never refuses a message: what is
 * beyond a ceiling, or makes no sense, is a part without parts. */
#ifndef NJIWA_MSG_MIME_H
#define NJIWA_MSG_MIME_H

#include <stdint.h>
#include "common/base/str.h"

#define MIME_PARTS_MAX 10000    /* of one message, itself included */
#define MIME_DEPTH_MAX 100      /* parts within parts */
#define MIME_BOUNDARY_MAX 998   /* octets; RFC 2046 section 5.1.1 has 70 */
#define MIME_HEADER_MAX 1048576 /* octets in which a part's type is sought */

#define MIME_NONE UINT32_MAX /* no such part */

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART, /* its children are its parts */
	MIME_MESSAGE    /* its one child is the message that it holds */
};

/* One part; root is the message itself.  Offsets named _at count octets of the
 * text, the others those of the text with CRLF for every line end. */
struct mime_part {
	enum mime_kind kind;
	bool message;           /* it is a message: its header is one's */
	bool in_digest;         /* its type is message/rfc822 unless said */
	uint16_t depth;         /* of root 0 */
	uint32_t parent;        /* of root MIME_NONE */
	uint32_t child, next;   /* first child, next sibling, or MIME_NONE */
	size_t header_at;       /* where its header begins */
	size_t body_at, end_at; /* its body, the header's empty line behind */
	uint64_t header, body, end;
	uint64_t lines; /* line ends in the body */
};

struct mime {
	struct mime_part *parts; /* in the order of the text, root first */
	uint32_t count;
	size_t cap;
};

/* Finds the parts of text, which may end its lines with LF or CRLF.  mime is
 * zeroed or was used before. */
void mime_parse(struct slice text, struct mime *mime);

/* The same for octets in which nothing but CRLF ends a line (RFC 3030): an LF
 * of its own is one of a line's. */
void mime_parse_crlf(struct slice octets, struct mime *mime);
void mime_release(struct mime *mime);

/* A part's header in the text it was parsed from, its empty line included. */
struct slice mime_header(const struct mime_part *part, struct slice text);

/*
 * The part that IMAP calls numbers[0].numbers[1]... (RFC 9051 section 6.4.5.1):
 * its index, or MIME_NONE.  No numbers at all name the root.
 */
uint32_t mime_find(
    const struct mime *mime, const uint32_t *numbers, size_t count);

#endif
