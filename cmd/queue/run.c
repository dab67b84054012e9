#include <errno.h>
#include <stdio.h>

#include "cmd/queue/queue.h"
#include "common/base/clock.h"
#include "common/base/log.h"

#define NUMBER_MAX 24

/* Nothing that was ever written is due more seconds ahead than that: a clock
 * has jumped. */
static uint64_t
horizon(const struct queue *q)
{
	const struct settings *s = q->settings;

	return (uint64_t)(s->queue_lifetime + s->queue_max_backoff) / 1000;
}

static bool
is_due(const struct queue *q, const struct spool_rcpt *rcpt)
{
	return !spool_rcpt_is_final(rcpt) &&
	       (rcpt->next <= q->now || rcpt->next > q->now + horizon(q));
}

static bool
is_local_due(const struct queue *q, const struct spool_rcpt *rcpt)
{
	return rcpt->route == SPOOL_LOCAL && is_due(q, rcpt);
}

static bool
any_local_due(const struct queue *q, const struct spool_envelope *env)
{
	size_t i;

	for (i = 0; i < env->count; i++)
		if (is_local_due(q, &env->rcpts[i]))
			return true;
	return false;
}

static void
log_try(const struct spool_entry *entry, const struct spool_rcpt *rcpt)
{
	char tries[NUMBER_MAX];
	const struct log_field fields[] = {
		{ "id", entry->id },
		{ "from", entry->env.sender },
		{ "to", rcpt->address },
		{ "final", rcpt->final },
		{ "route", spool_route_name(rcpt->route) },
		{ "state", spool_state_name(rcpt->state) },
		{ "tries", tries },
		{ "reply", rcpt->reply },
	};

	(void)snprintf(tries, sizeof tries, "%llu",
	    (unsigned long long)rcpt->tries); /* fits */
	log_event(LOG_LEVEL_INFO, "delivery from the spool", fields,
	    sizeof fields / sizeof fields[0]);
}

/* Finds out where those that are due lead. */
static void
look_up_all(struct queue *q, struct spool_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->env.count; i++) {
		struct spool_rcpt *rcpt = &entry->env.rcpts[i];

		if (!is_local_due(q, rcpt) || rcpt->final[0])
			continue;
		local_look_up(q, &entry->env, i);
		rcpt = &entry->env.rcpts[i]; /* there may be more of them now */
		if (rcpt->final[0] && rcpt->route == SPOOL_LOCAL)
			continue; /* it is tried next */
		log_try(entry, rcpt);
		q->deferred += rcpt->state == SPOOL_DEFERRED;
	}
}

static void
try_all(struct queue *q, struct spool_entry *entry, bool again)
{
	size_t i;

	for (i = 0; i < entry->env.count; i++) {
		struct spool_rcpt *rcpt = &entry->env.rcpts[i];

		if (!is_local_due(q, rcpt))
			continue;
		local_try(q, entry, i, again);
		log_try(entry, rcpt);
		q->delivered += rcpt->state == SPOOL_DELIVERED;
		q->deferred += rcpt->state == SPOOL_DEFERRED;
	}
}

/* What is too old is given up; the last try was just made. */
static void
expire(const struct queue *q, struct spool_entry *entry)
{
	struct spool_envelope *env = &entry->env;
	uint64_t lifetime = (uint64_t)q->settings->queue_lifetime / 1000;
	size_t i;

	if (q->now < env->arrived || q->now - env->arrived < lifetime)
		return;
	for (i = 0; i < env->count; i++) {
		struct spool_rcpt *rcpt = &env->rcpts[i];

		if (spool_rcpt_is_final(rcpt))
			continue;
		rcpt->state = SPOOL_FAILED;
		if (rcpt->reply[0] == '\0')
			spool_text_set(
			    &rcpt->reply, slice_from("451 4.4.7 never tried"));
		log_try(entry, rcpt);
	}
}

static bool
is_done(const struct spool_envelope *env)
{
	size_t i;

	for (i = 0; i < env->count; i++)
		if (!spool_rcpt_is_final(&env->rcpts[i]) || !env->rcpts[i].told)
			return false;
	return true;
}

/* Is nobody left who could be told of a failure? */
static bool
is_lost(const struct spool_envelope *env)
{
	size_t i;

	for (i = 0; i < env->count && env->class == SPOOL_DOUBLE; i++)
		if (env->rcpts[i].state == SPOOL_FAILED)
			return true;
	return false;
}

