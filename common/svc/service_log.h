/* A program's settings and the log that they want.  Never writes to fd 2
 * unless told. */
#ifndef NJIWA_SVC_SERVICE_LOG_H
#define NJIWA_SVC_SERVICE_LOG_H

#include "common/base/log.h"
#include "common/svc/settings.h"

/* Sends the log of program where settings->log says.  `auto` is the journal
 * under systemd, else syslog.  All but `stderr` put /dev/null on fd 2, for it
 * may be the client's socket.  Loads what later lines need, so that a confined
 * process can log. */
void service_log_open(const struct settings *settings, const char *program);

/* The level that the setting's word says; info for an unknown one. */
enum log_level service_log_level(const char *word);

/* Sends the log to fd 2, with levels where that is the journal's stream. */
void service_log_stderr(void);

/* Fills settings, opens the log and tells it all that is wrong with them: a
 * mistake leaves that one at its default and the mail flowing.  False when
 * there is nothing to go on with (EX_CONFIG). */
bool service_load(const char *config, enum settings_secrets secrets,
    const char *program, struct settings *settings);

#endif
