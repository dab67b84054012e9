#include <limits.h>

#include "common/base/clock.h"
#include "tests/unit/unit.h"

static void
deadlines(void **state)
{
	int64_t now = clock_ms();

	(void)state;
	assert_true(now > 0);
	assert_true(clock_ms() >= now);
	assert_int_equal(clock_left(CLOCK_NEVER), -1);
	assert_int_equal(clock_left(0), 0);
	assert_int_equal(clock_left(now - 1), 0);
	assert_int_equal(clock_left(clock_ms()), 0);
	assert_in_range(clock_left(clock_deadline(60000)), 1, 60000);
	assert_int_equal(clock_left(CLOCK_NEVER - 1), INT_MAX);
	assert_true(clock_deadline(INT64_MAX) == CLOCK_NEVER);
	assert_true(clock_deadline(INT64_MAX - 1) == CLOCK_NEVER);
	assert_true(clock_deadline(0) >= now);
}

static void
fake_time(void **state)
{
	struct timespec at = { 1234567890, 5 }, off = { -1, 0 };

	(void)state;
	clock_fake(at);
	assert_int_equal(clock_now().tv_sec, 1234567890);
	assert_int_equal(clock_now().tv_nsec, 5);
	clock_fake(off);
	assert_true(clock_now().tv_sec > 1700000000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines),
		cmocka_unit_test(fake_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
