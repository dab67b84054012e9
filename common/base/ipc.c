#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int) * IPC_FDS_MAX)];
};

int
ipc_pair(int ret_ends[2])
{
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC;

	return socketpair(AF_UNIX, type, 0, ret_ends) < 0 ? -errno : 0;
}

int
ipc_stream_pair(int ret_ends[2])
{
	int type = SOCK_STREAM | SOCK_CLOEXEC;

	return socketpair(AF_UNIX, type, 0, ret_ends) < 0 ? -errno : 0;
}

static void
attach_fds(
    struct msghdr *head, union control *control, const int *fds, size_t nfds)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof *control);
	head->msg_control = control;
	head->msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	c = CMSG_FIRSTHDR(head);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
}

/* What a message is made of. */
struct outgoing {
	uint16_t type;
	struct slice body;
	const int *fds;
	size_t nfds;
};

/* A message without descriptors goes without sendmsg(2): that would let a
 * front send to other addresses than those its sockets are connected to, and
 * its filter knows only sendto(2) without an address. */
static int
send_plain(int fd, const struct outgoing *out, int flags)
{
	struct str whole = STR_INIT;
	int rc = 0;

	str_append_mem(&whole, &out->type, sizeof out->type);
	str_append(&whole, out->body);
	while (rc == 0 && send(fd, whole.ptr, whole.len, flags) < 0)
		if (errno != EINTR)
			rc = -errno;
	str_wipe(&whole);
	return rc;
}

/* Sends out with the flags of send(2); 0 or -errno. */
static int
send_out(int fd, struct outgoing *out, int flags)
{
	struct iovec parts[2] = {
		{ &out->type, sizeof out->type },
		{ (void *)(uintptr_t)out->body.ptr, out->body.len },
	};
	struct msghdr head = { .msg_iov = parts, .msg_iovlen = 2 };
	union control control;

	if (out->body.len > IPC_BODY_MAX || out->nfds > IPC_FDS_MAX)
		return -EMSGSIZE;
	if (out->nfds == 0)
		return send_plain(fd, out, MSG_NOSIGNAL | flags);
	attach_fds(&head, &control, out->fds, out->nfds);
	while (sendmsg(fd, &head, MSG_NOSIGNAL | flags) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int
ipc_send_at_once(
    int fd, uint16_t type, struct slice body, const int *fds, size_t nfds)
{
	struct outgoing out = { type, body, fds, nfds };

	return send_out(fd, &out, MSG_DONTWAIT);
}

int
ipc_send(int fd, uint16_t type, struct slice body, const int *fds, size_t nfds)
{
	struct outgoing out = { type, body, fds, nfds };
	int rc;

	/* a descriptor may be non-blocking: then the wait is ours */
	while ((rc = send_out(fd, &out, 0)) == -EAGAIN) {
		rc = fileio_wait(fd, POLLOUT, CLOCK_NEVER);
		if (rc < 0)
			break;
	}
	return rc;
}

/* Takes the descriptors out of a received header; false when there are more
 * than fit (the kernel has then closed the rest). */
static bool
detach_fds(struct msghdr *head, struct ipc_msg *msg)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (n > IPC_FDS_MAX - msg->nfds)
			return false;
		memcpy(msg->fds + msg->nfds, CMSG_DATA(c), n * sizeof(int));
		msg->nfds += n;
	}
	return (head->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
}

/* One message into octets: its length, 0 at end of file, -errno.  Where there
 * is no deadline to wait for, a poll is saved: the kernel waits, or nobody. */
static ssize_t
receive(int fd, struct msghdr *head, int64_t deadline)
{
	bool at_once = deadline == CLOCK_PAST;
	int flags = MSG_CMSG_CLOEXEC | (at_once ? MSG_DONTWAIT : 0);

	for (;;) {
		int rc = at_once || deadline == CLOCK_NEVER
			     ? 0
			     : fileio_wait(fd, POLLIN, deadline);
		ssize_t n;

		if (rc < 0)
			return rc;
		n = recvmsg(fd, head, flags);
		if (n >= 0)
			return n;
		if (at_once && errno == EAGAIN)
			return -ETIMEDOUT;
		/* a peer that went without reading all: told once, and what it
		 * had sent is still there */
		if (errno != EINTR && errno != ECONNRESET)
			return -errno;
	}
}

int
ipc_recv(int fd, struct ipc_msg *msg, int64_t deadline)
{
	union control control;
	char
	    octets[IPC_BODY_MAX + 1]; /* one more, to see that it is too much */
	struct iovec parts[2] = {
		{ &msg->type, sizeof msg->type },
		{ octets, sizeof octets },
	};
	struct msghdr head = { .msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	ssize_t n;

	ipc_msg_release(msg);
	n = receive(fd, &head, deadline);
	if (n <= 0)
		return (int)n;
	if (!detach_fds(&head, msg) || (size_t)n < sizeof msg->type ||
	    (size_t)n > sizeof msg->type + IPC_BODY_MAX) {
		ipc_msg_release(msg);
		return -EPROTO;
	}
	n -= (ssize_t)sizeof msg->type;
	str_append_mem(&msg->body, octets, (size_t)n);
	explicit_bzero(octets, (size_t)n); /* it may be a password */
	return 1;
}

void
ipc_msg_release(struct ipc_msg *msg)
{
	size_t i;

	for (i = 0; i < msg->nfds; i++)
		if (msg->fds[i] >= 0)
			(void)close(msg->fds[i]); /* never written through */
	str_wipe(&msg->body);
	*msg = (struct ipc_msg)IPC_MSG_INIT;
}

int
ipc_msg_take_fd(struct ipc_msg *msg, size_t i)
{
	int fd;

	if (i >= msg->nfds)
		return -1;
	fd = msg->fds[i];
	msg->fds[i] = -1;
	return fd;
}

void
ipc_put_u32(struct str *body, uint32_t value)
{
	str_append_mem(body, &value, sizeof value);
}

void
ipc_put_u64(struct str *body, uint64_t value)
{
	str_append_mem(body, &value, sizeof value);
}

void
ipc_put_text(struct str *body, struct slice text)
{
	ipc_put_u32(body, (uint32_t)text.len);
	str_append(body, text);
}

static bool
get_octets(struct ipc_reader *in, void *octets, size_t len)
{
	if (in->bad || in->rest.len < len) {
		in->bad = true;
		return false;
	}
	memcpy(octets, in->rest.ptr, len);
	in->rest = slice_skip(in->rest, len);
	return true;
}

uint32_t
ipc_get_u32(struct ipc_reader *in)
{
	uint32_t value;

	return get_octets(in, &value, sizeof value) ? value : 0;
}

uint64_t
ipc_get_u64(struct ipc_reader *in)
{
	uint64_t value;

	return get_octets(in, &value, sizeof value) ? value : 0;
}

struct slice
ipc_get_text(struct ipc_reader *in, size_t max)
{
	size_t len = ipc_get_u32(in);
	struct slice text = { "", 0 };

	if (in->bad || len > max || len > in->rest.len) {
		in->bad = true;
		return text;
	}
	text = slice_head(in->rest, len);
	in->rest = slice_skip(in->rest, len);
	return text;
}

bool
ipc_reader_done(const struct ipc_reader *in)
{
	return !in->bad && in->rest.len == 0;
}
