#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/net/stream_private.h"

#define READ_SMALL 4096     /* octets of a read of a talking client */
#define PIPE_WRITE_MAX 4096 /* a pipe that poll calls writable takes these */

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

struct stream *
stream_new(int in, int out)
{
	struct stream *s = mem_zalloc(1, sizeof *s);

	s->in = in;
	s->out = out;
	s->in_socket = is_socket(in);
	s->out_socket = out == in ? s->in_socket : is_socket(out);
	s->deadline = CLOCK_NEVER;
	s->guard = -1;
	s->bell = -1;
	return s;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->io && s->io->close)
		s->io->close(s->io_ctx);
	str_release(&s->input);
	str_release(&s->output);
	free(s);
}

void
stream_set_io(struct stream *s, const struct stream_io *io, void *ctx)
{
	s->io = io;
	s->io_ctx = ctx;
}

void
stream_set_deadline(struct stream *s, int64_t deadline)
{
	s->deadline = deadline;
}

int
stream_error(const struct stream *s)
{
	return s->error;
}

bool
stream_eof(const struct stream *s)
{
	return s->eof;
}

static ssize_t
fd_read(const struct stream *s, void *octets, size_t len)
{
	ssize_t n;

	if (!s->in_socket && fileio_wait(s->in, POLLIN, clock_ms()) < 0)
		return -EAGAIN;
	do
		n = s->in_socket ? recv(s->in, octets, len, MSG_DONTWAIT)
				 : read(s->in, octets, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t
fd_write(const struct stream *s, const void *octets, size_t len)
{
	ssize_t n;

	if (!s->out_socket) {
		if (fileio_wait(s->out, POLLOUT, clock_ms()) < 0)
			return -EAGAIN;
		len = len > PIPE_WRITE_MAX ? PIPE_WRITE_MAX : len;
	}
	do
		n = s->out_socket
			? send(s->out, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(s->out, octets, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t
stream_try_read(struct stream *s, void *octets, size_t len)
{
	s->ready = false;
	return s->io ? s->io->read(s->io_ctx, octets, len)
		     : fd_read(s, octets, len);
}

ssize_t
stream_try_write(struct stream *s, const void *octets, size_t len)
{
	return s->io ? s->io->write(s->io_ctx, octets, len)
		     : fd_write(s, octets, len);
}

short
stream_wants(struct stream *s, short events)
{
	return s->io && s->io->wants ? s->io->wants(s->io_ctx) : events;
}

void
stream_set_bell(struct stream *s, int fd)
{
	s->bell = fd;
}

void
stream_end_input(struct stream *s)
{
	s->eof = true;
}

void
stream_set_guard(struct stream *s, int fd)
{
	s->guard = fd;
}

int
stream_wait_ready(struct stream *s, short events)
{
	struct pollfd p[2] = {
		{ .fd = events & POLLOUT ? s->out : s->in, .events = events },
		/* a hang-up is told unasked */
		{ .fd = s->guard, .events = s->reading ? POLLIN : 0 },
	};
	int n;

	do
		n = poll(p, s->guard < 0 ? 1 : 2, clock_left(s->deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	if (p[0].revents || !p[1].revents)
		return 0;
	return p[1].revents & ~POLLIN ? -EPIPE : -ECANCELED;
}

/* Waits for what an attempt that gave -EAGAIN needs; 0 or an error. */
static int
wait_for(struct stream *s, short events)
{
	return stream_wait_ready(s, stream_wants(s, events));
}

int
stream_flush(struct stream *s)
{
	size_t sent = 0;

	while (s->error == 0 && sent < s->output.len) {
		ssize_t n = stream_try_write(
		    s, s->output.ptr + sent, s->output.len - sent);

		if (n == -EAGAIN)
			s->error = wait_for(s, POLLOUT);
		else if (n < 0)
			s->error = (int)n;
		else
			sent += (size_t)n;
	}
	str_clear(&s->output);
	return s->error;
}

void
stream_write(struct stream *s, struct slice octets)
{
	while (s->error == 0 && octets.len) {
		size_t room = STREAM_WRITE_MAX - s->output.len;
		struct slice part = slice_head(octets, room);

		str_append(&s->output, part);
		octets = slice_skip(octets, part.len);
		if (s->output.len >= STREAM_WRITE_MAX)
			(void)stream_flush(s); /* the error is sticky */
	}
}

void
stream_puts(struct stream *s, const char *text)
{
	stream_write(s, slice_from(text));
}

void
stream_printf(struct stream *s, const char *fmt, ...)
{
	STR_AUTO text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vappendf(&text, fmt, ap);
	va_end(ap);
	stream_write(s, str_slice(&text));
}

struct slice
stream_input(const struct stream *s)
{
	return slice_skip(str_slice(&s->input), s->head);
}

void
stream_eat(struct stream *s, size_t n)
{
	size_t have = s->input.len - s->head;

	n = n > have ? have : n;
	s->head += n;
	s->scanned = s->scanned > n ? s->scanned - n : 0;
}

void
stream_unread(struct stream *s, struct slice octets)
{
	struct str whole = STR_INIT;

	str_append(&whole, octets);
	str_append(&whole, stream_input(s));
	str_release(&s->input);
	s->input = whole;
	s->head = 0;
	s->scanned = 0;
}

char *
stream_room(struct stream *s, size_t len)
{
	str_drop(&s->input, s->head);
	s->head = 0;
	str_reserve(&s->input, len);
	return s->input.ptr + s->input.len;
}

/* Is there nothing to be had without waiting on the descriptor? */
static bool
must_poll_first(struct stream *s)
{
	if (s->ready || s->io == NULL)
		return !s->ready;
	return s->io->pending && !s->io->pending(s->io_ctx);
}

int
stream_fill(struct stream *s)
{
	bool natural = must_poll_first(s); /* a past write's wish is no news */
	size_t want;
	ssize_t n = -EAGAIN;

	if (stream_flush(s) < 0)
		return s->error;
	if (s->eof)
		return 0;
	want = s->bulk || s->input.len - s->head >= READ_SMALL ? STREAM_READ_MAX
							       : READ_SMALL;
	if (!natural)
		n = stream_try_read(s, stream_room(s, want), want);
	while (n == -EAGAIN) {
		int rc;

		s->reading = true;
		rc = natural ? stream_wait_ready(s, POLLIN)
			     : wait_for(s, POLLIN);
		s->reading = natural = false;
		if (rc == -ETIMEDOUT || rc == -ECANCELED)
			return rc; /* what the peer owes does not keep us from
				    * telling it so */
		if (rc < 0)
			return s->error = rc;
		n = stream_try_read(s, stream_room(s, want), want);
	}
	if (n < 0)
		return s->error = (int)n;
	s->eof = n == 0;
	s->bulk = (size_t)n >= READ_SMALL;
	s->input.len += (size_t)n;
	s->input.ptr[s->input.len] = '\0';
	return n > 0;
}

/* Drops input up to and with the next LF; true when it was there. */
static bool
skip_line(struct stream *s)
{
	struct slice input = stream_input(s);
	size_t at = slice_find(input, '\n');

	stream_eat(s, at < input.len ? at + 1 : input.len);
	s->skipping = at == input.len;
	return !s->skipping;
}

/* The line that is there already: 1, 0 when there is none yet, -EMSGSIZE. */
static int
take_line(struct stream *s, size_t max, struct slice *ret_line)
{
	struct slice input = stream_input(s), fresh;
	size_t at;

	fresh = slice_skip(input, s->scanned);
	at = s->scanned + slice_find(fresh, '\n');
	if (at < input.len && at + 1 <= max) {
		*ret_line = slice_head(input, at + 1);
		stream_eat(s, at + 1);
		s->scanned = 0;
		return 1;
	}
	if (at == input.len && input.len < max) {
		s->scanned = input.len;
		return 0;
	}
	s->scanned = 0;
	*ret_line = slice_head(input, max);
	(void)skip_line(s); /* now or by later calls */
	return -EMSGSIZE;
}

int
stream_read_line(struct stream *s, size_t max, struct slice *ret_line)
{
	for (;;) {
		int rc = 0;

		if (!s->skipping || skip_line(s))
			rc = take_line(s, max, ret_line);
		if (rc != 0)
			return rc;
		rc = stream_fill(s);
		if (rc <= 0)
			return rc;
	}
}

int
stream_wait(struct stream *s, int watch, int64_t deadline)
{
	struct pollfd p[] = {
		{ .fd = s->in, .events = POLLIN },
		{ .fd = watch, .events = POLLIN },
		{ .fd = s->guard, .events = POLLIN },
		{ .fd = s->bell, .events = POLLIN },
	};
	int n;

	if (stream_flush(s) < 0 || s->eof || s->ready || stream_input(s).len ||
	    (s->io && s->io->pending && s->io->pending(s->io_ctx)))
		return STREAM_WAIT_INPUT;
	do
		n = poll(p, sizeof p / sizeof p[0], clock_left(deadline));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return STREAM_WAIT_TIMEOUT;
	if (n < 0)
		return STREAM_WAIT_INPUT; /* the next read says what is wrong */
	s->ready = p[0].revents;
	return (s->ready || p[2].revents ? STREAM_WAIT_INPUT : 0) |
	       (p[1].revents ? STREAM_WAIT_WATCH : 0) |
	       (p[3].revents ? STREAM_WAIT_BELL : 0);
}

void
stream_shrink(struct stream *s)
{
	if (s->head == s->input.len) {
		str_release(&s->input);
		s->head = 0;
	}
	if (s->output.len == 0)
		str_release(&s->output);
}
