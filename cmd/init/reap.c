#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#include "cmd/init/init.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/svc/crash.h"

#define KILL_WAIT_MS 5000 /* for children to end after SIGKILL */
#define ENDED_TEXT_MAX 32 /* "signal 11" */

/* Logs an end that is not as it should be; true when it is. */
static bool
ended_well(const struct init *init, const struct child *child, int status)
{
	char pid[ENDED_TEXT_MAX], how[ENDED_TEXT_MAX];
	struct log_field fields[] = {
		{ "program", child->name },
		{ "pid", pid },
		{ "status", how },
	};
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	enum log_level level =
	    init->stage == STAGE_SERVING ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG;

	if (well)
		return true;
	(void)snprintf(pid, sizeof pid, "%d", (int)child->pid); /* fits */
	if (WIFSIGNALED(status))
		(void)snprintf(/* fits */
		    how, sizeof how, "signal %d", WTERMSIG(status));
	else
		(void)snprintf(/* likewise */
		    how, sizeof how, "exit %d", WEXITSTATUS(status));
	log_event(level, "a program failed", fields,
	    sizeof fields / sizeof fields[0]);
	return false;
}

static void
child_ended(struct init *init, const struct child *child, int status)
{
	bool well = ended_well(init, child, status);

	if (child->kind == CHILD_SERVICE && init->stage < STAGE_SERVICES)
		listener_ended(
		    init, child->owner, well, clock_ms() - child->started);
	else if (child->kind == CHILD_COMMAND && child->owner)
		((struct timer *)child->owner)->running = false;
	else if (child->kind == CHILD_STEM)
		stems_ended(init, child->pid);
}

void
init_reap(struct init *init)
{
	struct child child;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		/* orphans too: fronts are among them */
		if (crash_seen(status))
			stems_crashed(init);
		if (children_take(&init->children, pid, &child))
			child_ended(init, &child, status);
	}
}

/* The kinds of children that each stage ends. */
static unsigned
stage_kinds(enum init_stage stage)
{
	return stage == STAGE_CONNECTIONS ? CHILD_CONNECTION | CHILD_COMMAND
					  : CHILD_SERVICE | CHILD_STEM;
}

static void
signal_kinds(const struct init *init, int signal)
{
	size_t denied =
	    children_signal(&init->children, stage_kinds(init->stage), signal);

	if (denied)
		log_error("%zu programs are another user's and cannot be "
			  "ended: CAP_KILL is missing",
		    denied);
}

static void
enter_stage(struct init *init, enum init_stage stage)
{
	init->stage = stage;
	init->killed = false;
	init->stage_ends = CLOCK_NEVER;
	if (stage == STAGE_ENDED)
		return;
	if (stage == STAGE_SERVICES)
		listeners_close(init, true);
	init->stage_ends = clock_deadline(init->settings.shutdown_grace);
	signal_kinds(init, SIGTERM);
}

/* Connections first, while they still can reach njiwa-accountd: it has their
 * last changes of quota to write. */
void
init_stop(struct init *init)
{
	if (init->stage != STAGE_SERVING) {
		init->stage_ends = clock_ms();
		return;
	}
	/* without systemd this says nothing and fails harmlessly */
	(void)sd_notify(0, "STOPPING=1");
	log_info("ending, %zu connections",
	    children_count(&init->children, CHILD_CONNECTION));
	listeners_close(init, false);
	stems_close(init);
	init_timers_close(init);
	enter_stage(init, STAGE_CONNECTIONS);
}

/* Is there nothing left to wait for in this stage? */
static bool
stage_over(const struct init *init, int64_t now)
{
	return (init->killed && init->stage_ends <= now) ||
	       children_count(&init->children, stage_kinds(init->stage)) == 0;
}

void
init_stop_step(struct init *init, int64_t now)
{
	unsigned kinds;

	while (init->stage != STAGE_ENDED && stage_over(init, now))
		enter_stage(init, init->stage + 1);
	if (init->stage == STAGE_ENDED || init->stage_ends > now)
		return;
	kinds = stage_kinds(init->stage);
	log_warning("%zu programs did not end in time and are killed",
	    children_count(&init->children, kinds));
	signal_kinds(init, SIGKILL);
	init->killed = true;
	init->stage_ends = clock_deadline(KILL_WAIT_MS);
}
