/* The header of a message (RFC 5322 section 2.2, and what is met in reality):
 * scanned line by line while it arrives, and looked up when complete.
 * Never decodes a field's words and never allocates for what it only reads. */
#ifndef NJIWA_MSG_HEADER_H
#define NJIWA_MSG_HEADER_H

#include "common/base/str.h"

#define HEADER_LINE_MAX 998 /* octets of a line we make (RFC 5322 2.1.1) */

enum {
	HEADER_HAS_FROM = 1 << 0,
	HEADER_HAS_DATE = 1 << 1,
	HEADER_HAS_MESSAGE_ID = 1 << 2,
	HEADER_HAS_SUBJECT = 1 << 3,
	HEADER_HAS_TO = 1 << 4 /* or Cc, or Bcc */
};

/* What was seen so far of a header that arrives.  Zeroed at the start, but for
 * who we are. */
struct header_scan {
	const char *authserv_id; /* ours (RFC 8601 2.5); NULL: not looked at */
	bool done;               /* the header is over: what comes is body */
	bool broken;             /* it was ended by a line that is no field */
	bool in_field;           /* a line may continue the one before */
	unsigned has;            /* HEADER_HAS_ bits */
	size_t lines;            /* of the header, without the empty line */
	size_t octets;           /* of the header as written to out */
	size_t received;         /* Received fields */
	size_t delivered_to;     /* Delivered-To fields */
};

/*
 * Takes the next line, without its line end, and appends it with LF to out as
 * it belongs on disk: X-Spam-... fields are renamed to X-Old-Spam-...,
 * Authentication-Results that claim to be ours to X-Old-... (RFC 8601 section
 * 5), those that may only do so on a later line too.  The
 * header is over at the empty line; or at a line that cannot be part of a
 * header, in front of which an empty line is then put.  Once over, lines are
 * copied as they are.  A mailbox's separator ("From ...") as the first line of
 * all becomes an X-Mailbox-Line field, so that the header stays one.
 */
void header_scan_line(
    struct header_scan *scan, struct slice line, struct str *out);

/* Can a field have that name (RFC 5322 section 2.2)? */
bool header_is_name(struct slice name);

/* A field of a complete header; the slices borrow from it. */
struct header_field {
	struct slice name; /* without blanks and colon */
	struct slice body; /* behind the colon, folding and line end included */
	struct slice raw;  /* all its lines, as they are */
};

/*
 * Cuts the next field off *rest, a header with LF or CRLF line ends; false at
 * the empty line, which stays, or at the end.  Lines that are no field are
 * skipped: a Maildir may hold anything.
 */
bool header_next(struct slice *rest, struct header_field *ret_field);

/* The first field of that name, in any case; false when there is none. */
bool header_find(
    struct slice header, const char *name, struct header_field *ret_field);

/* Octets of the header at the start of message, with its empty line; all of
 * it when there is no empty line. */
size_t header_length(struct slice message);

/* Appends a field's body on one line: line ends gone, blanks at both ends
 * gone, NUL and other control characters as blanks. */
void header_unfold(struct slice body, struct str *out);

/*
 * Appends the fields of header with prefix in front of each Subject that does
 * not begin with it, and with a Subject behind them where there is none.  Line
 * ends are those of header.  The empty line and what follows it is left to the
 * caller: the octets of header that were taken are returned.
 */
size_t header_prefix_subject(
    struct slice header, const char *prefix, struct str *out);

#endif
