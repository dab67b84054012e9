#include <limits.h>

#include "common/base/clock.h"

static struct timespec fake = { -1, 0 };

int64_t
clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_deadline(int64_t ms)
{
	int64_t now = clock_ms();

	return ms > CLOCK_NEVER - now ? CLOCK_NEVER : now + ms;
}

int
clock_left(int64_t deadline)
{
	int64_t left;

	if (deadline == CLOCK_NEVER)
		return -1;
	left = deadline - clock_ms();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

struct timespec
clock_now(void)
{
	struct timespec t;

	if (fake.tv_sec >= 0)
		return fake;
	(void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail */
	return t;
}

void
clock_fake(struct timespec t)
{
	fake = t;
}
