/* Dot-stuffing (RFC 1939 section 3), straight from pieces of a message.
 * Never copies a piece but into the stream. */
#ifndef NJIWA_CMD_POP3D_STUFF_H
#define NJIWA_CMD_POP3D_STUFF_H

#include "common/net/stream.h"

#define STUFF_ALL UINT64_MAX /* lines: as many as there are */

struct stuff {
	struct stream *out;
	uint64_t lines; /* that may still be written */
	bool in_line;   /* something of a line is out, not its end */
};

/* Writes octets, whose lines end with CRLF, wherever the last piece ended; up
 * to the end of the last line that is allowed.  False when that is reached,
 * or the stream has an error.  A body_put of store/body.h. */
bool stuff_put(void *stuff, struct slice octets);

/* Ends the message: the end of its last line if that has none, and the dot. */
void stuff_end(struct stuff *stuff);

#endif
