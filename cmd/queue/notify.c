#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/queue/queue.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define POSTMASTER "postmaster"

/* Whom a failure is told: nobody, the sender, or where there is none the
 * postmaster. */
static const char *
reader_of(const struct spool_envelope *env, enum report_kind kind)
{
	if (env->class == SPOOL_MAIL && env->sender[0])
		return env->sender;
	return kind == REPORT_FAILURE && env->class != SPOOL_DOUBLE ? POSTMASTER
								    : NULL;
}

/* Does whoever sent it want to hear of this end? */
static bool
wants(const struct spool_rcpt *rcpt, uint64_t bit)
{
	if (bit == SPOOL_NOTIFY_FAILURE && rcpt->notify == 0)
		return true;
	return (rcpt->notify & bit) != 0;
}

static bool
is_late(const struct queue *q, const struct spool_envelope *env)
{
	uint64_t late = (uint64_t)q->settings->queue_delay_warning / 1000;

	return late && q->now >= env->arrived && q->now - env->arrived >= late;
}

/* Is the recipient to be told of in a report of this kind? */
static bool
is_told_by(const struct queue *q, const struct spool_envelope *env,
    const struct spool_rcpt *rcpt, enum report_kind kind)
{
	switch (kind) {
	case REPORT_FAILURE:
		return rcpt->state == SPOOL_FAILED && !rcpt->told &&
		       wants(rcpt, SPOOL_NOTIFY_FAILURE);
	case REPORT_DELAY:
		return !spool_rcpt_is_final(rcpt) && !rcpt->warned &&
		       wants(rcpt, SPOOL_NOTIFY_DELAY) && is_late(q, env);
	case REPORT_SUCCESS:
		return (rcpt->state == SPOOL_DELIVERED ||
			   rcpt->state == SPOOL_RELAYED) &&
		       !rcpt->told && wants(rcpt, SPOOL_NOTIFY_SUCCESS);
	}
	return false;
}

static size_t
choose(const struct queue *q, const struct spool_envelope *env,
    enum report_kind kind, bool *about)
{
	size_t i, n = 0;

	for (i = 0; i < env->count; i++) {
		about[i] = is_told_by(q, env, &env->rcpts[i], kind);
		n += about[i];
	}
	return n;
}

static void
note(struct spool_envelope *env, enum report_kind kind, const bool *about)
{
	size_t i;

	for (i = 0; i < env->count; i++) {
		if (!about[i])
			continue;
		if (kind == REPORT_DELAY)
			env->rcpts[i].warned = 1;
		else
			env->rcpts[i].told = 1;
	}
}

/* The report's own envelope.  It comes from nobody, so that no report is ever
 * made about a report but the postmaster's. */
static void
fill(const struct report *report, bool eight_bit, struct spool_envelope *env)
{
	const struct spool_envelope *from = &report->entry->env;
	struct spool_rcpt *rcpt;

	spool_envelope_init(env);
	env->arrived = report->now;
	env->class = from->class == SPOOL_MAIL && from->sender[0]
			 ? SPOOL_REPORT
			 : SPOOL_DOUBLE;
	env->body = eight_bit ? SPOOL_8BITMIME : SPOOL_7BIT;
	env->utf8 = from->utf8;
	spool_text_set(&env->trace, slice_from(from->trace));
	rcpt = spool_envelope_add(env);
	spool_text_set(&rcpt->address, slice_from(report->to));
	/* of good news, and of none yet, nobody misses the report */
	if (report->kind != REPORT_FAILURE)
		rcpt->notify = SPOOL_NOTIFY_NEVER;
}

/* Puts it into the spool under the id that is its own, so that a run after one
 * that was cut off here makes no second one. */
