#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "tests/unit/unit.h"

#define SOON 200 /* ms in which what was sent is there */

struct pair {
	int ends[2];
};

static int
open_pair(void **state)
{
	static struct pair pair;

	*state = &pair;
	return ipc_pair(pair.ends);
}

static int
close_pair(void **state)
{
	struct pair *pair = *state;

	fileio_close(&pair->ends[0]);
	fileio_close(&pair->ends[1]);
	return 0;
}

static int
receive(struct pair *pair, struct ipc_msg *msg)
{
	return ipc_recv(pair->ends[1], msg, clock_deadline(SOON));
}

static void
at_once(void **state)
{
	struct pair *pair = *state;
	struct ipc_msg msg = IPC_MSG_INIT;

	assert_int_equal(ipc_recv(pair->ends[1], &msg, CLOCK_PAST), -ETIMEDOUT);
	assert_int_equal(
	    ipc_send(pair->ends[0], 7, slice_from("x"), NULL, 0), 0);
	assert_int_equal(ipc_recv(pair->ends[1], &msg, CLOCK_PAST), 1);
	assert_int_equal(msg.type, 7);
	fileio_close(&pair->ends[0]);
	assert_int_equal(ipc_recv(pair->ends[1], &msg, CLOCK_PAST), 0);
	ipc_msg_release(&msg);
}

/* How many descriptors this process has open. */
static int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Sends octets with n descriptors past ipc_send's own checks. */
static void
send_raw(int fd, const char *octets, size_t len, size_t n)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 16)];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)octets, len };
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;
	size_t i;

	if (n) {
		head.msg_control = &control;
		head.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		c = CMSG_FIRSTHDR(&head);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n);
		for (i = 0; i < n; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof fd);
	}
	assert_int_equal(sendmsg(fd, &head, 0), len);
}

static void
fields(void **state)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	struct ipc_reader in;

	ipc_put_u32(&body, UINT32_MAX);
	ipc_put_text(&body, slice_of("a\0b", 3));
	ipc_put_u64(&body, UINT64_MAX - 1);
	ipc_put_text(&body, slice_from(""));
	assert_int_equal(ipc_send(((struct pair *)*state)->ends[0], 7,
			     str_slice(&body), NULL, 0),
	    0);
	assert_int_equal(receive(*state, &msg), 1);
	assert_int_equal(msg.type, 7);
	assert_int_equal(msg.nfds, 0);
	in = (struct ipc_reader){ str_slice(&msg.body), false };
	assert_int_equal(ipc_get_u32(&in), UINT32_MAX);
	assert_true(slice_equal(ipc_get_text(&in, 3), slice_of("a\0b", 3)));
	assert_true(ipc_get_u64(&in) == UINT64_MAX - 1);
	assert_false(ipc_reader_done(&in));
	assert_int_equal(ipc_get_text(&in, 0).len, 0);
	assert_true(ipc_reader_done(&in));
	assert_int_equal(ipc_get_u32(&in), 0);
	assert_true(in.bad);
	ipc_msg_release(&msg);
}

/* A peer that goes without having read all has still said what it said. */
static void
unread(void **state)
{
	struct pair *pair = *state;
	struct ipc_msg msg = IPC_MSG_INIT;
	int64_t deadlines[] = { CLOCK_NEVER, CLOCK_PAST };
	size_t i;

	for (i = 0; i < 2; i++)
		assert_int_equal(ipc_send(pair->ends[0], (uint16_t)i,
				     slice_from("last"), NULL, 0),
		    0);
	assert_int_equal(
	    ipc_send(pair->ends[1], 9, slice_from("unread"), NULL, 0), 0);
	(void)close(pair->ends[0]);
	pair->ends[0] = -1;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    ipc_recv(pair->ends[1], &msg, deadlines[i]), 1);
		assert_int_equal(msg.type, i);
	}
	assert_int_equal(ipc_recv(pair->ends[1], &msg, CLOCK_NEVER), 0);
	ipc_msg_release(&msg);
}

