/* njiwa-init -t: does the one that runs serve?  Says nothing to a service but
 * the header that a proxy would. */
#ifndef NJIWA_CMD_INIT_HEALTH_H
#define NJIWA_CMD_INIT_HEALTH_H

#include "common/svc/settings.h"

/*
 * Connects to every place of the setting `listen` and waits for the greeting,
 * five seconds at most; where all is behind TLS, for the connection alone, and
 * else not there.  Logs what does not answer.  EX_OK; EX_UNAVAILABLE when one
 * does not; EX_CONFIG when `listen` is wrong.
 */
int health_check(const struct settings *settings);

#endif