static int
put(struct queue *q, struct report *report, struct err *err)
{
	struct spool_envelope env;
	struct spool_draft draft = { .message = -1, .env = &env };
	STR_AUTO text = STR_INIT;
	bool eight_bit = false;
	int rc;

	(void)snprintf(draft.id, sizeof draft.id, "%s", report->id); /* fits */
	report_format(report, &text, &eight_bit);
	draft.text = str_slice(&text);
	fill(report, eight_bit, &env);
	rc = spool_commit(&q->spool, &draft, err);
	spool_envelope_release(&env);
	return rc == -EEXIST ? 0 : rc;
}

/* What is behind the message's own id.  Of a delay there is one report. */
static const char *const suffixes[] = {
	[REPORT_FAILURE] = "-f",
	[REPORT_DELAY] = "-d",
	[REPORT_SUCCESS] = "-s",
};

static bool
make_id(const struct spool_entry *entry, enum report_kind kind,
    char ret_id[SPOOL_ID_MAX + 1])
{
	int n = snprintf(ret_id, SPOOL_ID_MAX + 1, "%s%s%llu", entry->id,
	    suffixes[kind],
	    (unsigned long long)(kind == REPORT_DELAY
				     ? 1
				     : entry->env.reports + 1));

	return n > 0 && n <= SPOOL_ID_MAX;
}

bool
notify_get_parent(const char *id, char ret_id[SPOOL_ID_MAX + 1])
{
	const char *hyphen = strrchr(id, '-');

	if (hyphen == NULL || strlen(id) > SPOOL_ID_MAX)
		return false;
	(void)snprintf(ret_id, SPOOL_ID_MAX + 1, "%.*s", (int)(hyphen - id),
	    id); /* fits */
	return true;
}

static void
tell(struct queue *q, struct spool_entry *entry, enum report_kind kind,
    const bool *about)
{
	char id[SPOOL_ID_MAX + 1];
	struct report report = { .kind = kind,
		.settings = q->settings,
		.entry = entry,
		.id = id,
		.to = reader_of(&entry->env, kind),
		.about = about,
		.now = q->now };
	struct err err = { 0, "" };
	int rc;

	if (report.to == NULL || !make_id(entry, kind, id)) {
		note(&entry->env, kind, about);
		return;
	}
	rc = put(q, &report, &err);
	if (rc < 0) {
		log_error(
		    "%s: no report for %s: %s", entry->id, report.to, err.text);
		return;
	}
	log_info("%s: report %s for %s", entry->id, id, report.to);
	entry->env.reports++;
	q->reports++;
	note(&entry->env, kind, about);
}

/* What nobody wants to hear of is told. */
static void
note_untold(const struct queue *q, struct spool_envelope *env)
{
	size_t i;

	for (i = 0; i < env->count; i++) {
		struct spool_rcpt *rcpt = &env->rcpts[i];

		if (spool_rcpt_is_final(rcpt) &&
		    !is_told_by(q, env, rcpt, REPORT_FAILURE) &&
		    !is_told_by(q, env, rcpt, REPORT_SUCCESS))
			rcpt->told = 1;
	}
}

bool
notify_is_due(const struct queue *q, const struct spool_envelope *env)
{
	size_t i;

	for (i = 0; i < env->count; i++)
		if (is_told_by(q, env, &env->rcpts[i], REPORT_FAILURE) ||
		    is_told_by(q, env, &env->rcpts[i], REPORT_SUCCESS) ||
		    is_told_by(q, env, &env->rcpts[i], REPORT_DELAY))
			return true;
	return false;
}

static void
tell_of(struct queue *q, struct spool_entry *entry, enum report_kind kind)
{
	bool *about = mem_zalloc(entry->env.count + 1, sizeof *about);

	if (choose(q, &entry->env, kind, about))
		tell(q, entry, kind, about);
	free(about);
}

void
notify_ends(struct queue *q, struct spool_entry *entry)
{
	note_untold(q, &entry->env);
	tell_of(q, entry, REPORT_FAILURE);
	tell_of(q, entry, REPORT_SUCCESS);
}

void
notify_all(struct queue *q, struct spool_entry *entry)
{
	notify_ends(q, entry);
	tell_of(q, entry, REPORT_DELAY);
}