/* A body that ends in the middle of each field, and texts past their bound. */
static void
cut_bodies(void **state)
{
	STR_AUTO body = STR_INIT;
	struct ipc_reader in;
	size_t len;

	(void)state;
	ipc_put_u32(&body, 1);
	ipc_put_u64(&body, 2);
	ipc_put_text(&body, slice_from("text"));
	for (len = 0; len <= body.len; len++) {
		in = (struct ipc_reader){ slice_of(body.ptr, len), false };
		(void)ipc_get_u32(&in);
		(void)ipc_get_u64(&in);
		(void)ipc_get_text(&in, 4);
		UNIT_CHECK(len, ipc_reader_done(&in) == (len == body.len));
		UNIT_CHECK(len, in.bad == (len < body.len));
	}
	in = (struct ipc_reader){ slice_skip(str_slice(&body), 12), false };
	assert_int_equal(ipc_get_text(&in, 3).len, 0);
	assert_true(in.bad);
	assert_int_equal(ipc_get_u64(&in), 0);
}

static void
largest(void **state)
{
	struct pair *pair = *state;
	struct ipc_msg msg = IPC_MSG_INIT;
	char *octets = calloc(1, IPC_BODY_MAX + 3);
	struct slice most = { octets, IPC_BODY_MAX };
	struct slice over = { octets, IPC_BODY_MAX + 1 };

	assert_int_equal(ipc_send(pair->ends[0], 1, most, NULL, 0), 0);
	assert_int_equal(receive(pair, &msg), 1);
	assert_int_equal(msg.body.len, IPC_BODY_MAX);
	assert_int_equal(ipc_send(pair->ends[0], 1, over, NULL, 0), -EMSGSIZE);
	send_raw(pair->ends[0], octets, IPC_BODY_MAX + 3, 0);
	assert_int_equal(receive(pair, &msg), -EPROTO);
	assert_int_equal(msg.body.len, 0);
	free(octets);
}

static void
too_short(void **state)
{
	struct pair *pair = *state;
	struct ipc_msg msg = IPC_MSG_INIT;

	send_raw(pair->ends[0], "x", 1, 0);
	assert_int_equal(receive(pair, &msg), -EPROTO);
	assert_int_equal(receive(pair, &msg), -ETIMEDOUT);
	fileio_close(&pair->ends[0]);
	assert_int_equal(receive(pair, &msg), 0);
	assert_int_equal(
	    ipc_send(pair->ends[1], 1, slice_from("x"), NULL, 0), -EPIPE);
}

static void
descriptors(void **state)
{
	struct pair *pair = *state;
	struct ipc_msg msg = IPC_MSG_INIT;
	int fds[IPC_FDS_MAX + 1], taken, before, i;

	for (i = 0; i <= IPC_FDS_MAX; i++)
		fds[i] = pair->ends[0];
	before = open_fds();
	assert_int_equal(
	    ipc_send(pair->ends[0], 1, slice_from(""), fds, IPC_FDS_MAX + 1),
	    -EMSGSIZE);
	assert_int_equal(
	    ipc_send(pair->ends[0], 1, slice_from(""), fds, IPC_FDS_MAX), 0);
	assert_int_equal(receive(pair, &msg), 1);
	assert_int_equal(msg.nfds, IPC_FDS_MAX);
	taken = ipc_msg_take_fd(&msg, 2);
	assert_true(taken >= 0);
	assert_true(fcntl(taken, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(ipc_msg_take_fd(&msg, 2), -1);
	assert_int_equal(ipc_msg_take_fd(&msg, IPC_FDS_MAX), -1);
	ipc_msg_release(&msg);
	assert_int_equal(open_fds(), before + 1);
	fileio_close(&taken);
}

/* Those that did not fit are closed by the kernel, the others by us. */
static void
too_many_descriptors(void **state)
{
	struct pair *pair = *state;
	struct ipc_msg msg = IPC_MSG_INIT;
	int before = open_fds();

	send_raw(pair->ends[0], "xx", 2, IPC_FDS_MAX + 5);
	assert_int_equal(receive(pair, &msg), -EPROTO);
	assert_int_equal(msg.nfds, 0);
	send_raw(pair->ends[0], "x", 1, 1);
	assert_int_equal(receive(pair, &msg), -EPROTO);
	assert_int_equal(open_fds(), before);
	/* The refused message is gone, or it would be read for ever. */
	assert_int_equal(
	    ipc_send(pair->ends[0], 9, slice_from("ok"), NULL, 0), 0);
	assert_int_equal(receive(pair, &msg), 1);
	assert_int_equal(msg.type, 9);
	ipc_msg_release(&msg);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(at_once, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(unread, open_pair, close_pair),
		cmocka_unit_test(cut_bodies),
		cmocka_unit_test_setup_teardown(largest, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(
		    too_short, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(
		    descriptors, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(
		    too_many_descriptors, open_pair, close_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
