/* The inside of a stream, for the files that make it up.
 * Never included elsewhere. */
#ifndef NJIWA_NET_STREAM_PRIVATE_H
#define NJIWA_NET_STREAM_PRIVATE_H

#include "common/net/stream.h"

struct stream {
	int in, out;
	bool in_socket, out_socket;
	const struct stream_io *io;
	void *io_ctx;
	struct str input;
	size_t head;    /* octets of input that were eaten */
	size_t scanned; /* octets behind head known to hold no LF */
	struct str output;
	int64_t deadline;
	int error;
	bool eof;
	bool skipping; /* the rest of an overlong line is to be dropped */
	int bell;      /* what ends stream_wait, or -1 */
	int guard;     /* whose hang-up ends all waiting, or -1 */
	bool bulk;     /* the last read was full: more of that comes */
	bool reading;  /* it is input that is waited for */
	bool ready;    /* a read will not wait: poll has said so already */
};

/* Waits until the stream's own descriptor is ready or its deadline has come:
 * 0, -ETIMEDOUT, -errno; -EPIPE when the guard hung up. */
int stream_wait_ready(struct stream *s, short events);

/* One attempt to read or write, as struct stream_io says. */
ssize_t stream_try_read(struct stream *s, void *octets, size_t len);
ssize_t stream_try_write(struct stream *s, const void *octets, size_t len);

/* What poll must wait for after -EAGAIN of an attempt that would naturally
 * wait for events. */
short stream_wants(struct stream *s, short events);

/* The input's room for another read, at least len octets; what was eaten is
 * moved out of the way. */
char *stream_room(struct stream *s, size_t len);

#endif
