#include <errno.h>
#include <poll.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/svc/connection.h"

/* SIGTERM interrupts the keeper's waiting, which is all that it has to do. */
static void
wake(int signal)
{
	(void)signal;
}

void
ending_hold(struct connection *c)
{
	static const struct sigaction action = { .sa_handler = wake };
	sigset_t held;

	(void)sigemptyset(&held); /* none of these can fail */
	(void)sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, &c->signals);
	(void)sigdelset(&c->signals, SIGTERM);
	(void)sigaction(SIGTERM, &action, NULL);
}

void
ending_tell(struct connection *c)
{
	c->ending = true;
	(void)keeper_reply(&c->keeper, REQUEST_END, slice_from(""), NULL,
	    0); /* a front that is gone needs no telling */
}

int
ending_wait(struct connection *c, int64_t deadline)
{
	struct pollfd p = { .fd = c->keeper.front, .events = POLLIN };
	int n;

	do {
		int left = clock_left(deadline);
		struct timespec time = { left / 1000, left % 1000 * 1000000L };

		n = ppoll(&p, 1, left < 0 ? NULL : &time, &c->signals);
		if (n < 0 && errno == EINTR)
			ending_tell(c);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}
