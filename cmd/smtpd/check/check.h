/* What is looked into about a stranger (nobody who logged in, nor of
 * trusted_networks, nor this machine itself): a table of checks, each with a
 * setting, whose findings add up to one verdict, told at RCPT.  Never touches
 * the disk or makes a socket: it asks the keeper.
 *
 * To add a check: a file of this folder with a struct check (declared in
 * rows.h), its place in the table of table.c, its setting in
 * settings_checks.inc (VERDICT, where a score or an action is asked for).  What
 * only the keeper can know is asked of it by smtp_ask, as a request of its own
 * in keeper/keeper.c; see TRUST.md. */
#ifndef NJIWA_CMD_SMTPD_CHECK_CHECK_H
#define NJIWA_CMD_SMTPD_CHECK_CHECK_H

#include "cmd/smtpd/front/session.h"
#include "common/net/dns.h"

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

#define CHECK_SCORE_UNIT 100     /* scores are hundredths */
#define CHECK_SCORE_MAX 20000000 /* a score that lists can add up to */

/* What a check found. */
struct check_finding {
	enum check_result result;
	enum check_action action;
	int score;                 /* in hundredths */
	const struct reply *reply; /* %s: reason; NULL: by the action */
	struct str reason;         /* what is told: "your name is not known" */
	struct str properties;     /* in the header: "policy.iprev=192.0.2.1" */
	bool judged;
	bool recalled; /* from an earlier connection of this address */
	uint32_t ttl;  /* seconds that it may be kept; 0 for not at all */
	void *state;   /* the check's own, from begin to forget */
};

struct checks {
	struct smtp *s;
	struct dns *dns;  /* NULL before the first question */
	int64_t deadline; /* of waiting for the DNS; 0 before it is waited */
	bool remembered;  /* what may be kept was */
	bool warned;      /* that the name servers do not answer */
	struct slice recipient; /* of CHECK_RCPT; canonical */
	bool pardoned; /* the postmaster gets the message, if only as junk */
	struct check_finding findings[CHECKS_MAX]; /* as the table's rows */
};

struct check {
	const char *name; /* in the log and, with x- before it, in the header */
	const char *method; /* registered for the header, or NULL */
	enum check_stage stage;
	bool at_once; /* judged as it begins, not at the first recipient */
	bool dns;     /* asks the DNS; what it finds may be kept if it is of
		       * CHECK_CONNECT */
	/* Is it asked for? */
	bool (*is_on)(const struct settings *settings);
	/* Begins what takes time; may be NULL. */
	void (*begin)(struct checks *c, struct check_finding *f);
	/* Asks what follows from answers that are here; may be NULL. */
	void (*advance)(struct checks *c, struct check_finding *f);
	/* Fills the finding, waiting for what was begun. */
	void (*judge)(struct checks *c, struct check_finding *f);
	/* Frees f->state; may be NULL. */
	void (*forget)(struct checks *c, struct check_finding *f);
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

/* The recipient was accepted by everybody: a postmaster gets the message. */
void checks_accepted(struct smtp *s, struct slice recipient);

/* Looks into the message; NULL or the reply that refuses it, as above. */
const struct reply *checks_message(struct smtp *s, struct slice *ret_reason);

/* All scores together, in hundredths. */
int checks_score(const struct checks *c);

/* Is the message to be filed as junk? */
bool checks_junk(const struct smtp *s);

/* Do the scores so far reach greylist_score? */
bool checks_suspicious(const struct smtp *s);

/* Forgets the findings from that stage on (CHECK_MAIL: the transaction's). */
void checks_forget(struct smtp *s, enum check_stage from);
void checks_free(struct smtp *s);

/* Has nobody the client's address on the internet: is it a gateway's, say? */
bool checks_is_private(const struct smtp *s);

/* Another front takes over: has what is known by now kept for it. */
void checks_hand_over(struct smtp *s);

/* Will a check of this peer's, who came to port mx, ask the DNS? */
bool checks_need_dns(const struct settings *settings, const struct peer *peer);

#endif
