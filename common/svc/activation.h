/* Sockets handed over by a launcher (sd_listen_fds(3)): the variables
 * LISTEN_PID and LISTEN_FDS, read without libsystemd, for it is on every
 * start's path. Never takes more than one. */
#ifndef NJIWA_SVC_ACTIVATION_H
#define NJIWA_SVC_ACTIVATION_H

#include <stdbool.h>
#include "common/base/err.h"

/* The one descriptor that was passed to this process, made close-on-exec and
 * its variables removed; -1 when there is none. */
int activation_take(void);

/* Does the descriptor listen? */
bool activation_listens(int fd);

/*
 * Makes stdin and stdout the connection of a descriptor that was passed: of a
 * listening one, the next connection, which is waited for.  Without one
 * nothing changes.  0 or -errno with err filled.
 */
int activation_connect(struct err *err);

#endif
