/* The `timers` setting: commands that are run again and again.
 * Never starts them itself. */
#ifndef NJIWA_CMD_INIT_TIMERS_H
#define NJIWA_CMD_INIT_TIMERS_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define TIMERS_MAX 16                       /* commands */
#define TIMER_ARGS_MAX 16                   /* words of one, the path too */
#define TIMER_PERIOD_MIN 1000               /* milliseconds */
#define TIMER_PERIOD_MAX (366LL * 86400000) /* milliseconds */

struct timer {
	int fd; /* a timerfd; -1 until timers_start */
	bool running;
	int64_t period; /* milliseconds */
	char *name;
	char *words; /* what argv points into */
	char *argv[TIMER_ARGS_MAX + 1];
};

/* Zeroed is empty. */
struct timers {
	struct timer timer[TIMERS_MAX];
	size_t count;
};

/*
 * Reads `name=period:/path argument ...; name=...`.  0, or -EINVAL with err
 * saying what is wrong; ret_timers is to be released in either case.
 */
int timers_parse(struct slice text, struct timers *ret_timers, struct err *err);

/* Opens a timerfd for each, the first run one period from now; 0 or -errno. */
int timers_start(struct timers *timers, struct err *err);

void timers_release(struct timers *timers);

#endif
