#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/net/stream_private.h"

/* One direction: octets on their way, and whether more can come. */
struct way {
	struct str held;
	bool ended;  /* its source is at end of file, or broken */
	bool broken; /* its sink takes no more */
	bool told;   /* its sink knows that it ended */
	short waits; /* what the source or sink waits for, 0 for nothing */
};

/* Reads from the stream into in; -EAGAIN sets what to wait for. */
static void
read_stream(struct stream *s, struct way *in)
{
	ssize_t n;

	in->waits = 0;
	if (in->ended || in->held.len)
		return;
	str_reserve(&in->held, STREAM_READ_MAX);
	n = stream_try_read(s, in->held.ptr, STREAM_READ_MAX);
	if (n > 0)
		in->held.len = (size_t)n;
	else if (n == -EAGAIN)
		in->waits = stream_wants(s, POLLIN);
	else
		in->ended = true;
}

static void
read_socket(int fd, struct way *out)
{
	ssize_t n;

	if (out->ended || out->held.len)
		return;
	str_reserve(&out->held, STREAM_READ_MAX);
	n = recv(fd, out->held.ptr, STREAM_READ_MAX, MSG_DONTWAIT);
	if (n > 0)
		out->held.len = (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		out->ended = true;
}

static void
write_socket(int fd, struct way *in)
{
	ssize_t n;

	if (in->held.len == 0)
		return;
	n = send(fd, in->held.ptr, in->held.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		str_drop(&in->held, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		in->broken = true;
}

static void
write_stream(struct stream *s, struct way *out)
{
	ssize_t n;

	out->waits = 0;
	if (out->held.len == 0)
		return;
	n = stream_try_write(s, out->held.ptr, out->held.len);
	if (n > 0)
		str_drop(&out->held, (size_t)n);
	else if (n == -EAGAIN)
		out->waits = stream_wants(s, POLLOUT);
	else
		out->broken = true;
}

/* Waits until one of the four ends can go on; buffers that hold nothing are
 * given back first, for most of a session is waiting. */
static void
wait_ends(struct stream *s, int fd, const struct way *in, const struct way *out)
{
	struct pollfd p[3] = {
		{ .fd = s->in, .events = in->waits & POLLIN },
		{ .fd = s->out, .events = (in->waits | out->waits) & POLLOUT },
		{ .fd = fd, .events = in->held.len ? POLLOUT : 0 },
	};

	if (out->held.len == 0)
		p[2].events |= POLLIN;
	if (out->waits & POLLIN)
		p[0].events |= POLLIN;
	if (p[0].events == 0)
		p[0].fd = -1;
	if (p[1].events == 0)
		p[1].fd = -1;
	(void)poll(p, 3, -1); /* whoever is ready says what is wrong */
}

/* Passes the client's end of file on, once; the session may still talk. */
static void
tell_end(int fd, struct way *in)
{
	if (in->broken)
		str_clear(&in->held);
	in->ended = in->ended || in->broken;
	if (!in->ended || in->held.len || in->told)
		return;
	in->told = true;
	in->waits = 0;
	(void)shutdown(fd, SHUT_WR); /* gone already is as good */
}

static void
pump_ends(struct stream *s, int fd, struct way *in, struct way *out)
{
	for (;;) {
		size_t before;

		read_stream(s, in);
		write_socket(fd, in);
		tell_end(fd, in);
		read_socket(fd, out);
		before = out->held.len;
		write_stream(s, out);
		if (out->broken || (out->ended && out->held.len == 0))
			return;
		if (before > out->held.len)
			continue;
		if (!in->ended && in->held.len == 0 && !in->waits)
			continue;
		if (in->held.len == 0)
			str_release(&in->held);
		if (out->held.len == 0)
			str_release(&out->held);
		wait_ends(s, fd, in, out);
	}
}

void
stream_pump(struct stream *s, int fd)
{
	struct way in = { .held = STR_INIT }, out = { .held = STR_INIT };

	if (stream_flush(s) == 0 && !s->eof) {
		str_append(&in.held, stream_input(s));
		stream_eat(s, in.held.len);
		stream_shrink(s);
		pump_ends(s, fd, &in, &out);
	}
	str_release(&in.held);
	str_release(&out.held);
}
