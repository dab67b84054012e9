#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/init/spawn.h"
#include "cmd/init/ucspi.h"
#include "common/base/mem.h"
#include "common/svc/stem.h"

#define LISTEN_FIRST 3     /* SD_LISTEN_FDS_START */
#define EXIT_NOT_RUN 127   /* as the shell says it */
#define LISTEN_VAR_MAX 32  /* octets of "LISTEN_PID=..." */
#define STACK_OCTETS 32768 /* of a child before it is another program */

/* The program's path and argument vector. */
struct program {
	char path[PATH_MAX];
	char *argv[5];
};

/* What a child does before it is another program. */
struct start {
	char *const *argv;
	char *const *envp;
	int socket;      /* becomes the descriptors */
	int first, last; /* of this range; none when last < first */
	char *pid_var;   /* gets LISTEN_PID; may be NULL */
	volatile int error;
};

static int
program_of(const char *folder, const struct init_service *service,
    struct program *program)
{
	static const char option[] = "-p";
	int n = snprintf(program->path, sizeof program->path, "%s/%s", folder,
	    service->program);

	if (n < 0 || (size_t)n >= sizeof program->path)
		return -ENAMETOOLONG;
	program->argv[0] = program->path;
	program->argv[1] = service->profile ? (char *)(uintptr_t)option : NULL;
	program->argv[2] = (char *)(uintptr_t)service->profile;
	program->argv[3] = program->argv[4] = NULL;
	return 0;
}

/* Makes the socket descriptor fd, which the program will have. */
static bool
place(int socket, int fd)
{
	if (socket == fd)
		return fcntl(fd, F_SETFD, 0) == 0;
	return dup2(socket, fd) == fd;
}

/* The child, in our memory.  All signals are as at login but those that are
 * blocked (spawn.h). */
static int
become_program(void *arg)
{
	struct start *start = arg;
	sigset_t none;
	bool placed = true;
	int fd;

	for (fd = start->first; fd <= start->last; fd++)
		placed &= place(start->socket, fd);
	if (start->pid_var)
		(void)snprintf(start->pid_var, LISTEN_VAR_MAX, "LISTEN_PID=%d",
		    (int)getpid());                  /* fits */
	(void)sigemptyset(&none);                    /* cannot fail */
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* likewise */
	if (placed)
		(void)execve(start->argv[0], start->argv, start->envp);
	start->error = errno;
	_exit(EXIT_NOT_RUN);
}

/*
 * The pid or -errno.  As posix_spawn does it, a child that shares our memory
 * while we wait for it to be another program: nothing is copied, and it can
 * say what failed.  But posix_spawn asks after each of 64 signals, and cannot
 * tell a child its own pid.
 */
static pid_t
run(struct start *start)
{
	/* not a part of our own stack: the sanitizers keep notes about those */
	char *stack = mem_alloc(STACK_OCTETS);
	pid_t pid = clone(become_program, stack + STACK_OCTETS,
	    CLONE_VM | CLONE_VFORK | SIGCHLD, start);
	int code = errno;

	free(stack);
	if (pid < 0)
		return -code;
	if (start->error == 0)
		return pid;
	(void)waitpid(pid, NULL, 0); /* it has ended: it was none of ours */
	return -start->error;
}

pid_t
spawn_connection(const char *folder, const struct init_service *service,
    struct environment *environment, int socket,
    const struct sockaddr_storage *peer)
{
	struct program program;
	struct ucspi ucspi;
	struct start start = { .argv = program.argv,
		.envp = (char *const *)(uintptr_t)environment->vars,
		.socket = socket,
		.last = STDOUT_FILENO };
	size_t count = environment->count;
	pid_t pid;
	int i, r;

	r = program_of(folder, service, &program);
	if (r < 0)
		return r;
	ucspi_of(socket, peer, &ucspi);
	for (i = 0; i < UCSPI_VARS; i++)
		environment_add(environment, ucspi.var[i]);
	pid = run(&start);
	environment_cut(environment, count);
	return pid;
}

pid_t
spawn_stem(const char *folder, const struct init_service *service,
    const struct environment *environment, int line)
{
	static const char option[] = "-s";
	struct program program;
	struct start start = { .argv = program.argv,
		.envp = (char *const *)(uintptr_t)environment->vars,
		.socket = line,
		.first = STEM_FD,
		.last = STEM_FD };
	int r = program_of(folder, service, &program);

	if (r < 0)
		return r;
	program.argv[service->profile ? 3 : 1] = (char *)(uintptr_t)option;
	return run(&start);
}

pid_t
spawn_command(char *const *argv, const struct environment *environment)
{
	struct start start = { .argv = argv,
		.envp = (char *const *)(uintptr_t)environment->vars,
		.last = -1 };

	return run(&start);
}

pid_t
spawn_listening(const char *folder, const struct init_service *service,
    struct environment *environment, int socket)
{
	struct program program;
	char pid_var[LISTEN_VAR_MAX], name_var[LISTEN_VAR_MAX];
	struct start start = { .argv = program.argv,
		.envp = (char *const *)(uintptr_t)environment->vars,
		.socket = socket,
		.first = LISTEN_FIRST,
		.last = LISTEN_FIRST,
		.pid_var = pid_var };
	size_t count = environment->count;
	pid_t pid;
	int r;

	r = program_of(folder, service, &program);
	if (r < 0)
		return r;
	(void)snprintf(name_var, sizeof name_var, "LISTEN_FDNAMES=%s",
	    service->name); /* fits */
	environment_add(environment, pid_var);
	environment_add(environment, "LISTEN_FDS=1");
	environment_add(environment, name_var);
	pid = run(&start);
	environment_cut(environment, count);
	return pid;
}
