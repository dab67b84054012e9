#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proto/exchange.h"

/* Sends to a socket or, what poll(2) promises not to block, a pipe. */
static ssize_t
send_some(int fd, struct slice octets)
{
	ssize_t n =
	    send(fd, octets.ptr, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, octets.ptr,
		    octets.len < PIPE_BUF ? octets.len : PIPE_BUF);
	return n;
}

/* Nothing more goes out: lets the other side see the end where it waits for
 * one.  A pipe's end gives its number to a harmless descriptor, for the number
 * stays the caller's; a confined front may not call dup3(2). */
static void
finish(struct exchange *x)
{
	x->sent = true;
	if (!x->hang_up || shutdown(x->out, SHUT_WR) == 0 || errno != ENOTSOCK)
		return;
	(void)close(x->out); /* what was written is written */
	(void)fcntl(x->spare, F_DUPFD_CLOEXEC,
	    x->out); /* the lowest from there on is itself */
}

/* Sends what goes without waiting.  A reader that is gone is no error yet: it
 * may have said why. */
static int
push(struct exchange *x, struct err *err)
{
	ssize_t n;
	int rc = x->ready.len ? 0 : x->ops->next(x->ctx, &x->ready, err);

	if (rc < 0)
		return rc;
	if (x->ready.len == 0) {
		finish(x);
		return 0;
	}
	n = send_some(x->out, x->ready);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		return err_sys(err, errno, "cannot send to %s", x->who);
	if (n < 0) {
		x->refused = true;
		finish(x);
		return 0;
	}
	x->ready = slice_skip(x->ready, (size_t)n);
	return 0;
}

/* Takes what has come. */
static int
pull(struct exchange *x, struct err *err)
{
	char buffer[EXCHANGE_CHUNK];
	ssize_t n = recv(x->in, buffer, sizeof buffer, MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = read(x->in, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_sys(err, errno, "%s broke off", x->who);
	if (n > 0)
		return x->ops->take(x->ctx, slice_of(buffer, (size_t)n), err);
	x->closed = true;
	return x->ops->end(x->ctx, err);
}

/* Waits for either side and moves what it can. */
static int
step(struct exchange *x, struct err *err)
{
	struct pollfd fds[3] = { { x->closed ? -1 : x->in, POLLIN, 0 },
		{ x->sent ? -1 : x->out, POLLOUT, 0 },
		{ x->guard > 0 ? x->guard : -1, 0, 0 } };
	int left = clock_left(x->deadline);
	int rc = 0;

	if (left == 0)
		return err_set(err, ETIMEDOUT, "%s took too long", x->who);
	if (poll(fds, 3, left) < 0)
		return errno == EINTR
			   ? 0
			   : err_sys(err, errno, "cannot wait for %s", x->who);
	if (fds[2].revents)
		return err_set(err, EPIPE, "the keeper is gone");
	if (fds[0].revents)
		rc = pull(x, err); /* first: it may be why nothing goes out */
	if (rc == 0 && fds[1].revents && !x->ops->done(x->ctx))
		rc = push(x, err);
	return rc;
}

static bool
is_over(const struct exchange *x)
{
	if (x->ops->done(x->ctx))
		return true;
	return x->closed && (x->sent || !x->whole);
}

int
exchange_run(struct exchange *x, struct err *err)
{
	int rc = 0;

	while (rc == 0 && !is_over(x))
		rc = step(x, err);
	return rc;
}

int
exchange_wait(int fd, short events, int guard, int64_t deadline)
{
	struct pollfd fds[2] = { { fd, events, 0 },
		{ guard > 0 ? guard : -1, 0, 0 } };
	int n;

	do
		n = poll(fds, 2, clock_left(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	return fds[1].revents ? -EPIPE : 0;
}
