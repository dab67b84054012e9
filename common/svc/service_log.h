/* Opens the log that the settings want.  Never writes to fd 2 unless told. */
#ifndef NJIWA_SVC_SERVICE_LOG_H
#define NJIWA_SVC_SERVICE_LOG_H

#include "common/svc/settings.h"

/* Sends the log of program where settings->log says.  `auto` is the journal
 * under systemd, else syslog.  All but `stderr` put /dev/null on fd 2, for it
 * may be the client's socket.  Loads what later lines need, so that a confined
 * process can log. */
void service_log_open(const struct settings *settings, const char *program);

#endif
