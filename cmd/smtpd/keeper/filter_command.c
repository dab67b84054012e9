#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter_runner.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/num.h"

#define EXIT_NO_COMMAND 127 /* as the shell says it */
#define ENVELOPE_FD 3
#define SAID_ROUNDS 64    /* reads of what a dead command has said */
#define ORPHAN_ROUNDS 100 /* looks for what it has left running */
#define CHILDREN_MAX 4096 /* octets of their numbers at one look */

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

/* What a command has for its descriptors. */
struct ends {
	int in, out, error;
};

/* Is the command. */
static _Noreturn void
be_command(const struct runner_command *command, struct slice envelope,
    const struct ends *ends)
{
	sigset_t none;
	bool ready;

	(void)setpgid(0, 0); /* our parent does the same */
	ready = place(ends->in, STDIN_FILENO) &&
		place(ends->out, STDOUT_FILENO) &&
		place(ends->error, STDERR_FILENO);
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

/* A command that is running. */
struct watch {
	pid_t pid;
	int status;  /* whoever wants to know: its reader may be gone */
	int error;   /* the end of its standard error, non-blocking; or -1 */
	size_t said; /* octets of that which were passed on */
};

/* Passes on what it has written on its standard error, within the bound, of
 * which a pipe holds more; false when there is nothing now. */
static bool
hear(struct watch *w)
{
	char text[RUNNER_SAID_MAX];
	ssize_t n = w->error < 0 ? -1 : read(w->error, text, sizeof text);
	size_t i, left = sizeof text - w->said;

	if (n == 0)
		fileio_close(&w->error);
	if (n <= 0)
		return false;
	for (i = 0; i < (size_t)n; i++)
		if (text[i] == '\0')
			text[i] = '?'; /* a NUL is the end of it */
	if (left > (size_t)n)
		left = (size_t)n;
	(void)fileio_write(w->status, slice_of(text, left)); /* as below */
	w->said += left;
	return true;
}

/* Waits until it is over, if it may be so long: true then, and it still is to
 * be waited for. */
static bool
await(struct watch *w, int64_t deadline)
{
	sigset_t none;

	(void)sigemptyset(&none);
	for (;;) {
		struct pollfd fds[2] = { { w->status, 0, 0 },
			{ w->error, POLLIN, 0 } };
		int left = clock_left(deadline);
		struct timespec wait = { left / 1000,
			(long)(left % 1000) * 1000000 };
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_PID, (id_t)w->pid, &info,
			WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == w->pid)
			return true;
		if (left == 0)
			return false;
		if (ppoll(fds, 2, &wait, &none) < 0)
			continue; /* a child has ended, or is it time? */
		if (fds[0].revents)
			return false;
		if (fds[1].revents)
			(void)hear(w); /* the rest is heard later */
	}
}

/* Ends our children, whose numbers stand in the text with a blank behind each:
 * they are theirs still, for nobody has waited for them. */
static void
end_children(struct slice numbers)
{
	uint64_t number;
	size_t at;

	while ((at = slice_find(numbers, ' ')) < numbers.len) {
		if (num_parse(slice_head(numbers, at), INT32_MAX, &number) &&
		    number > 1) {
			(void)kill((pid_t)number, SIGKILL);
			(void)waitpid((pid_t)number, NULL, 0);
		}
		numbers = slice_skip(numbers, at + 1);
	}
}

/* Ends what the command has left running outside of its group: its parents are
 * gone, so it is our child (PR_SET_CHILD_SUBREAPER). */
static void
end_orphans(void)
{
	char path[64], text[CHILDREN_MAX];
	unsigned rounds = 0;
	ssize_t n = 1;

	(void)snprintf(path, sizeof path, "/proc/self/task/%ld/children",
	    (long)getpid()); /* fits */
	while (n > 0 && rounds++ < ORPHAN_ROUNDS &&
	       waitpid(-1, NULL, WNOHANG) >= 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		n = fd < 0 ? -1 : read(fd, text, sizeof text);
		fileio_close(&fd);
		if (n > 0)
			end_children(slice_of(text, (size_t)n));
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

/* Ends the command and all of its own; its exit code, or -1. */
static int
end_command(struct watch *w, bool over)
{
	unsigned rounds = 0;
	int result = 0;

	(void)kill(-w->pid, SIGKILL); /* with what it has left behind */
	(void)kill(w->pid, SIGKILL);  /* which may have left its group */
	(void)waitpid(w->pid, &result, 0);
	end_orphans();
	while (rounds++ < SAID_ROUNDS && hear(w))
		;
	return over && WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

/* Starts it, with a pipe for its standard error where that can be had. */
static bool
start(struct watch *w, const struct runner_command *command,
    struct slice envelope, struct ends *ends)
{
	int error[2] = { -1, -1 };

	if (pipe2(error, O_CLOEXEC) == 0)
		ends->error = error[1];
	w->error = error[0];
	if (w->error >= 0)
		(void)fcntl(w->error, F_SETFL, O_NONBLOCK); /* a pipe can */
	w->pid = fork();
	if (w->pid == 0)
		be_command(command, envelope, ends);
	(void)close(ends->in); /* the command's */
	(void)close(ends->out);
	fileio_close(&error[1]);
	if (w->pid > 0)
		(void)setpgid(w->pid, w->pid); /* or it has done so itself */
	return w->pid > 0;
}

_Noreturn void
filter_supervise(const struct runner_command *command, struct slice envelope,
    int in, int out, int status)
{
	int64_t deadline = clock_deadline(command->ms);
	struct watch w = { .status = status };
	struct ends ends = { in, out, STDERR_FILENO };
	char end[2] = { '\0', 0 };
	int code;

	block_children();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* see end_orphans */
	if (!start(&w, command, envelope, &ends))
		_exit(1);
	code = end_command(&w, await(&w, deadline));
	end[1] = (char)code;
	if (code >= 0) /* nobody may listen any more */
		(void)fileio_write(status, slice_of(end, sizeof end));
	_exit(0);
}
