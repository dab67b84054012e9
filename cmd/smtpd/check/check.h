/* What is looked into about a stranger (nobody who logged in, nor of
 * trusted_networks, nor this machine itself): a table of checks, each with a
 * setting, whose findings add up to one verdict, told at RCPT.  Never touches
 * the disk or makes a socket: it asks the keeper.
 *
 * To add a check: a file of this folder with a struct check (declared at the
 * end of this header), its place in the table of table.c, its setting in
 * settings_checks.inc (VERDICT, where a score or an action is asked for).  What
 * only the keeper can know is asked of it by smtp_ask, as a request of its own
 * in keeper/keeper.c; see TRUST.md.
 */
#ifndef NJIWA_CMD_SMTPD_CHECK_CHECK_H
#define NJIWA_CMD_SMTPD_CHECK_CHECK_H

#include "cmd/smtpd/front/session.h"

#define CHECKS_MAX 24 /* rows of the table */

/* When a check begins, and with what its finding ends: the connection, the
 * next HELO, the transaction, the recipient, the transaction. */
enum check_stage {
	CHECK_CONNECT,
	CHECK_HELO,
	CHECK_MAIL,
	CHECK_RCPT, /* for each recipient anew, before it is looked up */
	CHECK_DATA  /* when the message is here */
};

/* As in Authentication-Results (RFC 8601 section 2.7). */
enum check_result {
	CHECK_NONE, /* not looked, or nothing to look at: never mentioned */
	CHECK_PASS,
	CHECK_NEUTRAL,
	CHECK_FAIL,
	CHECK_TEMPERROR, /* could not look: counts for nothing */
	CHECK_PERMERROR
};

/* What a finding asks for, the later the worse. */
enum check_action {
	CHECK_NOTHING, /* but its score, which may be below 0 */
	CHECK_FILE_AS_JUNK,
	CHECK_DEFER,  /* 450 */
	CHECK_REJECT, /* 550 */
	CHECK_CLOSE   /* 421, at once */
};

#define CHECK_SCORE_UNIT 100 /* scores are hundredths */

/* What a check found. */
struct check_finding {
	enum check_result result;
	enum check_action action;
	int score;                 /* in hundredths */
	const struct reply *reply; /* %s: reason; NULL: by the action */
	struct str reason;         /* what is told: "your name is not known" */
	struct str properties;     /* in the header: "policy.iprev=192.0.2.1" */
	bool judged;
	void *state; /* the check's own, from begin to forget */
};

struct checks {
	struct smtp *s;
	struct slice recipient; /* of CHECK_RCPT; canonical */
	bool pardoned; /* the postmaster gets the message, if only as junk */
	struct check_finding findings[CHECKS_MAX]; /* as the table's rows */
};

struct check {
	const char *name; /* in the log and, with x- before it, in the header */
	const char *method; /* registered for the header, or NULL */
	enum check_stage stage;
	bool at_once; /* judged as it begins, not at the first recipient */
	/* Is it asked for? */
	bool (*is_on)(const struct settings *settings);
	/* Begins what takes time; may be NULL. */
	void (*begin)(struct checks *c, struct check_finding *f);
	/* Fills the finding, waiting for what was begun. */
	void (*judge)(struct checks *c, struct check_finding *f);
	/* Frees f->state; may be NULL. */
	void (*forget)(struct check_finding *f);
};

/* The table; checks_count rows. */
extern const struct check *const checks_table[];
extern const size_t checks_count;

/* ---- for the conversation; each does nothing where nobody is checked ---- */

/* The client is here: s->checks is made when it is to be looked into.  Ends
 * the connection when a check wants it; false then. */
bool checks_connect(struct smtp *s);

/* A HELO or EHLO, a MAIL was taken: the checks of that stage begin. */
void checks_begin(struct smtp *s, enum check_stage stage);

/*
 * Judges all that was begun and looks into the recipient.  NULL: it may be
 * asked for; else the reply that refuses it, with *reason (borrowed until the
 * next call) for its %s.
 */
const struct reply *checks_recipient(
    struct smtp *s, struct slice recipient, struct slice *ret_reason);

/* Looks into the message; NULL or the reply that refuses it, as above. */
const struct reply *checks_message(struct smtp *s, struct slice *ret_reason);

/* Is the message to be filed as junk? */
bool checks_junk(const struct smtp *s);

/* Do the scores so far reach greylist_score? */
bool checks_suspicious(const struct smtp *s);

/* Forgets the findings from that stage on (CHECK_MAIL: the transaction's). */
void checks_forget(struct smtp *s, enum check_stage from);
void checks_free(struct smtp *s);

/* ---- report.c ---- */

/* Appends our Authentication-Results field (RFC 8601), LF ended; nothing when
 * nothing was looked into. */
void checks_header(const struct smtp *s, struct str *out);

/* Appends "helo=fail:1 iprev=pass" for the log, scores behind the colon. */
void checks_log(const struct smtp *s, struct str *out);

/* All scores together, in hundredths. */
int checks_score(const struct checks *c);

/* ---- verdict.c ---- */

/* Is the setting (VERDICT) anything but off? */
bool check_is_on(const char *setting);

/* A fail that counts as the setting says: "log", an action, or a score. */
void check_fail(struct check_finding *f, const char *setting);

/* A SCORE setting or a score in a list, in hundredths; false when text is no
 * number.  At most 9999 either way. */
bool check_score_parse(struct slice text, int *ret_score);

/* ---- the checks ---- */

extern const struct check check_early_talker; /* early_talker.c */
extern const struct check check_helo;         /* helo.c */

#endif
