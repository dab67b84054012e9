/* A check of a stranger: a row of a table with a setting, and what it finds.
 * Never touches the disk or makes a socket: its host does.
 *
 * To add one: a file of this folder with a struct check (declared in rows.h),
 * its place in the table of table.c, its setting in settings_checks.inc
 * (VERDICT, where a score or an action is asked for).  What only the front's
 * keeper can know is asked by struct checks_host, as a request of its own in
 * cmd/smtpd/keeper/keeper.c; see TRUST.md. */
#ifndef NJIWA_SVC_CHECK_CHECK_H
#define NJIWA_SVC_CHECK_CHECK_H

#include "common/net/dns.h"
#include "common/net/peer.h"
#include "common/net/stream.h"
#include "common/proto/reply.h"
#include "common/svc/settings.h"

#define CHECKS_MAX 24      /* rows of the table */
#define CHECK_KEPT_MAX 984 /* octets of what is kept of an address */

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

/* What they look at.  It points into the conversation, which goes on. */
struct checks_about {
	const struct settings *settings;
	const struct peer *peer;
	const struct str *helo;   /* what the client calls itself, or "" */
	const struct str *sender; /* canonical, "" for <> */
	struct stream *stream; /* of the client, to see whether it speaks before
				* the greeting; NULL: *early is known */
	bool *early;           /* it spoke then; NULL: nobody knows */
};

/* The process around them.  recall and remember may be NULL. */
struct checks_host {
	dns_open *open_dns;
	/* Appends what was kept of this client's address. */
	void (*recall)(void *ctx, struct str *out);
	/* Keeps that of it, CHECK_KEPT_MAX octets at most, for ttl seconds. */
	void (*remember)(void *ctx, uint32_t ttl, struct slice kept);
	void *ctx;
};

struct checks {
	struct checks_about about;
	struct checks_host host;
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
	/* Is it asked for?  NULL: there is nothing behind this row yet, which
	 * only says what it will be called and when it will be judged. */
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

/* Is there such a check, and do the settings ask for it? */
bool check_is_asked_for(const struct check *row, const struct settings *set);

/* Has nobody the client's address on the internet: is it a gateway's, say? */
bool check_is_private(const struct checks *c);

#endif
