/* Starts programs: one for a connection, one for a listening socket, one for
 * a timer.  Never waits for them. */
#ifndef NJIWA_CMD_INIT_SPAWN_H
#define NJIWA_CMD_INIT_SPAWN_H

#include <sys/types.h>
#include "cmd/init/environment.h"
#include "cmd/init/services.h"

/*
 * Each gives the pid, or -errno when there is no process.  Descriptor 2 is
 * ours; signals are as after login; all other descriptors are close-on-exec.
 * folder is where the programs are.
 */

/* With the connected socket as descriptors 0 and 1, and the UCSPI variables
 * for it in the environment. */
pid_t spawn_connection(const char *folder, const struct init_service *service,
    struct environment *environment, int socket);

/* With the listening socket as descriptor 3, LISTEN_FDS, LISTEN_PID and
 * LISTEN_FDNAMES; 0 is /dev/null and 1 is descriptor 2. */
pid_t spawn_listening(const char *folder, const struct init_service *service,
    struct environment *environment, int socket);

/* A command with its arguments, by its absolute path; 0 and 1 as above. */
pid_t spawn_command(char *const *argv, const struct environment *environment);

#endif
