/* The process that starts commands for messages: forked before the keeper is
 * confined, without the client's socket and without root.  Never reads a
 * message. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_FILTER_RUNNER_H
#define NJIWA_CMD_SMTPD_KEEPER_FILTER_RUNNER_H

#include "common/base/ipc.h"

#define RUNNER_ENVELOPE_MAX (1 << 20) /* octets for descriptor 3 */
#define RUNNER_ALIVE_MAX 8            /* commands of one connection */
#define RUNNER_SAID_MAX 2048          /* octets of a standard error */

/* What a runner is asked.  RUNNER_START is answered with three descriptors
 * (wire.h's SMTP_FILTER), or none when the command could not be started. */
enum runner_request {
	RUNNER_ENVELOPE, /* the next octets of an envelope; no answer */
	RUNNER_START     /* u32: which of the commands */
};

/* A command that may be asked for. */
struct runner_command {
	char **words;     /* NULL-ended, owned; NULL: there is none */
	int64_t ms;       /* that it may live */
	bool no_envelope; /* it gets none */
};

/* What a runner is told. */
struct filter_runner {
	int pair; /* its end of the pair */
	struct runner_command *commands;
	size_t count;
	uint32_t uid, gid; /* whom they run as, when we are root */
	unsigned alive;    /* commands that have not been seen to end */
};

/* The runner's life: starts a command for each message asked for, and waits
 * for one to end where RUNNER_ALIVE_MAX are alive. */
_Noreturn void filter_run(struct filter_runner *runner);

/* Is what stands between runner and command (filter_command.c): starts it with
 * the ends of the pipes it reads and writes, waits, ends it when its time is up
 * or nobody listens any more, with all that it has left running.  On status it
 * says what the command writes on its standard error, RUNNER_SAID_MAX octets at
 * most, and at the end, unless a signal was that, NUL and the exit code. */
_Noreturn void filter_supervise(const struct runner_command *command,
    struct slice envelope, int in, int out, int status);

#endif
