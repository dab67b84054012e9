/*
 * Counters that processes share in a mapped file, without a daemon: so many
 * events of a kind by a key in the last minute, hour or day.  Every change is
 * one atomic word, so that a process may be killed between any two of its
 * instructions, and nobody ever waits for another.
 *
 * Never exact: counts decay (below), and a change that races with the reuse of
 * its slot is lost.  Never trusted: what a word says counts only when it fits
 * its slot's tag and the time, so that rubbish in the file is as good as 0.
 */
#ifndef NJIWA_BASE_TALLY_H
#define NJIWA_BASE_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/base/err.h"

#define TALLY_COUNTERS 8      /* of a key */
#define TALLY_MARKS 2         /* likewise */
#define TALLY_MAX 65535       /* a count stays there */
#define TALLY_SLOT_OCTETS 128 /* of the file, for each key */
#define TALLY_SLOTS_MIN 64

struct tally_config {
	const char *path;
	size_t slots; /* keys that the file has room for */
	uid_t owner;  /* of the file when root makes it */
	gid_t group;
	int64_t keep; /* seconds that a marked key outlives unmarked ones */
	bool create;  /* it is made when it is missing, and made anew when it
		       * is not one of ours */
};

/* Who is counted: an address or a network, and of what kind. */
struct tally_key {
	unsigned char octets[16];
	uint8_t bits;
	uint8_t kind; /* the caller's */
};

struct tally;
struct tally_slot;

/* A key's place, good until tally_close; a slot of NULL counts nothing. */
struct tally_entry {
	struct tally_slot *slot;
	uint64_t tag;
};

/*
 * Maps the file.  It is a plain file of ours, root's or the owner's that
 * nobody else may write to; its room on the disk is taken when it is made, so
 * that no later write can fail.  Children do not inherit the mapping.
 * 0, or -errno with err filled: there is nothing to count in.
 */
int tally_open(const struct tally_config *config, struct tally **ret_tally,
    struct err *err);
void tally_close(struct tally *tally);

/* The key's place; made when it is missing and make is said, in that of the key
 * that was not asked for longest where there is no room (one with a mark that
 * is younger than keep last of all). */
struct tally_entry tally_find(
    struct tally *tally, const struct tally_key *key, bool make);

/*
 * The events of the last period (seconds; the same for each use of a counter):
 * those of this window of time, and of the one before it the part that is not
 * yet a period ago.
 */
uint32_t tally_count(
    struct tally_entry entry, unsigned counter, int64_t period);

/* Counts n more, unless the count would pass the limit (0: there is none);
 * false when it would, and nothing is counted. */
bool tally_add(
    struct tally_entry entry, unsigned counter, int64_t period, uint32_t limit);

/* Sets a mark to now. */
void tally_mark(struct tally_entry entry, unsigned mark);

/* Was the mark set in the last so many seconds? */
bool tally_marked(struct tally_entry entry, unsigned mark, int64_t seconds);

/* Sets a mark to now unless it was set in the last so many seconds; of several
 * processes that ask at a time one is told true. */
bool tally_mark_once(struct tally_entry entry, unsigned mark, int64_t seconds);

/* Forgets the key. */
void tally_forget(struct tally *tally, const struct tally_key *key);

/* Shows every key that is there; it may be gone when it is shown. */
typedef void tally_seen(
    void *ctx, const struct tally_key *key, struct tally_entry entry);
void tally_each(struct tally *tally, tally_seen *seen, void *ctx);

#endif
