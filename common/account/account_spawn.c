#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/account/account_spawn.h"
#include "common/base/mem.h"

extern char **environ;

/* Our environment with the lines of more behind it; free() the array. */
static char **
join_env(const char *const *more)
{
	size_t n = 0;
	size_t i = 0;
	char **all;

	while (environ && environ[n])
		n++;
	while (more && more[i])
		i++;
	all = mem_zalloc(n + i + 1, sizeof *all);
	if (n)
		memcpy(all, environ, n * sizeof *all);
	while (i-- > 0)
		all[n + i] = (char *)(uintptr_t)more[i]; /* not written to */
	return all;
}

/* Descriptors: the pair as 0, nothing as 1 (it may be the client's socket), 2
 * as ours, for settings that log there; no others. */
static int
set_descriptors(posix_spawn_file_actions_t *actions, int end)
{
	int rc = posix_spawn_file_actions_adddup2(actions, end, 0);

	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    actions, 1, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	return rc;
}

/* In the child no signal is blocked or ignored, whatever we inherited. */
static int
reset_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	(void)sigemptyset(&none); /* none of these four can fail */
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	return posix_spawnattr_setflags(
	    attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int
spawn_with(const char *program, const char *const *argv, char **env, int end,
    pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (rc == 0) {
		rc = reset_signals(&attr);
		if (rc == 0)
			rc = set_descriptors(&actions, end);
		if (rc == 0)
			rc = posix_spawn(ret_pid, program, &actions, &attr,
			    (char *const *)(uintptr_t)argv, env);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int
account_spawn(
    const struct account_client_config *config, int end, pid_t *ret_pid)
{
	const char *argv[] = { config->program, "-c", config->config, NULL };
	char **env = join_env(config->env);
	int rc;

	if (config->config == NULL || config->config[0] == '\0')
		argv[1] = NULL;
	rc = spawn_with(config->program, argv, env, end, ret_pid);
	free(env);
	return -rc;
}
