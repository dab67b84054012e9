/* A way to the spam filter, opened by the keeper and handed to the front: a
 * socket of spamd's, or both ends of a command that a runner starts, as the
 * keeper may not exec.  Never sees the message. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_FILTER_H
#define NJIWA_CMD_SMTPD_KEEPER_FILTER_H

#include <sys/socket.h>
#include "common/base/err.h"
#include "common/svc/settings.h"

#define FILTER_CONNECT_MS 5000 /* for spamd to take the connection */
#define FILTER_WORDS_MAX 32    /* words of spam_command */

/* Where the filter is, found out before the keeper is confined. */
struct filter {
	struct sockaddr_storage spamd;
	socklen_t spamd_len; /* 0: there is no spamd */
	int runner;          /* pair to the runner, -1 when there is none */
};

/* Looks up spamd's address, or forks the runner of spam_command.  Without
 * either there is no filter.  0, or -errno with err filled. */
int filter_init(
    struct filter *filter, const struct settings *settings, struct err *err);

/* Lets go of the runner, which ends. */
void filter_release(struct filter *filter);

/*
 * Opens it for one message: one descriptor (spamd's socket), or two (to the
 * command, and from it); the number of them, or -errno with err filled.
 */
int filter_open(struct filter *filter, int ret_fds[2], struct err *err);

/* What a runner is told. */
struct filter_runner {
	int pair;           /* its end of the pair */
	char *const *words; /* the command, NULL-ended */
	unsigned seconds;   /* that one command may live */
	uint32_t uid, gid;  /* whom it runs as, when we are root */
};

/* The runner's life: starts a command for each message asked for. */
_Noreturn void filter_run(const struct filter_runner *runner);

#endif
