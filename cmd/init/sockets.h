/* Opens njiwa-init's listening sockets.  Never accepts a connection. */
#ifndef NJIWA_CMD_INIT_SOCKETS_H
#define NJIWA_CMD_INIT_SOCKETS_H

#include <sys/types.h>
#include "cmd/init/listen.h"

/* A listening, non-blocking, close-on-exec TCP socket for the entry, its
 * `*` falling back to IPv4 alone on a kernel without IPv6; -errno. */
int socket_listen_tcp(const struct listen_entry *entry, struct err *err);

/* Whose a Unix socket is, when they are not (uid_t)-1 and we may say so. */
struct socket_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool wish; /* it stays ours where we lack the right to give it away */
};

/*
 * A listening Unix socket at path, of the type with its SOCK_ flags.  Its
 * folder is made (0755) when it is missing; what an earlier run left at path is
 * replaced, but nothing that is no socket.  -errno.
 */
int socket_listen_unix(const char *path, int type,
    const struct socket_owner *who, struct err *err);

/* Is fd a listening socket of this type (SOCK_STREAM, SOCK_SEQPACKET)?  It is
 * then made close-on-exec, and a SOCK_STREAM one non-blocking. */
bool socket_adopt(int fd, int type);

#endif
