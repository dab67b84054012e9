#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter_runner.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/secret.h"

/* To the command, from it, and from who waits for it; [0] reads, [1] writes. */
struct pipes {
	int to[2];
	int from[2];
	int status[2];
};

static void
close_pipes(struct pipes *p)
{
	int i;

	for (i = 0; i < 2; i++) {
		fileio_close(&p->to[i]);
		fileio_close(&p->from[i]);
		fileio_close(&p->status[i]);
	}
}

/* The child's side of a fork: only what the command needs stays open. */
static _Noreturn void
be_supervisor(const struct filter_runner *runner,
    const struct runner_command *command, struct slice envelope,
    struct pipes *p)
{
	int pair = runner->pair;

	fileio_close(&pair);
	fileio_close(&p->to[1]);
	fileio_close(&p->from[0]);
	fileio_close(&p->status[0]);
	filter_supervise(command, envelope, p->to[0], p->from[1], p->status[1]);
}

/* Takes note of those that have ended; where there are as many as may be, it
 * waits for one. */
static void
reap(struct filter_runner *runner)
{
	int how;

	do
		how = runner->alive < RUNNER_ALIVE_MAX ? WNOHANG : 0;
	while (runner->alive && waitpid(-1, NULL, how) > 0 && runner->alive--);
}

/* Starts a command and hands its pipes on; 0 or -errno. */
static int
start_command(
    struct filter_runner *runner, uint32_t which, struct slice envelope)
{
	struct pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	bool known = which < runner->count && runner->commands[which].words;
	int fds[3], rc;
	pid_t pid = -1;

	reap(runner);
	if (known && pipe2(p.to, O_CLOEXEC) == 0 &&
	    pipe2(p.from, O_CLOEXEC) == 0 && pipe2(p.status, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		be_supervisor(runner, &runner->commands[which], envelope, &p);
	runner->alive += pid > 0;
	fds[0] = p.to[1];
	fds[1] = p.from[0];
	fds[2] = p.status[0];
	rc = ipc_send(
	    runner->pair, RUNNER_START, slice_from(""), fds, pid > 0 ? 3 : 0);
	close_pipes(&p);
	return rc;
}

/* Keeps nothing of the connection, whose end must be seen by the client, and no
 * secret. */
static void
let_go(int pair)
{
	const int keep[] = { pair };
	int fd;

	secret_wipe();
	(void)signal(SIGCHLD, SIG_DFL); /* they are counted */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		fileio_silence(fd);
	fileio_close_others(keep, 1);
}

/* 0, or -errno when we cannot stop being root. */
static int
drop_root(const struct filter_runner *runner)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 ||
	    setresgid(runner->gid, runner->gid, runner->gid) < 0 ||
	    setresuid(runner->uid, runner->uid, runner->uid) < 0)
		return -errno;
	return 0;
}

/* Does what is asked for; 0, or -errno when it is no request of a keeper's. */
static int
serve(struct filter_runner *runner, const struct ipc_msg *msg,
    struct str *envelope)
{
	struct ipc_reader in = { str_slice(&msg->body), false };
	uint32_t which;
	int rc;

	if (msg->type == RUNNER_ENVELOPE) {
		if (msg->body.len > RUNNER_ENVELOPE_MAX - envelope->len)
			return -EMSGSIZE;
		str_append(envelope, str_slice(&msg->body));
		return 0;
	}
	which = ipc_get_u32(&in);
	if (msg->type != RUNNER_START || !ipc_reader_done(&in))
		return -EPROTO;
	rc = start_command(runner, which, str_slice(envelope));
	str_clear(envelope);
	return rc;
}

_Noreturn void
filter_run(struct filter_runner *runner)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	struct str envelope = STR_INIT;
	int rc = drop_root(runner);

	let_go(runner->pair);
	while (rc == 0 && ipc_recv(runner->pair, &msg, CLOCK_NEVER) == 1)
		rc = serve(runner, &msg, &envelope);
	_exit(rc == 0 ? 0 : 1);
}
