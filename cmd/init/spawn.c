#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/init/spawn.h"
#include "cmd/init/ucspi.h"
#include "common/base/secret.h"

#define LISTEN_FIRST 3   /* SD_LISTEN_FDS_START */
#define EXIT_NOT_RUN 127 /* as the shell says it */
#define PID_VAR_MAX 32   /* octets of "LISTEN_PID=..." */

/* The program's path and argument vector. */
struct program {
	char path[PATH_MAX];
	char *argv[4];
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
	program->argv[3] = NULL;
	return 0;
}

/* Signals in the child as a program expects them. */
static int
reset_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	(void)sigemptyset(&none); /* neither can fail */
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	return posix_spawnattr_setflags(
	    attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Starts argv with the descriptors in and out; the pid or -errno. */
static pid_t
run(char *const *argv, const struct environment *environment, int in, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t pid = -1;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r)
		goto out_actions;
	r = reset_signals(&attr);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (r == 0)
		r = posix_spawn(&pid, argv[0], &actions, &attr, argv,
		    (char *const *)(uintptr_t)environment->vars);
	(void)posix_spawnattr_destroy(&attr); /* cannot fail */
out_actions:
	(void)posix_spawn_file_actions_destroy(&actions); /* likewise */
	return r ? -r : pid;
}

pid_t
spawn_connection(const char *folder, const struct init_service *service,
    struct environment *environment, int socket)
{
	struct program program;
	struct ucspi ucspi;
	size_t count = environment->count;
	pid_t pid;
	int i, r;

	r = program_of(folder, service, &program);
	if (r < 0)
		return r;
	ucspi_of(socket, &ucspi);
	for (i = 0; i < UCSPI_VARS; i++)
		environment_add(environment, ucspi.var[i]);
	pid = run(program.argv, environment, socket, socket);
	environment_cut(environment, count);
	return pid;
}

pid_t
spawn_command(char *const *argv, const struct environment *environment)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	if (null < 0)
		return -errno;
	pid = run(argv, environment, null, STDERR_FILENO);
	(void)close(null); /* was only read */
	return pid;
}

/* In the child of spawn_listening: the descriptors 0, 1 and 3. */
static bool
place_descriptors(int socket)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(STDERR_FILENO, 1) < 0)
		return false;
	if (socket == LISTEN_FIRST)
		return fcntl(socket, F_SETFD, 0) == 0;
	return dup2(socket, LISTEN_FIRST) == LISTEN_FIRST;
}

static void
default_signals(void)
{
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* the only one that we ignore; none of these can fail */
	(void)sigaction(SIGPIPE, &normal, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* posix_spawn cannot tell a child its own pid, so this one is forked: it is
 * started once in hours, not once a connection. */
pid_t
spawn_listening(const char *folder, const struct init_service *service,
    struct environment *environment, int socket)
{
	struct program program;
	char pid_var[PID_VAR_MAX], name_var[PID_VAR_MAX];
	pid_t pid;
	int r;

	r = program_of(folder, service, &program);
	if (r < 0)
		return r;
	secret_inherit(true);
	pid = fork();
	r = pid < 0 ? -errno : 0;
	if (pid != 0) {
		secret_inherit(false);
		return r < 0 ? r : pid;
	}
	(void)snprintf(
	    pid_var, sizeof pid_var, "LISTEN_PID=%d", (int)getpid()); /* fits */
	(void)snprintf(name_var, sizeof name_var, "LISTEN_FDNAMES=%s",
	    service->name); /* fits */
	environment_add(environment, pid_var);
	environment_add(environment, "LISTEN_FDS=1");
	environment_add(environment, name_var);
	default_signals();
	if (place_descriptors(socket))
		(void)execve(program.path, program.argv,
		    (char *const *)(uintptr_t)environment->vars);
	_exit(EXIT_NOT_RUN); /* the parent logs it */
}
