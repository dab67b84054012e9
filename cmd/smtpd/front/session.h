/* One SMTP conversation as the front holds it, and the verbs that change it.
 * Never touches the disk or an account: it asks the keeper (wire.h). */
#ifndef NJIWA_CMD_SMTPD_FRONT_SESSION_H
#define NJIWA_CMD_SMTPD_FRONT_SESSION_H

#include "cmd/smtpd/front/limits.h"
#include "cmd/smtpd/front/say.h"
#include "common/proto/command.h"
#include "common/svc/service.h"

/* States of the conversation, one bit each. */
enum {
	ST_START = 1 << 0,   /* nothing said yet */
	ST_GREETED = 1 << 1, /* HELO or EHLO, no transaction */
	ST_MAIL = 1 << 2,    /* a sender, no recipient accepted */
	ST_RCPT = 1 << 3,    /* at least one recipient */
	ST_BDAT = 1 << 4     /* a part of the message */
};

/* The protocol's own flags of a row. */
enum {
	CMD_LINE_MAIL = CMD_OWN << 0,   /* SMTP_LINE_MAIL for its line */
	CMD_LINE_AUTH = CMD_OWN << 1,   /* SMTP_LINE_AUTH */
	CMD_SUBMISSION = CMD_OWN << 2,  /* where users log in */
	CMD_TLS_OFFERED = CMD_OWN << 3, /* where there is a certificate */
	CMD_LOGIN_FIRST = CMD_OWN << 4, /* after the login where there is one */
	CMD_EHLO = CMD_OWN << 5,        /* a keyword of EHLO's reply */
	CMD_ADDRESS = CMD_OWN << 6,     /* its argument is an address */
	CMD_IDLE = CMD_OWN << 7,        /* brings no message nearer */
	CMD_LINE_RCPT = CMD_OWN << 8,   /* SMTP_LINE_RCPT for its line */
	CMD_SMTP = CMD_OWN << 9,        /* not in LMTP */
	CMD_LMTP = CMD_OWN << 10,       /* there alone */
	CMD_XCLIENT = CMD_OWN << 11     /* for xclient_networks */
};

/* A transaction: from MAIL to the end of DATA, RSET or the connection. */
struct transaction {
	struct str sender;  /* canonical; "" for <> */
	struct str first;   /* the first recipient, canonical */
	struct str rcpts;   /* all, for the log, cut at SMTP_LOG_RCPTS */
	struct str each;    /* of LMTP: all, a newline behind each */
	struct str envid;   /* ENVID=, in xtext; "" when it was not said */
	uint64_t announced; /* SIZE=, 0 when it was not said */
	uint32_t bits;      /* WIRE_MAIL_: the other parameters */
	size_t count;       /* recipients accepted */
	bool at_keeper;     /* the keeper knows of it */
	int64_t started;    /* MAIL; clock_ms, as the next */
	int64_t opened;     /* DATA, the first BDAT; 0: not yet */
	uint64_t octets;    /* of the message, where it was cut off */
	bool told;          /* it has its line in the log */
	struct reception *chunks; /* what BDAT has brought, or NULL */
};

/* The parameters of one RCPT. */
struct rcpt_params {
	struct str orcpt; /* ORCPT=, "" when it was not said */
	uint32_t notify;  /* WIRE_NOTIFY_ */
};

/* What it did wrong or in vain since a message was accepted or it logged in. */
struct smtp_tally {
	size_t errors;   /* replies 5xx but those below */
	size_t refused;  /* recipients */
	size_t deferred; /* replies 4xx */
	size_t idle;     /* commands */
};

struct checks; /* common/svc/check/check.h */

struct smtp {
	struct front *front;
	const struct settings *settings;
	uint32_t state;  /* ST_ */
	bool submission; /* users log in here; nobody else is served */
	bool lmtp;       /* RFC 2033: a reply for each recipient */
	bool logged_in;
	bool extended;               /* EHLO or LHLO was said */
	bool over;                   /* the connection is to be closed */
	bool early;                  /* it spoke before the greeting */
	bool quit;                   /* it said QUIT */
	const char *verb;            /* the last one that there is, or NULL */
	const struct reply *goodbye; /* the 421 that was said, or NULL */
	struct str helo;             /* what the client calls itself */
	struct str proxied_helo;     /* HELO of XCLIENT: stands for any later */
	struct str user;             /* who logged in */
	struct str mechanism;        /* by which of SASL's */
	size_t messages;             /* DATA in this connection */
	uint32_t wait; /* seconds, when the keeper said OUTCOME_GREYLISTED */
	struct smtp_tally tally;
	struct transaction tx;
	int64_t began;           /* the conversation; clock_ms */
	struct milters *milters; /* content/milters.h; NULL: none */
	struct checks *checks;   /* NULL: nothing is looked into */
	struct rcpt_params rcpt;
};

/* The verbs, and how many there are. */
extern const struct command smtp_commands[];
extern const size_t smtp_commands_count;

/* Runs the conversation (struct service's front). */
void smtp_front(struct front *front);

/* The deadline (clock_ms) of a wait for the client: that one, or sooner when
 * we were told to end; and what is said when it has passed. */
int64_t smtp_deadline(const struct smtp *s, int64_t deadline);
const struct reply *smtp_timeout(const struct smtp *s);

/* Does the setting bare_newline mend them? */
bool smtp_normalizes(const struct smtp *s);

/* Appends what the front after STARTTLS is to know (TRUST.md). */
void smtp_carry(const struct smtp *s, struct str *out);

/* Is the verb offered on this connection (profile, TLS)?  Whether it may be
 * said now is the dispatcher's to see. */
bool smtp_offers(const struct smtp *s, const struct command *row);

/*
 * The next line without its CRLF, of at most SMTP_LINE_AUTH octets with it, all
 * of it here before the time is up.  False when there is none: the client was
 * told why (too_long where that is it), and either another line is to be read
 * or s->over is set.  So too, without a word, when we are told to end.
 */
bool smtp_read_line(
    struct smtp *s, const struct reply *too_long, struct slice *ret_line);

/* Messages of a connection, recipients of a message: LIMITS (RFC 9422). */
size_t smtp_message_limit(const struct smtp *s);
size_t smtp_recipient_limit(const struct smtp *s);

/* Asks the keeper; OUTCOME_TEMPFAIL when it is gone, which ends the connection.
 * answer may be NULL. */
enum smtp_outcome smtp_ask(struct smtp *s, enum smtp_request request,
    struct slice body, struct ipc_msg *answer);

/* Forgets the transaction, here and at the keeper. */
void smtp_reset(struct smtp *s);

/* The handlers of the verbs (struct command). */
command_handler cmd_helo, cmd_ehlo, cmd_lhlo, cmd_noop, cmd_help, cmd_vrfy,
    cmd_rset, cmd_quit, cmd_starttls, cmd_not_offered; /* session.c */
command_handler cmd_auth;                              /* auth.c */
command_handler cmd_mail, cmd_rcpt;                    /* envelope.c */
command_handler cmd_data;                              /* data.c */
command_handler cmd_bdat;                              /* bdat.c */

#endif