/* The last line of every way through: what the spool is to know. */
static void
keep(struct spool_entry *entry)
{
	struct err err = { 0, "" };
	int rc;

	entry->env.trying = 0;
	if (!is_done(&entry->env) || is_lost(&entry->env))
		rc = spool_update(entry, &err);
	else
		rc = spool_remove(entry, &err);
	if (rc == 0 && is_lost(&entry->env)) {
		log_error("%s: no postmaster could be told: it is set aside, "
			  "in %s/" SPOOL_BROKEN_FOLDER,
		    entry->id, entry->spool->path);
		rc = spool_set_aside(entry, &err);
	}
	if (rc < 0)
		log_error("%s: %s", entry->id, err.text);
}

/* Writes down what is so far: a run that is cut off after this is followed by
 * one that looks for what it did. */
static bool
write_down(struct spool_entry *entry)
{
	struct err err = { 0, "" };

	entry->env.trying = 1;
	if (spool_update(entry, &err) == 0)
		return true;
	log_error("%s: %s", entry->id, err.text);
	return false;
}

/*
 * Tries what is due; where each recipient leads is on the disk by then, for a
 * mailbox's file has the recipient's number in its name.  Nothing is delivered
 * as long as nothing can be written down, for then nobody would ever know.
 */
static bool
try_due(struct queue *q, struct spool_entry *entry, bool again)
{
	if (!any_local_due(q, &entry->env))
		return true;
	look_up_all(q, entry);
	if (!write_down(entry))
		return false;
	try_all(q, entry, again);
	return true;
}

static void
work(struct queue *q, struct spool_entry *entry)
{
	bool again = entry->env.trying;

	log_set_trace(entry->env.trace);
	if (!entry->env.held) {
		/* what was being told when a run was cut off; told of together
		 * with what comes now, it would be another report */
		if (again)
			notify_ends(q, entry);
		if (!try_due(q, entry, again))
			return;
		expire(q, entry);
		if (notify_is_due(q, &entry->env) && !write_down(entry))
			return;
		notify_all(q, entry);
	}
	keep(entry);
}

/* Is it a report, and nothing yet says that it was made?  Delivered now, and
 * its message looked at later, it would be made twice. */
static bool
is_early(struct queue *q, const char *id)
{
	struct spool_envelope env = { 0 };
	char parent[SPOOL_ID_MAX + 1];
	struct err ignored;
	bool early;

	if (!notify_get_parent(id, parent) ||
	    spool_peek(&q->spool, parent, &env, &ignored) < 0)
		return false; /* its message is gone, or is nobody's any more */
	early = env.trying;
	spool_envelope_release(&env);
	return early;
}

static void
look_at(struct queue *q, const char *id)
{
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	struct err err = { 0, "" };
	int rc = -EAGAIN;

	if (!is_early(q, id))
		rc = spool_lock(&q->spool, id, &entry, &err);
	if (rc == 0)
		work(q, &entry);
	else if (rc != -EAGAIN && rc != -ENOENT)
		log_error("%s: %s", id, err.text);
	spool_unlock(&entry);
	log_set_trace("");
}

int
queue_list(struct queue *q, struct spool_list *ret_list)
{
	struct err err = { 0, "" };
	int rc = spool_scan(
	    &q->spool, clock_now().tv_sec, (time_t)horizon(q), ret_list, &err);

	if (rc < 0)
		log_error("%s", err.text);
	return rc;
}

/* 1 when there is something new, 0, -errno when the spool cannot be read. */
static int
round_of(struct queue *q)
{
	size_t reports = q->reports;
	struct spool_list list = { NULL, 0, 0 };
	int rc = queue_list(q, &list);
	size_t i;

	if (rc < 0)
		return rc;
	for (i = 0; i < list.count; i++) {
		q->now = (uint64_t)clock_now().tv_sec;
		look_at(q, list.list[i].id);
	}
	spool_list_release(&list);
	return q->reports > reports;
}

bool
queue_run(struct queue *q)
{
	int i, rc = 1;

	for (i = 0; i < QUEUE_ROUNDS && rc > 0; i++)
		rc = round_of(q);
	(void)spool_clean(&q->spool, clock_now().tv_sec);
	return rc >= 0;
}
