/* Who has sessions, and who leaves for a new one. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/accountd/seats.h"
#include "tests/unit/unit.h"

#define ANN "ann@one.dev"

static struct seat_wanted
wanted(const char *user, uint32_t process, uint32_t limit)
{
	return (struct seat_wanted){ slice_from(user), slice_from("imap"),
		process, limit };
}

/* The seat that a new session of the user gets; whom it rings into *ring. */
static uint32_t
take(struct seats *seats, const char *user, uint32_t limit, uint32_t *ring)
{
	const struct seat_wanted who = wanted(user, 1, limit);
	uint32_t seat = SEATS_NOBODY, other;

	assert_int_equal(
	    seats_take(seats, &who, &seat, ring ? ring : &other), 0);
	return seat;
}

static bool
is_refused(struct seats *seats, const struct seat_wanted *who)
{
	uint32_t seat = 77, ring = 77;
	int rc = seats_take(seats, who, &seat, &ring);

	if (rc == 0) {
		seats_leave(seats, seat);
		return false;
	}
	assert_int_equal(rc, -EBUSY);
	assert_int_equal(seat, 77); /* untouched */
	return true;
}

static void
limits(void **state)
{
	struct seats *seats = seats_new(8);
	struct seat_wanted who = wanted(ANN, 0, 2);
	uint32_t first, second, ring;

	(void)state;
	assert_non_null(seats);
	first = take(seats, ANN, 2, &ring);
	assert_int_equal(ring, SEATS_NOBODY);
	second = take(seats, ANN, 2, NULL);
	assert_int_not_equal(first, second);
	assert_true(is_refused(seats, &who));
	/* another service and another user are counted by themselves */
	who.service = slice_from("pop3");
	assert_false(is_refused(seats, &who));
	who = wanted("bob@one.dev", 0, 2);
	assert_false(is_refused(seats, &who));
	who = wanted(ANN, 0, 0);
	assert_false(is_refused(seats, &who));
	/* one leaves */
	who = wanted(ANN, 0, 2);
	seats_leave(seats, first);
	assert_false(is_refused(seats, &who));
	seats_leave(seats, SEATS_NOBODY);
	seats_free(seats);
}

static void
oldest(void **state)
{
	struct seats *seats = seats_new(8);
	const struct seat_wanted who = wanted(ANN, 5, 3);
	uint32_t seat[5], ring;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		seat[i] = take(seats, ANN, 3, NULL);
	seats_rest(seats, seat[0], true, 300);
	seats_rest(seats, seat[1], true, 100);
	seats_rest(seats, seat[2], true, 200);
	seats_rest(seats, seat[1], false, 400); /* it works again */
	assert_int_equal(seats_take(seats, &who, &seat[3], &ring), 0);
	assert_int_equal(ring, 1); /* the process, not the seat */
	assert_true(seats_is_called(seats, seat[2]));
	assert_false(seats_is_called(seats, seat[0]));
	/* who is called is not counted, nor called twice */
	assert_int_equal(seats_take(seats, &who, &seat[4], &ring), 0);
	assert_true(seats_is_called(seats, seat[0]));
	assert_true(is_refused(seats, &who));
	/* a called one leaves, and its seat is as new */
	seats_leave(seats, seat[2]);
	assert_false(seats_is_called(seats, seat[2]));
	assert_int_equal(take(seats, "bob@one.dev", 1, NULL), seat[2]);
	assert_false(seats_is_called(seats, seat[2]));
	assert_false(seats_is_called(seats, SEATS_NOBODY));
	seats_free(seats);
}

/* The last seat, and one past it. */
static void
all_taken(void **state)
{
	struct seats *seats = seats_new(2);
	uint32_t first;

	(void)state;
	first = take(seats, ANN, 9, NULL);
	assert_int_not_equal(take(seats, ANN, 9, NULL), SEATS_NOBODY);
	assert_int_equal(take(seats, ANN, 9, NULL), SEATS_NOBODY);
	seats_rest(seats, SEATS_NOBODY, true, 1);
	seats_leave(seats, first);
	assert_int_equal(take(seats, ANN, 9, NULL), first);
	seats_free(seats);
}

static void
forgotten(void **state)
{
	struct seats *seats = seats_new(8);
	const struct seat_wanted other = wanted(ANN, 2, 3);
	uint32_t seat, ring;

	(void)state;
	(void)take(seats, ANN, 3, NULL);
	(void)take(seats, ANN, 3, NULL);
	assert_int_equal(seats_take(seats, &other, &seat, &ring), 0);
	assert_true(is_refused(seats, &other));
	seats_forget(seats, 1);
	(void)take(seats, ANN, 3, NULL);
	(void)take(seats, ANN, 3, NULL);
	assert_true(is_refused(seats, &other)); /* that of process 2 stayed */
	seats_free(seats);
}

/* Processes that take and leave at once never get beyond the limit, and leave
 * nothing behind. */
#define PROCESSES 4
#define ROUNDS 20000
#define LIMIT 3

static void
work(struct seats *seats, uint32_t process)
{
	const struct seat_wanted who = wanted(ANN, process, LIMIT);
	uint32_t ring, seat;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (seats_take(seats, &who, &seat, &ring) < 0)
			continue;
		if (i % 3 == 0)
			seats_rest(seats, seat, true, i + 1);
		seats_leave(seats, seat);
	}
	_exit(0);
}

static void
together(void **state)
{
	struct seats *seats = seats_new(PROCESSES + LIMIT + 1);
	const struct seat_wanted who = wanted(ANN, 9, LIMIT);
	uint32_t i;
	int status;

	(void)state;
	for (i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			work(seats, i);
	for (i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (i = 0; i < LIMIT; i++)
		assert_int_not_equal(
		    take(seats, ANN, LIMIT, NULL), SEATS_NOBODY);
	assert_true(is_refused(seats, &who));
	seats_free(seats);
}

static void
told_once(void **state)
{
	struct seats *seats = seats_new(1);

	(void)state;
	assert_true(seats_first_to_tell(seats));
	assert_false(seats_first_to_tell(seats));
	seats_free(seats);
	seats_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(oldest),
		cmocka_unit_test(all_taken),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(together),
		cmocka_unit_test(told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
