/* Messages between processes that do not trust each other, over a
 * SOCK_SEQPACKET pair or socket: a type, a bounded body, some descriptors.
 * Never reads more than a bound and never keeps a descriptor it did not ask. */
#ifndef NJIWA_BASE_IPC_H
#define NJIWA_BASE_IPC_H

#include <stdint.h>
#include "common/base/str.h"

#define IPC_BODY_MAX 65536 /* octets of a body */
#define IPC_FDS_MAX 4      /* descriptors of one message */

struct ipc_msg {
	uint16_t type;
	struct str body;
	int fds[IPC_FDS_MAX]; /* -1 where taken or absent */
	size_t nfds;
};

#define IPC_MSG_INIT                                                           \
	{                                                                      \
		0, STR_INIT, { -1, -1, -1, -1 }, 0                             \
	}

/* A pair of connected ends, both close-on-exec; 0 or -errno. */
int ipc_pair(int ret_ends[2]);

/* The same for a stream of octets. */
int ipc_stream_pair(int ret_ends[2]);

/* Sends one message; EINTR is retried, a full socket waited for.
 * 0, or -errno (-EMSGSIZE above IPC_BODY_MAX, -EPIPE when the peer is gone). */
int ipc_send(
    int fd, uint16_t type, struct slice body, const int *fds, size_t nfds);

/* The same without waiting for a full socket: -EAGAIN. */
int ipc_send_at_once(
    int fd, uint16_t type, struct slice body, const int *fds, size_t nfds);

/* Receives one message into msg, whose former contents are released, waiting
 * until deadline (clock.h).  1; 0 at end of file; -ETIMEDOUT; -EPROTO for a
 * message that is cut, too large or has too many descriptors; -errno. */
int ipc_recv(int fd, struct ipc_msg *msg, int64_t deadline);

/* Closes the descriptors that nobody took, wipes and frees the body. */
void ipc_msg_release(struct ipc_msg *msg);

/* The i-th descriptor, the caller's from now on; -1 when there is none. */
int ipc_msg_take_fd(struct ipc_msg *msg, size_t i);

/* Appends a field to a body.  Texts carry their length. */
void ipc_put_u32(struct str *body, uint32_t value);
void ipc_put_u64(struct str *body, uint64_t value);
void ipc_put_text(struct str *body, struct slice text);

/* Reads fields off a body.  The first one that is not there, or longer than
 * its bound, sets bad; from then on all reads give 0 and "".  Texts borrow. */
struct ipc_reader {
	struct slice rest;
	bool bad;
};

/* The next field; ipc_get_text's is at most max octets long. */
uint32_t ipc_get_u32(struct ipc_reader *in);
uint64_t ipc_get_u64(struct ipc_reader *in);
struct slice ipc_get_text(struct ipc_reader *in, size_t max);

/* Was the body read to its end, and well formed? */
bool ipc_reader_done(const struct ipc_reader *in);

#endif
