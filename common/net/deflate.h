/* Compression between a stream and whatever it writes to (RFC 1951, as RFC 4978
 * wants it): it grows by what is said and shrinks to a window while nothing
 * is.  Never gives more octets than a read has room for, however small what
 * came was, and never knows a protocol. */
#ifndef NJIWA_NET_DEFLATE_H
#define NJIWA_NET_DEFLATE_H

#include "common/net/stream.h"

struct deflate; /* the stream's, which frees it */

/*
 * From now on everything that is written is compressed, and everything that is
 * read was; each flush ends on an octet that the peer can decompress.  Output
 * must have been flushed; input that was read and not eaten counts as
 * compressed.
 */
struct deflate *stream_deflate(struct stream *s);

/* Gives memory back while nothing is said: what is left is the window of what
 * comes. */
void deflate_shrink(struct deflate *deflate);

#endif
