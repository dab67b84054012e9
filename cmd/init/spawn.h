/* Starts programs: one for a connection, one for a listening socket, one for
 * a timer.  Never waits for them. */
#ifndef NJIWA_CMD_INIT_SPAWN_H
#define NJIWA_CMD_INIT_SPAWN_H

#include <sys/socket.h>
#include <sys/types.h>
#include "cmd/init/environment.h"
#include "cmd/init/services.h"

/*
 * Each gives the pid, or -errno when there is no program.  A program starts
 * with our descriptors 0 (/dev/null), 1 and 2 (the log) but where it says
 * otherwise, all others being close-on-exec, and with no signal blocked; none
 * may be ignored or have a handler in us.  folder is where the programs are.
 */

/* With the connected socket as descriptors 0 and 1, and the UCSPI variables
 * for it in the environment. */
pid_t spawn_connection(const char *folder, const struct init_service *service,
    struct environment *environment, int socket,
    const struct sockaddr_storage *peer);

/* As a stem (common/svc/stem.h), line being its end of the pair. */
pid_t spawn_stem(const char *folder, const struct init_service *service,
    const struct environment *environment, int line);

/* With the listening socket as descriptor 3, LISTEN_FDS, LISTEN_PID and
 * LISTEN_FDNAMES. */
pid_t spawn_listening(const char *folder, const struct init_service *service,
    struct environment *environment, int socket);

/* A command with its arguments, by its absolute path. */
pid_t spawn_command(char *const *argv, const struct environment *environment);

#endif
