#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cmd/init/init.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/base/mem.h"

static const int signals_read[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };

int
init_watch(struct init *init, int fd, struct watch *watch)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

	if (epoll_ctl(init->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ||
	    errno == EEXIST)
		return 0;
	return -errno;
}

void
init_unwatch(struct init *init, int fd)
{
	/* one that is not watched stays so */
	(void)epoll_ctl(init->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void
complain(void *ctx, const char *line)
{
	(void)ctx;
	log_error("%s", line);
}

bool
init_read_settings(struct init *init)
{
	struct settings settings;

	if (settings_load(init->config, SETTINGS_NO_SECRETS, &settings,
		complain, NULL) != 0) {
		settings_release(&settings);
		return false;
	}
	settings_release(&init->settings);
	init->settings = settings;
	return true;
}

/* SIGHUP: new settings for new connections, and other places to listen. */
static void
reload(struct init *init)
{
	char *socket = mem_strdup(init->settings.account_socket);
	bool right;
	struct err err;

	log_info("reading the settings again");
	right = init_read_settings(init);
	if (strcmp(socket, init->settings.account_socket) != 0)
		log_warning("account_socket: a change needs a restart");
	free(socket);
	if (!right) {
		log_error("the settings are wrong; the old ones stay");
		return;
	}
	stems_close(init); /* there will be others */
	listeners_reload(init);
	init_timers_close(init);
	if (init_timers_open(init, &err) < 0)
		log_error("%s; no timer runs", err.text);
}

static void
signals_ready(struct init *init, struct watch *watch)
{
	struct signalfd_siginfo info;

	(void)watch;
	if (read(init->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGCHLD) {
		init_reap(init);
		return;
	}
	if (info.ssi_signo == SIGHUP && init->stage == STAGE_SERVING)
		reload(init);
	else if (info.ssi_signo != SIGHUP)
		init_stop(init);
}

/* Whatever whoever started us ignored, we and our children do not: without
 * SIGCHLD nobody would be reaped. */
static void
default_signals(void)
{
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	struct sigaction now;
	int signal;

	for (signal = 1; signal < NSIG; signal++)
		if (sigaction(signal, NULL, &now) == 0 &&
		    now.sa_handler == SIG_IGN)
			(void)sigaction(signal, &normal, NULL); /* can be */
}

/* Blocked signals are read, but for SIGPIPE: a blocked one, unlike an ignored
 * one, is nothing that a child has to undo. */
static int
open_signals(struct init *init, struct err *err)
{
	sigset_t set;
	size_t i;

	default_signals();
	(void)sigemptyset(&set); /* cannot fail, nor can the rest */
	for (i = 0; i < sizeof signals_read / sizeof signals_read[0]; i++)
		(void)sigaddset(&set, signals_read[i]);
	init->signals.ready = signals_ready;
	init->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (init->signal_fd < 0)
		return err_sys(err, errno, "signalfd");
	if (init_watch(init, init->signal_fd, &init->signals) < 0)
		return err_sys(err, errno, "epoll");
	return 0;
}

int
init_open(struct init *init, struct err *err)
{
	int r;

	init->signal_fd = -1;
	init->paused_until = CLOCK_NEVER;
	init->stage_ends = CLOCK_NEVER;
	init->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (init->epoll < 0)
		return err_sys(err, errno, "epoll");
	r = open_signals(init, err);
	if (r == 0)
		r = listeners_open(init, err);
	if (r == 0)
		r = init_timers_open(init, err);
	return r;
}

/* Milliseconds to wait at most. */
static int
next_step(const struct init *init)
{
	int64_t next = listeners_next(init);

	if (init->stage_ends < next)
		next = init->stage_ends;
	return clock_left(next);
}

/* One event at a time: its handler may close what a second one belongs to. */
static void
wait_once(struct init *init)
{
	struct epoll_event event;
	struct watch *watch;

	if (epoll_wait(init->epoll, &event, 1, next_step(init)) != 1)
		return;
	watch = event.data.ptr;
	watch->ready(init, watch);
}

bool
init_run(struct init *init)
{
	bool well = true;

	/* without systemd these say nothing and fail harmlessly */
	(void)sd_notify(0, "READY=1");
	log_info("ready, %zu listening sockets", init->nlisteners);
	init_reap(init); /* what a predecessor of this pid 1 left */
	while (init->stage != STAGE_ENDED) {
		wait_once(init);
		if (init->stage == STAGE_SERVING)
			listeners_resume(init, clock_ms());
		else
			init_stop_step(init, clock_ms());
		well &= !init->killed;
	}
	log_info("ended");
	return well;
}

void
init_release(struct init *init)
{
	listeners_close(init, true);
	init_timers_close(init);
	stems_close(init);
	children_release(&init->children);
	environments_release(&init->environments);
	settings_release(&init->settings);
	fileio_close(&init->signal_fd);
	fileio_close(&init->epoll);
}
