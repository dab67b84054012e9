/* The runner of the spool: one run looks at what is due and ends.
 * Never sends mail to other hosts, and never gives a message up without
 * somebody being told (SPOOL.md). */
#ifndef NJIWA_CMD_QUEUE_QUEUE_H
#define NJIWA_CMD_QUEUE_QUEUE_H

#include "common/account/account.h"
#include "common/store/spool.h"
#include "common/svc/settings.h"

/* Rounds of one run: a message, the report about it, and the one about that. */
#define QUEUE_ROUNDS 4

struct queue {
	const struct settings *settings;
	struct spool spool;
	struct account_client *account;
	uint64_t now; /* seconds since 1970, when this round began */
	size_t delivered, deferred, failed, reports;
};

/* ---- run.c ---- */

/* Works on everything that is due; false when the spool could not be read. */
bool queue_run(struct queue *q);

/* Lists what is due now; 0, or -errno and logged. */
int queue_list(struct queue *q, struct spool_list *ret_list);

/* ---- local.c ---- */

/* Looks up where recipient number i leads, whose final is empty.  It gets one,
 * or becomes several, which are added at the end, or remote; or its state,
 * reply and next tell why there is none. */
void local_look_up(struct queue *q, struct spool_envelope *env, size_t i);

/* Tries recipient number i of the entry, whose route is local and whose mailbox
 * is known: its state, reply and next tell what came of it.  again: a run
 * before this one was cut off, and may have delivered it. */
void local_try(
    struct queue *q, struct spool_entry *entry, size_t i, bool again);

/* Puts the next try off, with a reply to be remembered. */
void local_defer(
    const struct queue *q, struct spool_rcpt *rcpt, const char *reply);

/* ---- report.c ---- */

/* What a report tells. */
enum report_kind { REPORT_FAILURE, REPORT_DELAY, REPORT_SUCCESS };

struct report {
	enum report_kind kind;
	const struct settings *settings;
	const struct spool_entry *entry;
	const char *id;    /* of the report */
	const char *to;    /* whom it goes to */
	const bool *about; /* which of the entry's recipients it tells of */
	uint64_t now;
};

/* Appends the message (RFC 3464, RFC 6522; RFC 6533 where the other one was
 * SMTPUTF8), with LF; *ret_eight_bit: it has octets above 127. */
void report_format(
    const struct report *report, struct str *out, bool *ret_eight_bit);

/* ---- notify.c ---- */

/* Is anybody to be told of what became of the entry's recipients? */
bool notify_is_due(const struct queue *q, const struct spool_envelope *env);

/*
 * Tells them, by putting reports into the spool, and notes it in the entry;
 * what could not be told now is left for the next run.  The ends that are told
 * of are on the disk, with trying: then whoever is cut off here is followed by
 * a run that makes the same reports under the same ids.
 */
void notify_all(struct queue *q, struct spool_entry *entry);

/* The same for recipients who have an end, not for delays. */
void notify_ends(struct queue *q, struct spool_entry *entry);

/* Is that the id of a report?  Then of which message. */
bool notify_get_parent(const char *id, char ret_id[SPOOL_ID_MAX + 1]);

#endif
