#include <string.h>

#include "common/base/clock.h"
#include "common/base/siphash.h"
#include "common/base/tally_own.h"

#define RACES_MAX 64 /* lost in a row, after which an event goes uncounted */

/* ---- words: the upper half says whose and when, the lower how many ---- */

static uint64_t
seconds_now(void)
{
	return (uint64_t)clock_now().tv_sec;
}

/* A word of another key, or rubbish, has another one's stamp. */
static uint32_t
stamp_of(uint64_t tag, uint64_t number)
{
	return (uint32_t)(tag >> 32) + (uint32_t)number;
}

static uint64_t
make_word(uint32_t stamp, uint32_t low)
{
	return (uint64_t)stamp << 32 | low;
}

/* What a counter's word says in the window of that stamp. */
struct windows {
	uint32_t before, now; /* events; of the window before, of this one */
};

static struct windows
windows_of(uint64_t word, uint32_t stamp)
{
	uint32_t age = stamp - (uint32_t)(word >> 32);
	uint32_t before = (uint32_t)word >> 16,
		 now = (uint32_t)word & TALLY_MAX;

	if (age == 0)
		return (struct windows){ before, now };
	return (struct windows){ age == 1 ? now : 0, 0 };
}

static uint32_t
sum_of(struct windows w, uint64_t seconds, uint64_t period)
{
	uint64_t left = period - seconds % period;

	return w.now + (uint32_t)(w.before * left / period);
}

uint32_t
tally_count(struct tally_entry entry, unsigned counter, int64_t period)
{
	uint64_t now = seconds_now(), length = (uint64_t)period;

	if (entry.slot == NULL)
		return 0;
	return sum_of(windows_of(atomic_load(&entry.slot->counters[counter]),
			  stamp_of(entry.tag, now / length)),
	    now, length);
}

bool
tally_add(
    struct tally_entry entry, unsigned counter, int64_t period, uint32_t limit)
{
	uint64_t now = seconds_now(), length = (uint64_t)period, word;
	uint32_t stamp = stamp_of(entry.tag, now / length);
	_Atomic uint64_t *at;
	int races;

	if (entry.slot == NULL)
		return true;
	at = &entry.slot->counters[counter];
	word = atomic_load(at);
	for (races = 0; races < RACES_MAX; races++) {
		struct windows w = windows_of(word, stamp);

		if (limit && sum_of(w, now, length) >= limit)
			return false;
		w.now += w.now < TALLY_MAX;
		if (atomic_compare_exchange_weak(
			at, &word, make_word(stamp, w.before << 16 | w.now)))
			break;
	}
	return true;
}

/* ---- marks ---- */

static bool
is_recent(uint64_t word, uint64_t tag, uint64_t now, int64_t seconds)
{
	uint32_t age = (uint32_t)now - (uint32_t)word;

	return word >> 32 == tag >> 32 && age < (uint64_t)seconds;
}

static uint64_t
mark_of(uint64_t tag, uint64_t now)
{
	return make_word(stamp_of(tag, 0), (uint32_t)now);
}

void
tally_mark(struct tally_entry entry, unsigned mark)
{
	if (entry.slot)
		atomic_store(&entry.slot->marks[mark],
		    mark_of(entry.tag, seconds_now()));
}

bool
tally_marked(struct tally_entry entry, unsigned mark, int64_t seconds)
{
	return entry.slot && is_recent(atomic_load(&entry.slot->marks[mark]),
				 entry.tag, seconds_now(), seconds);
}

bool
tally_mark_once(struct tally_entry entry, unsigned mark, int64_t seconds)
{
	uint64_t now = seconds_now(), word;

	if (entry.slot == NULL)
		return false;
	word = atomic_load(&entry.slot->marks[mark]);
	return !is_recent(word, entry.tag, now, seconds) &&
	       atomic_compare_exchange_strong(
		   &entry.slot->marks[mark], &word, mark_of(entry.tag, now));
}

/* ---- slots ---- */

static void
words_of(const struct tally_key *key, uint64_t words[TALLY_KEY_WORDS])
{
	memcpy(words, key->octets, sizeof key->octets);
	words[2] = (uint64_t)key->bits << 8 | key->kind;
}

static uint64_t
tag_of(const struct tally *tally, const uint64_t words[TALLY_KEY_WORDS])
{
	uint64_t tag = siphash(tally->key,
	    slice_of((const char *)words, TALLY_KEY_WORDS * sizeof *words));

	return tag ? tag : 1;
}

