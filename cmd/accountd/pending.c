#include <stdlib.h>

#include "cmd/accountd/pending.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"

static struct account_quota_add *
find(struct pending *pending, const char *name)
{
	size_t i;

	for (i = 0; i < pending->count; i++)
		if (strcmp(pending->list[i].name, name) == 0)
			return &pending->list[i];
	return NULL;
}

/* Adds to what there is; false when no number holds the sum. */
static bool
add_to(struct account_quota_add *to, const struct account_quota_add *add)
{
	int64_t octets, messages;

	if (__builtin_add_overflow(to->octets, add->octets, &octets) ||
	    __builtin_add_overflow(to->messages, add->messages, &messages))
		return false;
	to->octets = octets;
	to->messages = messages;
	return true;
}

static bool
keep_one(struct pending *pending, const struct account_quota_add *add)
{
	struct account_quota_add *to = find(pending, add->name);

	if (to)
		return add_to(to, add);
	if (pending->count == PENDING_USERS_MAX)
		return false;
	pending->list = mem_grow(pending->list, &pending->cap,
	    pending->count + 1, sizeof *pending->list);
	to = &pending->list[pending->count++];
	*to = *add;
	to->name = mem_strdup(add->name);
	to->refused = false;
	return true;
}

void
pending_keep(struct pending *pending, const struct account_quota_add *adds,
    size_t n, const struct err *err)
{
	size_t i;

	if (pending->count == 0 && n > 0) {
		log_warning("quota additions wait for the database, the first "
			    "of %s: %s",
		    adds[0].name, err->text);
		pending->retry = clock_deadline(PENDING_RETRY_MS);
		pending->stay = clock_deadline(PENDING_STAY_MS);
	}
	for (i = 0; i < n; i++)
		pending->lost += !keep_one(pending, &adds[i]);
}

void
pending_hurry(struct pending *pending, const struct account_sql *sql)
{
	if (account_sql_is_connected(sql))
		pending->retry = CLOCK_PAST;
}

bool
pending_is_waiting(const struct pending *pending)
{
	return pending->count > 0 && clock_left(pending->retry) > 0;
}

int
pending_left(const struct pending *pending)
{
	return pending->count ? clock_left(pending->retry) : -1;
}

static void
forget(struct pending *pending)
{
	size_t i;

	for (i = 0; i < pending->count; i++)
		free((char *)(uintptr_t)pending->list[i].name); /* ours */
	pending->count = 0;
}

static void
tell_lost(const struct pending *pending, uint64_t more)
{
	unsigned long long lost = pending->lost + more;

	if (lost)
		log_error("%llu quota additions are lost (njiwa quota recalc "
			  "mends it)",
		    lost);
}

/* What takes long keeps others waiting, and is not done often. */
static int64_t
next_try(int64_t began)
{
	return clock_deadline(
	    PENDING_RETRY_MS + (clock_ms() - began) * PENDING_PATIENCE);
}

void
pending_retry(struct pending *pending, struct account_sql *sql, bool now)
{
	struct err err = { 0, "" };
	int64_t began = clock_ms();

	if (pending->count == 0 || (!now && pending_is_waiting(pending)))
		return;
	account_sql_begin_request(sql);
	if (account_sql_quota_add(sql, pending->list, pending->count, &err) !=
	    ACCOUNT_FOUND) {
		pending->retry = next_try(began);
		return;
	}
	log_info("the database is back: the quota of %zu users is brought up "
		 "to date; what it was just doing when it went may be counted "
		 "twice (njiwa quota recalc mends it)",
	    pending->count);
	tell_lost(pending, 0);
	forget(pending);
	pending->lost = 0;
}

void
pending_end(struct pending *pending, struct account_sql *sql)
{
	pending_retry(pending, sql, true);
	tell_lost(pending, pending->count);
	forget(pending);
	free(pending->list);
	*pending = (struct pending){ 0 };
}
