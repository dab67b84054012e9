#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "cmd/accountd/seats.h"
#include "common/base/siphash.h"
#include "common/base/str.h"

/* A seat's word: 0 when it is free, BEING_TAKEN while its other fields are
 * written, else the user's hash, in which the lowest bit says "called". */
#define FREE 0
#define CALLED 1
#define BEING_TAKEN 2
#define HASH_BITS (~(uint64_t)3)
#define CALL_TRIES 16 /* others may be faster */

struct seat {
	_Atomic uint64_t word;
	_Atomic int64_t rest; /* since when (clock_ms); 0: it works */
	_Atomic uint32_t process;
};

struct seats {
	uint64_t key[2];
	uint32_t max;
	_Atomic uint32_t used; /* no seat from here on was ever taken */
	atomic_flag told;
	struct seat list[];
};

static size_t
octets_of(uint32_t max)
{
	return sizeof(struct seats) + max * sizeof(struct seat);
}

struct seats *
seats_new(uint32_t max)
{
	struct seats *seats = mmap(NULL, octets_of(max), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (seats == MAP_FAILED)
		return NULL;
	seats->max = max;
	if (getrandom(seats->key, sizeof seats->key, 0) == sizeof seats->key)
		return seats;
	seats_free(seats);
	return NULL;
}

void
seats_free(struct seats *seats)
{
	if (seats)
		(void)munmap(seats, octets_of(seats->max)); /* the end of it */
}

/* Never FREE or BEING_TAKEN. */
static uint64_t
hash_of(const struct seats *seats, const struct seat_wanted *wanted)
{
	STR_AUTO text = STR_INIT;

	str_append(&text, wanted->service);
	str_append_char(&text, '\0');
	str_append(&text, wanted->user);
	return (siphash(seats->key, str_slice(&text)) & HASH_BITS) | (uint64_t)1
									 << 63;
}

static void
note_used(struct seats *seats, uint32_t used)
{
	uint32_t before = atomic_load(&seats->used);

	while (before < used &&
	       !atomic_compare_exchange_weak(&seats->used, &before, used))
		; /* before is what it is now */
}

static uint32_t
sit_down(struct seats *seats, uint64_t user, uint32_t process)
{
	uint32_t i;

	for (i = 0; i < seats->max; i++) {
		struct seat *seat = &seats->list[i];
		uint64_t expected = FREE;

		if (atomic_load(&seat->word) != FREE ||
		    !atomic_compare_exchange_strong(
			&seat->word, &expected, BEING_TAKEN))
			continue;
		atomic_store(&seat->rest, 0);
		atomic_store(&seat->process, process);
		atomic_store(&seat->word, user);
		note_used(seats, i + 1);
		return i;
	}
	return SEATS_NOBODY;
}

/* How many the user has, those not counted that are called; the one that is at
 * rest for longest, SEATS_NOBODY when none is. */
static uint32_t
look(const struct seats *seats, uint64_t user, uint32_t *ret_oldest)
{
	uint32_t used = atomic_load(&seats->used);
	int64_t since = INT64_MAX;
	uint32_t i, n = 0;

	*ret_oldest = SEATS_NOBODY;
	for (i = 0; i < used; i++) {
		int64_t rest;

		if (atomic_load(&seats->list[i].word) != user)
			continue;
		n++;
		rest = atomic_load(&seats->list[i].rest);
		if (rest == 0 || rest >= since)
			continue;
		since = rest;
		*ret_oldest = i;
	}
	return n;
}

/* Makes room for who has sat down already; false when there is none. */
static bool
make_room(
    struct seats *seats, uint64_t user, uint32_t limit, uint32_t *ret_ring)
{
	uint32_t oldest;
	int tries;

	for (tries = 0; tries < CALL_TRIES; tries++) {
		struct seat *seat;
		uint64_t expected = user;

		if (look(seats, user, &oldest) <= limit)
			return true;
		if (oldest == SEATS_NOBODY)
			return false;
		seat = &seats->list[oldest];
		*ret_ring = atomic_load(&seat->process);
		if (atomic_compare_exchange_strong(
			&seat->word, &expected, user | CALLED))
			return true;
	}
	return false;
}

int
seats_take(struct seats *seats, const struct seat_wanted *wanted,
    uint32_t *ret_seat, uint32_t *ret_ring)
{
	uint64_t user = hash_of(seats, wanted);
	uint32_t seat = sit_down(seats, user, wanted->process);
	uint32_t ring = SEATS_NOBODY;

	if (seat != SEATS_NOBODY && wanted->limit &&
	    !make_room(seats, user, wanted->limit, &ring)) {
		seats_leave(seats, seat);
		return -EBUSY;
	}
	*ret_seat = seat;
	*ret_ring = ring;
	return 0;
}

void
seats_leave(struct seats *seats, uint32_t seat)
{
	if (seat != SEATS_NOBODY)
		atomic_store(&seats->list[seat].word, FREE);
}

void
seats_rest(struct seats *seats, uint32_t seat, bool resting, int64_t now)
{
	if (seat != SEATS_NOBODY)
		atomic_store(&seats->list[seat].rest, resting ? now : 0);
}

bool
seats_is_called(const struct seats *seats, uint32_t seat)
{
	return seat != SEATS_NOBODY &&
	       (atomic_load(&seats->list[seat].word) & CALLED);
}

void
seats_forget(struct seats *seats, uint32_t process)
{
	uint32_t used = atomic_load(&seats->used);
	uint32_t i;

	for (i = 0; i < used; i++)
		if (atomic_load(&seats->list[i].word) > BEING_TAKEN &&
		    atomic_load(&seats->list[i].process) == process)
			seats_leave(seats, i);
}

bool
seats_first_to_tell(struct seats *seats)
{
	return !atomic_flag_test_and_set(&seats->told);
}
