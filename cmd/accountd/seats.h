/* Who has sessions: a seat for each client that is bound to a user, in memory
 * that all processes of njiwa-accountd share, so that a user's can be counted
 * and the one that is idle for longest be ended for a new one.  There is no
 * lock: a seat's user and whether it is called are one word, changed by
 * compare-and-swap, and who dies leaves his seats to seats_forget.
 * Never knows a name, only hashes under a key of its own. */
#ifndef NJIWA_CMD_ACCOUNTD_SEATS_H
#define NJIWA_CMD_ACCOUNTD_SEATS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/slice.h"

#define SEATS_MAX 65536 /* who comes then has none, and is not counted */
#define SEATS_NOBODY UINT32_MAX

struct seats;

/* Maps the memory; to be called before the processes are forked.  NULL with
 * errno when there is none to be had. */
struct seats *seats_new(uint32_t max);
void seats_free(struct seats *seats);

/* Who wants one. */
struct seat_wanted {
	struct slice user;
	struct slice service; /* each is counted by itself */
	uint32_t process;     /* that serves him */
	uint32_t limit;       /* seats of that user in that service; 0: any */
};

/*
 * The new seat, or SEATS_NOBODY when all are taken: 0.  -EBUSY when the user
 * has as many as he may and none of them is at rest.  Where one had to be
 * called, *ret_ring is the process to tell, else SEATS_NOBODY.  The new one is
 * not at rest.
 */
int seats_take(struct seats *seats, const struct seat_wanted *wanted,
    uint32_t *ret_seat, uint32_t *ret_ring);

/* These do nothing for SEATS_NOBODY. */
void seats_leave(struct seats *seats, uint32_t seat);

/* Begins or ends its rest (now is clock_ms). */
void seats_rest(struct seats *seats, uint32_t seat, bool resting, int64_t now);

/* Is it to end? */
bool seats_is_called(const struct seats *seats, uint32_t seat);

/* Frees the seats of a process that has ended. */
void seats_forget(struct seats *seats, uint32_t process);

/* True for the first who asks. */
bool seats_first_to_tell(struct seats *seats);

#endif
