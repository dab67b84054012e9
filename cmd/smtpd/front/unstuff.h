/* The message after DATA (RFC 5321 sections 4.1.1.4 and 4.5.2): finds its end,
 * takes the stuffed dots away, makes CRLF into LF; and that of BDAT, which has
 * neither.  Only CRLF "." CRLF ends a message; every other use of CR or LF is
 * a fault that is remembered, or mended when that is wanted, and never an end;
 * so is NUL a fault.  Never changes an octet of a message without faults. */
#ifndef NJIWA_CMD_SMTPD_FRONT_UNSTUFF_H
#define NJIWA_CMD_SMTPD_FRONT_UNSTUFF_H

#include <stdint.h>
#include "common/base/str.h"

/* Octets of a line, CRLF included.  RFC 5321 section 4.5.3.1.6 promises 1000;
 * real senders put whole HTML pages on one. */
#define UNSTUFF_LINE_MAX 1048576

enum {
	FAULT_BARE_LF = 1 << 0,
	FAULT_BARE_CR = 1 << 1,
	FAULT_NUL = 1 << 2,
	FAULT_LONG_LINE = 1 << 3
};

/* Where in a line the octets stand.  Zeroed at the start of a message, but for
 * normalize and chunked. */
struct unstuff {
	enum {
		UNSTUFF_LINE_START,
		UNSTUFF_DOT,    /* a dot at the start of a line */
		UNSTUFF_DOT_CR, /* and a CR behind it */
		UNSTUFF_LINE,
		UNSTUFF_CR
	} state;
	bool normalize;  /* a bare LF ends a line, a bare CR is a blank */
	bool chunked;    /* BDAT: no dots, and no end */
	bool soft;       /* the line before ended with a bare LF */
	unsigned faults; /* FAULT_ bits so far */
	size_t line;     /* octets of this line */
	uint64_t octets; /* of the message, CRLF as two, stuffing left out */
};

/*
 * Takes the octets of *in up to the end of the message, or all, and appends
 * the message's text to out (nothing more once there is a fault).  True at the
 * end of the message; *in is then what follows it.
 */
bool unstuff_feed(struct unstuff *un, struct slice *in, struct str *out);

/* Ends a message of chunks: its last line gets an end where it has none. */
void unstuff_finish(struct unstuff *un, struct str *out);

#endif
