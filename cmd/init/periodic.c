#include <errno.h>
#include <unistd.h>

#include "cmd/init/init.h"
#include "cmd/init/spawn.h"
#include "common/base/clock.h"
#include "common/base/log.h"

/* Starts the timer's command, unless its last run still goes on. */
static void
timer_ready(struct init *init, struct watch *watch)
{
	struct timer *timer = ((struct init_timer *)watch)->timer;
	struct child child = { .kind = CHILD_COMMAND,
		.name = timer->argv[0],
		.owner = timer,
		.started = clock_ms() };
	uint64_t times;

	if (read(timer->fd, &times, sizeof times) != sizeof times)
		return;
	if (timer->running) {
		log_warning("timer %s: its last run still goes on, one is "
			    "left out",
		    timer->name);
		return;
	}
	child.pid = spawn_command(
	    timer->argv, &init->environments.of[AUDIENCE_COMMAND]);
	if (child.pid < 0) {
		log_error("timer %s: cannot start %s: %s", timer->name,
		    timer->argv[0], strerror(-child.pid));
		return;
	}
	/* the name goes with the timers at a reload, the child may stay */
	child.name = "timer";
	timer->running = true;
	children_add(&init->children, &child);
}

/* Our own timer, and those of the setting. */
static void
put_timers(const struct settings *settings, struct str *out)
{
	if (settings->queue_interval)
		str_appendf(out, "queue=%lldms:%s/njiwa-queue;",
		    (long long)settings->queue_interval, settings->libexec_dir);
	str_append_cstr(out, settings->timers);
}

int
init_timers_open(struct init *init, struct err *err)
{
	STR_AUTO text = STR_INIT;
	size_t i;
	int r;

	put_timers(&init->settings, &text);
	r = timers_parse(str_slice(&text), &init->timers, err);
	if (r == 0)
		r = timers_start(&init->timers, err);
	for (i = 0; r == 0 && i < init->timers.count; i++) {
		struct init_timer *watch = &init->timer_watches[i];

		watch->watch.ready = timer_ready;
		watch->timer = &init->timers.timer[i];
		r = init_watch(init, watch->timer->fd, &watch->watch);
	}
	return r;
}

void
init_timers_close(struct init *init)
{
	size_t i;

	for (i = 0; i < init->timers.count; i++)
		if (init->timers.timer[i].fd >= 0)
			init_unwatch(init, init->timers.timer[i].fd);
	children_disown(&init->children, CHILD_COMMAND);
	timers_release(&init->timers);
}
