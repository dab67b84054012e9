/* What is said of a command from outside of it: its standard error, as it
 * comes, and how it ended.  Never believes any of it to be printable. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_PIPE_STATUS_H
#define NJIWA_CMD_SMTPD_CONTENT_PIPE_STATUS_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define PIPE_SAID_MAX 2048 /* octets of its standard error, at most */
#define PIPE_SAID_LINES 20 /* lines of that in the log */
#define PIPE_END_MS 1000   /* for the end of one that has answered or failed */

/*
 * Reads the descriptor to its end, until deadline (clock.h) or until guard (0
 * and below: nobody) hangs up.  Its exit code; or -errno with err filled, also
 * when a signal ended it.  What it says before goes to the log, under its name.
 */
int pipe_status_read(
    int fd, int guard, int64_t deadline, const char *name, struct err *err);

/* The same, where how it ended does not count: what it says until then, or for
 * PIPE_END_MS. */
void pipe_status_log(int fd, const char *name);

#endif
