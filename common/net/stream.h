/* A buffered duplex stream over a socket, a pair of pipes, or TLS, with
 * absolute deadlines and sticky errors: callers write on and test once.
 * Never reads ahead of what one read gives and never logs. */
#ifndef NJIWA_NET_STREAM_H
#define NJIWA_NET_STREAM_H

#include <stdint.h>
#include <sys/types.h>
#include "common/base/str.h"

#define STREAM_READ_MAX 16384  /* octets of one read */
#define STREAM_WRITE_MAX 65536 /* octets held back before they are sent */

struct stream;

/* What a stream reads and writes through.  read and write give octets, 0 at
 * end of file (read), -EAGAIN when they must wait (for what wants says), or
 * another -errno; they never block. */
struct stream_io {
	ssize_t (*read)(void *ctx, void *octets, size_t len);
	ssize_t (*write)(void *ctx, const void *octets, size_t len);
	short (*wants)(
	    void *ctx); /* POLLIN or POLLOUT after -EAGAIN; NULL: its own */
	bool (*pending)(
	    void *ctx);           /* octets already here that poll cannot see */
	void (*close)(void *ctx); /* says goodbye and frees ctx; may be NULL */
};

/* A stream over descriptors (the same one twice for a socket), which stay the
 * caller's. */
struct stream *stream_new(int in, int out);
void stream_free(struct stream *s);

/* Puts io between the stream and its descriptors (TLS).  Nothing may be
 * buffered. */
void stream_set_io(struct stream *s, const struct stream_io *io, void *ctx);

/* All waiting from now on ends at deadline (clock.h) with -ETIMEDOUT. */
void stream_set_deadline(struct stream *s, int64_t deadline);

/*
 * From now on the stream breaks (-EPIPE) when the peer of the socket fd hangs
 * up while it waits: a front without its keeper is nobody.  What waits for
 * input gives -ECANCELED, which is not sticky, while something is to be read
 * from fd, as the keeper's word to end.  -1 ends that.
 */
void stream_set_guard(struct stream *s, int fd);

/* stream_wait also ends when something is to be read from fd, or its peer has
 * hung up.  -1 ends that. */
void stream_set_bell(struct stream *s, int fd);

/* Nothing more is read: the stream is as at its end of file. */
void stream_end_input(struct stream *s);

/* The first error: 0, -ETIMEDOUT, -EPIPE, -ECONNRESET, ...  Sticky: after it
 * nothing is read or written.  End of file is not an error, nor is input that
 * did not come in time: a new deadline, and the client can be told. */
int stream_error(const struct stream *s);
bool stream_eof(const struct stream *s);

/* What has been read and not eaten; borrowed until the next call. */
struct slice stream_input(const struct stream *s);
void stream_eat(struct stream *s, size_t n);

/* Puts octets in front of the input, as if they had just been read. */
void stream_unread(struct stream *s, struct slice octets);

/* Waits for and adds more input: 1, 0 at end of file, -errno.  What was
 * written is flushed first, so that a peer is never waited for in silence. */
int stream_fill(struct stream *s);

/*
 * Waits for a whole line.  1 and the line, with its LF, borrowed until the
 * next call (it is eaten already); 0 at end of file; -EMSGSIZE when it is
 * longer than max octets, LF included: *ret_line is its beginning, what has
 * come of it is dropped, and the rest, to its LF, is dropped by later calls
 * before they look for a line; -errno.
 */
int stream_read_line(struct stream *s, size_t max, struct slice *ret_line);

/* Appends to the output; sent when STREAM_WRITE_MAX is reached, at
 * stream_flush and before waiting for input. */
void stream_write(struct stream *s, struct slice octets);
void stream_puts(struct stream *s, const char *text);
void stream_printf(struct stream *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends what was written; the sticky error. */
int stream_flush(struct stream *s);

/*
 * Waits until there is input, or watch (-1 for none) is readable, or the time
 * is past deadline: STREAM_WAIT_ bits.  Output is flushed first.
 */
enum {
	STREAM_WAIT_INPUT = 1, /* or end of file, or an error */
	STREAM_WAIT_WATCH = 2,
	STREAM_WAIT_TIMEOUT = 4,
	STREAM_WAIT_BELL = 8
};
int stream_wait(struct stream *s, int watch, int64_t deadline);

/*
 * Carries octets between the stream and the socket fd, both ways, until either
 * side ends; then sends what is left and returns.  The process behind fd keeps
 * the time; once it is gone, a client that does not read on for half a minute
 * has lost what was left.
 */
void stream_pump(struct stream *s, int fd);

/* Gives buffer memory back while a session idles; nothing is lost. */
void stream_shrink(struct stream *s);

#endif
