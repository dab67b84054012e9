/* njiwa-init's loop: accept, limit, start, reap, end.
 * Never serves a client itself but to say that it cannot be served. */
#ifndef NJIWA_CMD_INIT_INIT_H
#define NJIWA_CMD_INIT_INIT_H

#include "cmd/init/children.h"
#include "cmd/init/environment.h"
#include "cmd/init/listen.h"
#include "cmd/init/stems.h"
#include "cmd/init/timers.h"
#include "common/svc/settings.h"

#define INIT_LISTENERS_MAX (LISTEN_MAX + 1) /* njiwa-accountd's too */

struct init;

/* Something that the loop waits for; embedded in what it belongs to. */
struct watch {
	void (*ready)(struct init *init, struct watch *watch);
};

struct listener {
	struct watch watch;
	int fd;
	const struct init_service *service;
	struct listen_entry entry; /* when we opened it ourselves */
	char *path;                /* of a Unix socket that we made, or NULL */
	int64_t resume;            /* wait: not before (clock.h) */
	unsigned failures;         /* wait: ends with an error, in a row */
	bool running;              /* wait: the program has it now */
};

struct init_timer {
	struct watch watch;
	struct timer *timer;
};

enum init_stage {
	STAGE_SERVING,
	STAGE_CONNECTIONS, /* ending connections and commands */
	STAGE_SERVICES,    /* ending those that connections needed */
	STAGE_ENDED
};

struct init {
	struct settings settings;
	const char *config; /* settings file, NULL for the usual one */
	struct environments environments;
	struct children children;
	struct stems stems;
	struct listener *listeners[INIT_LISTENERS_MAX];
	size_t nlisteners;
	struct timers timers;
	struct init_timer timer_watches[TIMERS_MAX];
	struct watch signals;
	int epoll, signal_fd;
	bool given;           /* systemd opened the sockets */
	bool starved;         /* said to be out of descriptors or processes */
	int64_t paused_until; /* no accepting before; CLOCK_NEVER: accepting */
	enum init_stage stage;
	int64_t stage_ends; /* then it is SIGKILL */
	bool killed;        /* SIGKILL was sent in this stage */
};

/* Reads the settings into init, which keeps its old ones when there is a
 * mistake: each is logged, and the result false. */
bool init_read_settings(struct init *init);

/*
 * Opens everything: listening sockets, timers, signals.  0, or -errno with err
 * filled.  To be released in either case.
 */
int init_open(struct init *init, struct err *err);

/* Serves until told to end; true unless something had to be killed. */
bool init_run(struct init *init);
void init_release(struct init *init);

/* ---- between the loop's files ---- */

/* Waits for input on fd with watch; 0 or -errno. */
int init_watch(struct init *init, int fd, struct watch *watch);
void init_unwatch(struct init *init, int fd);

/* Opens, takes from systemd, renews after a reload, and closes the listening
 * sockets; 0, or -errno with err filled. */
int listeners_open(struct init *init, struct err *err);
void listeners_reload(struct init *init);
void listeners_close(struct init *init, bool wait_services_too);

/* Starts watching all that should be watched again, stops for a while. */
void listeners_resume(struct init *init, int64_t now);
void listeners_pause(struct init *init);

/* When listeners_resume has something to do next; CLOCK_NEVER. */
int64_t listeners_next(const struct init *init);

/* A program that took a listening socket has ended. */
void listener_ended(
    struct init *init, struct listener *listener, bool well, int64_t ran_ms);

/* Opens and closes the timers of the settings; 0, or -errno with err. */
int init_timers_open(struct init *init, struct err *err);
void init_timers_close(struct init *init);

/* Reaps every child that has ended, and every orphan. */
void init_reap(struct init *init);

/* Ends: the first call by and by, the second one now. */
void init_stop(struct init *init);

/* One step towards the end, when there is one to take. */
void init_stop_step(struct init *init, int64_t now);

#endif
