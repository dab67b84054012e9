#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cmd/init/timers.h"
#include "common/base/mem.h"
#include "common/base/num.h"

#define BLANKS " \t\r\n"

static struct slice
trim(struct slice text)
{
	while (text.len && strchr(BLANKS, text.ptr[0]))
		text = slice_skip(text, 1);
	while (text.len && strchr(BLANKS, text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/* Splits timer->words into argv; why it is wrong, or NULL. */
static const char *
split_command(struct timer *timer)
{
	char *rest = timer->words, *word;
	size_t n = 0;

	while ((word = strsep(&rest, BLANKS)) != NULL) {
		if (*word == '\0')
			continue;
		if (n == TIMER_ARGS_MAX)
			return "too many words";
		timer->argv[n++] = word;
	}
	timer->argv[n] = NULL;
	return n == 0 || timer->argv[0][0] != '/' ? "no absolute path" : NULL;
}

/* Reads one `name=period:/path ...`; why it is wrong, or NULL. */
static const char *
parse_timer(struct slice text, struct timer *timer)
{
	size_t equal = slice_find(text, '=');
	struct slice rest = slice_skip(text, equal + 1), period;
	size_t colon = slice_find(rest, ':');
	uint64_t ms;

	if (equal == 0 || equal >= text.len || colon >= rest.len)
		return "not name=period:/path";
	period = slice_head(rest, colon);
	if (!num_parse_time(period, TIMER_PERIOD_MAX, &ms) ||
	    ms < TIMER_PERIOD_MIN)
		return "no period such as 1h, from 1s on";
	if (memchr(text.ptr, '\0', text.len))
		return "holds a NUL";
	rest = slice_skip(rest, colon + 1);
	timer->period = (int64_t)ms;
	timer->name = mem_strndup(text.ptr, equal);
	timer->words = mem_strndup(rest.ptr, rest.len);
	return split_command(timer);
}

int
timers_parse(struct slice text, struct timers *ret_timers, struct err *err)
{
	struct slice field;
	const char *why;

	*ret_timers = (struct timers){ .count = 0 };
	while (slice_next(&text, ';', &field)) {
		struct timer *timer = &ret_timers->timer[ret_timers->count];

		field = trim(field);
		if (field.len == 0)
			continue;
		if (ret_timers->count == TIMERS_MAX)
			return err_set(err, EINVAL,
			    "timers: more than %d of them", TIMERS_MAX);
		timer->fd = -1;
		ret_timers->count++; /* released even when it is wrong */
		why = parse_timer(field, timer);
		if (why)
			return err_set(err, EINVAL, "timers: '%.*s': %s",
			    (int)(field.len > 80 ? 80 : field.len), field.ptr,
			    why);
	}
	return 0;
}

int
timers_start(struct timers *timers, struct err *err)
{
	size_t i;

	for (i = 0; i < timers->count; i++) {
		struct timer *timer = &timers->timer[i];
		struct timespec period = { timer->period / 1000,
			timer->period % 1000 * 1000000 };
		struct itimerspec spec = { period, period };

		timer->fd =
		    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		if (timer->fd < 0 ||
		    timerfd_settime(timer->fd, 0, &spec, NULL) < 0)
			return err_sys(err, errno, "timer %s", timer->name);
	}
	return 0;
}

void
timers_release(struct timers *timers)
{
	size_t i;

	for (i = 0; i < timers->count; i++) {
		struct timer *timer = &timers->timer[i];

		if (timer->fd >= 0)
			(void)close(timer->fd); /* nothing was written */
		free(timer->name);
		free(timer->words);
	}
	timers->count = 0;
}
