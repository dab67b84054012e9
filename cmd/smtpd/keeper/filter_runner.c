#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"

#define EXIT_NO_COMMAND 127 /* as the shell says it */

/* Pipes to a command and from it; [0] reads, [1] writes. */
struct pipes {
	int to[2];
	int from[2];
};

static void
close_pipes(struct pipes *p)
{
	int i;

	for (i = 0; i < 2; i++) {
		fileio_close(&p->to[i]);
		fileio_close(&p->from[i]);
	}
}

/* Is the command: gets its pipes as fds 0 and 1, and an end to its life. */
static _Noreturn void
run_command(const struct pipes *p, const struct filter_runner *runner)
{
	sigset_t none;

	if (dup2(p->to[0], STDIN_FILENO) < 0 ||
	    dup2(p->from[1], STDOUT_FILENO) < 0)
		_exit(EXIT_NO_COMMAND);
	(void)signal(SIGCHLD, SIG_DFL); /* cannot fail for these */
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(runner->seconds); /* survives exec */
	(void)execvp(runner->words[0], runner->words);
	_exit(EXIT_NO_COMMAND); /* its silence tells the front */
}

/* Starts the command and hands its pipes on; 0 or -errno. */
static int
start_command(const struct filter_runner *runner)
{
	struct pipes p = { { -1, -1 }, { -1, -1 } };
	int rc = 0, fds[2];
	pid_t pid;

	if (pipe2(p.to, O_CLOEXEC) < 0 || pipe2(p.from, O_CLOEXEC) < 0)
		rc = -errno;
	pid = rc == 0 ? fork() : -1;
	if (pid == 0)
		run_command(&p, runner);
	fds[0] = p.to[1];
	fds[1] = p.from[0];
	rc = ipc_send(runner->pair, 0, slice_from(""), fds, pid > 0 ? 2 : 0);
	close_pipes(&p);
	return rc;
}

/* Keeps nothing of the connection: its end must be seen by the client. */
static void
let_go(int pair)
{
	const int keep[] = { pair };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd;

	(void)signal(SIGCHLD, SIG_IGN); /* no command is waited for */
	for (fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd); /* else it is only kept for a while */
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

_Noreturn void
filter_run(const struct filter_runner *runner)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc = runner->words[0] ? drop_root(runner) : -ENOENT;

	let_go(runner->pair);
	(void)signal(SIGCHLD, SIG_IGN); /* nobody is waited for */
	while (rc == 0 && ipc_recv(runner->pair, &msg, CLOCK_NEVER) == 1)
		rc = start_command(runner);
	_exit(rc == 0 ? 0 : EXIT_NO_COMMAND);
}
