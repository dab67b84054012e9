/* Takes a connection and starts its program, or says why not.
 * Never waits for the client. */
#ifndef NJIWA_CMD_INIT_ACCEPT_H
#define NJIWA_CMD_INIT_ACCEPT_H

#include "cmd/init/init.h"

/* The watch of a listening socket whose connections we accept. */
void accept_ready(struct init *init, struct watch *watch);

/* The watch of one that a program takes as a whole. */
void accept_whole_ready(struct init *init, struct watch *watch);

#endif
