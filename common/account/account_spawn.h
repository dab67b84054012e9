/* Starts the account service of a keeper's own.
 * Never leaves it a descriptor but its end of the pair and our standard error.
 */
#ifndef NJIWA_ACCOUNT_ACCOUNT_SPAWN_H
#define NJIWA_ACCOUNT_ACCOUNT_SPAWN_H

#include <sys/types.h>
#include "common/account/account.h"

/* Starts config's program with end, which stays the caller's, as fd 0.  0 or
 * -errno. */
int account_spawn(
    const struct account_client_config *config, int end, pid_t *ret_pid);

#endif