/* The first of the slots that a key may be in. */
static struct tally_slot *
ways_of(const struct tally *tally, uint64_t tag)
{
	size_t group = (uint32_t)tag % (tally->count / TALLY_WAYS);

	return &tally->slots[group * TALLY_WAYS];
}

static struct tally_slot *
look(const struct tally *tally, uint64_t tag)
{
	struct tally_slot *ways = ways_of(tally, tag);
	size_t i;

	for (i = 0; i < TALLY_WAYS; i++)
		if (atomic_load(&ways[i].tag) == tag)
			return &ways[i];
	return NULL;
}

/* How much a slot is worth keeping: the more the later it was used, and a
 * marked one more than any that is not. */
static uint64_t
worth_of(const struct tally *tally, struct tally_slot *slot, uint64_t now)
{
	uint64_t tag = atomic_load(&slot->tag), worth;

	if (tag == 0)
		return 0;
	worth = atomic_load(&slot->used) & UINT32_MAX;
	if (worth > now)
		worth = 0; /* rubbish, or the clock was set back */
	if (is_recent(atomic_load(&slot->marks[0]), tag, now, tally->keep))
		worth |= UINT64_C(1) << 32;
	return worth + 1;
}

static struct tally_slot *
least_worth(const struct tally *tally, uint64_t tag, uint64_t now)
{
	struct tally_slot *ways = ways_of(tally, tag), *least = ways;
	uint64_t least_worth = UINT64_MAX;
	size_t i;

	for (i = 0; i < TALLY_WAYS; i++) {
		uint64_t worth = worth_of(tally, &ways[i], now);

		if (worth >= least_worth)
			continue;
		least = &ways[i];
		least_worth = worth;
	}
	return least;
}

/* Takes a slot for the key.  Two who do so at a time for the same key agree on
 * the first one. */
static struct tally_slot *
claim(const struct tally *tally, uint64_t tag,
    const uint64_t words[TALLY_KEY_WORDS], uint64_t now)
{
	struct tally_slot *slot = least_worth(tally, tag, now), *first;
	uint64_t old = atomic_load(&slot->tag);
	size_t i;

	if (!atomic_compare_exchange_strong(&slot->tag, &old, tag))
		return look(tally, tag);
	first = look(tally, tag);
	if (first && first < slot) {
		old = tag;
		(void)atomic_compare_exchange_strong(/* else it is another's */
		    &slot->tag, &old, 0);
		return first;
	}
	for (i = 0; i < TALLY_KEY_WORDS; i++)
		atomic_store(&slot->key[i], words[i]);
	return slot;
}

struct tally_entry
tally_find(struct tally *tally, const struct tally_key *key, bool make)
{
	uint64_t words[TALLY_KEY_WORDS], tag, now = seconds_now();
	struct tally_slot *slot;
	int races = 0;

	words_of(key, words);
	tag = tag_of(tally, words);
	slot = look(tally, tag);
	while (make && slot == NULL && races++ < RACES_MAX)
		slot = claim(tally, tag, words, now);
	if (make && slot && atomic_load(&slot->used) != now)
		atomic_store(&slot->used, now);
	return (struct tally_entry){ slot, tag };
}

void
tally_forget(struct tally *tally, const struct tally_key *key)
{
	struct tally_entry entry = tally_find(tally, key, false);
	uint64_t tag = entry.tag;
	size_t i;

	if (entry.slot == NULL)
		return;
	for (i = 0; i < TALLY_COUNTERS; i++)
		atomic_store(&entry.slot->counters[i], 0);
	for (i = 0; i < TALLY_MARKS; i++)
		atomic_store(&entry.slot->marks[i], 0);
	(void)atomic_compare_exchange_strong(/* else it is another's now */
	    &entry.slot->tag, &tag, 0);
}

static void
show(const struct tally *tally, struct tally_slot *slot, tally_seen *seen,
    void *ctx)
{
	struct tally_entry entry = { slot, atomic_load(&slot->tag) };
	uint64_t words[TALLY_KEY_WORDS];
	struct tally_key key;
	size_t i;

	for (i = 0; i < TALLY_KEY_WORDS; i++)
		words[i] = atomic_load(&slot->key[i]);
	if (entry.tag == 0 || tag_of(tally, words) != entry.tag)
		return; /* rubbish, or half written */
	memcpy(key.octets, words, sizeof key.octets);
	key.bits = (uint8_t)(words[2] >> 8);
	key.kind = (uint8_t)words[2];
	seen(ctx, &key, entry);
}

void
tally_each(struct tally *tally, tally_seen *seen, void *ctx)
{
	size_t i;

	for (i = 0; i < tally->count; i++)
		show(tally, &tally->slots[i], seen, ctx);
}
