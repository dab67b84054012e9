#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter_runner.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"

#define EXIT_NO_COMMAND 127 /* as the shell says it */
#define ENVELOPE_FD 3

static void
on_child(int number)
{
	(void)number; /* it interrupts a wait */
}

/* A file of the envelope, to be read from its start; -1 without one. */
static int
envelope_file(struct slice envelope)
{
	int fd = memfd_create("envelope", MFD_CLOEXEC);

	if (fd < 0 || fileio_write(fd, envelope) < 0 ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return fd;
}

/* Puts fd in the place of another, open after exec. */
static bool
place(int fd, int at)
{
	return fd == at ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, at) == at;
}

/* Goes on as the command, if it can; nothing of a client's is in its
 * environment. */
static void
run_program(const struct runner_command *command)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		      "/sbin:/bin";
	char home[] = "HOME=/", lang[] = "LANG=C.UTF-8";
	char *const environment[] = { path, home, lang, NULL };

	if (chdir("/") < 0)
		return;
	(void)execvpe(command->words[0], command->words, environment);
}

/* Is the command. */
static _Noreturn void
be_command(const struct runner_command *command, struct slice envelope, int in,
    int out)
{
	sigset_t none;
	bool ready;

	(void)setpgid(0, 0); /* our parent does the same */
	ready = place(in, STDIN_FILENO) && place(out, STDOUT_FILENO);
	if (ready && !command->no_envelope)
		ready = place(envelope_file(envelope), ENVELOPE_FD);
	(void)umask(077);
	(void)sigemptyset(&none);
	(void)signal(SIGCHLD, SIG_DFL); /* cannot fail for these */
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (ready)
		run_program(command);
	_exit(EXIT_NO_COMMAND); /* it is told as a failure */
}

/* Waits until it is over, if it may be so long: true then, and it still is to
 * be waited for. */
static bool
await(pid_t pid, int status, int64_t deadline)
{
	struct pollfd listener = { status, 0, 0 }; /* its reader is gone */
	sigset_t none;

	(void)sigemptyset(&none);
	for (;;) {
		int left = clock_left(deadline);
		struct timespec wait = { left / 1000,
			(long)(left % 1000) * 1000000 };
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_PID, (id_t)pid, &info,
			WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == pid)
			return true;
		if (left == 0 || listener.revents)
			return false;
		(void)ppoll(&listener, 1, &wait, &none); /* a child ends it */
	}
}

static void
block_children(void)
{
	struct sigaction action = { .sa_handler = on_child };
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	(void)sigaction(SIGCHLD, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

_Noreturn void
filter_supervise(const struct runner_command *command, struct slice envelope,
    int in, int out, int status)
{
	int64_t deadline = clock_deadline(command->ms);
	int result = 0;
	char code;
	bool over;
	pid_t pid;

	block_children();
	pid = fork();
	if (pid == 0)
		be_command(command, envelope, in, out);
	(void)close(in); /* the command's */
	(void)close(out);
	if (pid < 0)
		_exit(1);
	(void)setpgid(pid, pid); /* fails where it has done so and gone on */
	over = await(pid, status, deadline);
	(void)kill(-pid, SIGKILL); /* with what it has left behind */
	(void)waitpid(pid, &result, 0);
	if (over && WIFEXITED(result)) {
		code = (char)WEXITSTATUS(result);
		(void)fileio_write(
		    status, slice_of(&code, 1)); /* or nobody listens */
	}
	_exit(0);
}
