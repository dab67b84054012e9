/* Opens njiwa-init's listening sockets.  Never accepts a connection. */
#ifndef NJIWA_CMD_INIT_SOCKETS_H
#define NJIWA_CMD_INIT_SOCKETS_H

#include <sys/types.h>
#include "cmd/init/listen.h"

/* A listening, non-blocking, close-on-exec TCP socket for the entry, its
 * `*` falling back to IPv4 alone on a kernel without IPv6; -errno. */
int socket_listen_tcp(const struct listen_entry *entry, struct err *err);

/*
 * A listening, blocking SOCK_SEQPACKET socket at path, mode 0600, owned by uid
 * and gid when they are not (uid_t)-1 and we may.  Its folder is made (0755)
 * when it is missing; what an earlier run left at path is replaced, but nothing
 * that is no socket.  -errno.
 */
int socket_listen_account(
    const char *path, uid_t uid, gid_t gid, struct err *err);

/* Is fd a listening socket of this type (SOCK_STREAM, SOCK_SEQPACKET)?  It is
 * then made close-on-exec, and a SOCK_STREAM one non-blocking. */
bool socket_adopt(int fd, int type);

#endif
