#include <errno.h>
#include <malloc.h>
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

#define PUMP_REST 2000      /* ms of silence until memory is given back */
#define LAST_WORDS_MS 30000 /* for a client to read what a session left */

/* The two ways, and the time for the last of them. */
struct pump {
	struct stream *s;
	int fd;
	struct way in, out;
	bool moved;      /* something, since memory was given back */
	bool gone;       /* the process behind fd: nobody keeps the time now */
	int64_t give_up; /* when the client does not read on */
};

/* Waits for the ends; when nothing has moved for a while, memory is given back
 * first.  False when the time is up. */
static bool
poll_or_rest(struct pump *pump, struct pollfd p[3])
{
	if (pump->moved && pump->give_up == CLOCK_NEVER) {
		if (poll(p, 3, PUMP_REST) != 0)
			return true;
		pump->moved = false;
		(void)malloc_trim(0); /* an optimisation */
	}
	return poll(p, 3, clock_left(pump->give_up)) != 0;
}

/* Waits until one of the four ends can go on; false when the client has taken
 * too long.  Buffers that hold nothing are given back first, for most of a
 * session is waiting. */
static bool
wait_ends(struct pump *pump)
{
	short wants = pump->in.waits | pump->out.waits;
	struct pollfd p[3] = {
		{ .fd = wants & POLLIN ? pump->s->in : -1, .events = POLLIN },
		{ .fd = wants & POLLOUT ? pump->s->out : -1,
		    .events = POLLOUT },
		{ .fd = pump->fd },
	};

	if (pump->in.held.len == 0)
		str_release(&pump->in.held);
	if (pump->out.held.len == 0)
		str_release(&pump->out.held);
	p[2].events = (pump->in.held.len ? POLLOUT : 0) |
		      (pump->out.held.len ? 0 : POLLIN);
	if (pump->gone && p[2].events == 0)
		p[2].fd = -1; /* would be told of the hang-up for ever */
	if (!poll_or_rest(pump, p))
		return false;
	if ((p[2].revents & POLLHUP) && !pump->gone) {
		pump->gone = true;
		pump->give_up = clock_deadline(LAST_WORDS_MS);
	}
	return true;
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

/* One round; true when something went on its way to the client. */
static bool
move_octets(struct pump *pump)
{
	struct way *out = &pump->out;
	size_t before;

	read_stream(pump->s, &pump->in);
	write_socket(pump->fd, &pump->in);
	tell_end(pump->fd, &pump->in);
	read_socket(pump->fd, out);
	before = out->held.len;
	write_stream(pump->s, out);
	if (before > out->held.len && pump->gone)
		pump->give_up = clock_deadline(LAST_WORDS_MS);
	return before > out->held.len;
}

static void
pump_ends(struct pump *pump)
{
	const struct way *in = &pump->in, *out = &pump->out;

	for (;;) {
		bool moved = move_octets(pump);

		pump->moved |= moved;

		if (out->broken || (out->ended && out->held.len == 0))
			return;
		if (moved)
			continue;
		if (!in->ended && in->held.len == 0 && !in->waits)
			continue;
		if (!wait_ends(pump))
			return;
	}
}

void
stream_pump(struct stream *s, int fd)
{
	struct pump pump = { .s = s,
		.fd = fd,
		.in = { .held = STR_INIT },
		.out = { .held = STR_INIT },
		.give_up = CLOCK_NEVER };

	if (stream_flush(s) == 0 && !s->eof) {
		str_append(&pump.in.held, stream_input(s));
		stream_eat(s, pump.in.held.len);
		stream_shrink(s);
		pump_ends(&pump);
	}
	str_release(&pump.in.held);
	str_release(&pump.out.held);
}
