/* The milters of a connection: asked with the commands of the conversation,
 * from the first MAIL on or as milter_contact says, and about the message at
 * its end.  Never costs anything where the setting milters is empty. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_MILTERS_H
#define NJIWA_CMD_SMTPD_CONTENT_MILTERS_H

#include "cmd/smtpd/content/content.h"
#include "common/proto/milter.h"
#include "common/svc/check/checks.h"

/* One of them. */
struct milter_conn {
	struct milter_spec spec;
	enum {
		MILTER_AWAY, /* not connected (any more) */
		MILTER_HERE, /* between messages */
		MILTER_BUSY, /* sees this message */
		MILTER_DONE, /* has seen enough of this message */
		MILTER_OFF   /* wants no more of this connection */
	} state;
	int fd;
	struct milter m;
	struct str helo; /* what it was told */
	bool missed;     /* it failed before the first message, which asks it
			  * anew and decides */
};

struct milters {
	struct milter_conn list[MILTERS_MAX];
	size_t count;
	bool broken;                 /* the setting is no list */
	const struct reply *banned;  /* what every MAIL is told */
	const struct reply *refused; /* what the rest of this message is told */
	bool discard, quarantine;    /* this message */
	bool named;                  /* the client's name was looked for: */
	enum check_result resolved;  /* with this result, */
	struct str client;           /* and this name, "" for none */
	struct reply own;            /* a milter's own reply */
	struct str own_text, own_enhanced;
};

/* What is known of a message at a stage: for macros. */
struct milter_event {
	enum milter_command command;
	enum milter_stage stage; /* whose macros; MILTER_STAGES for none */
	struct slice recipient;  /* of MILTER_RCPT, canonical */
	struct slice octets;     /* what belongs to the command */
};

/* Begins and ends with the connection. */
void milters_begin(struct smtp *s);
void milters_end(struct smtp *s);

/* Before the greeting, and after a HELO: those that want to be contacted are,
 * and what they are told of is what happens.  NULL, or what the client is told
 * instead; from then on that is milters_banned. */
const struct reply *milters_connect(struct smtp *s);
const struct reply *milters_helo(struct smtp *s);

/* What a client is told that a milter does not want at all; NULL: none. */
const struct reply *milters_banned(const struct smtp *s);

/* After the keeper has taken MAIL or a RCPT, and at DATA before it is answered:
 * NULL, or the reply that the client gets instead. */
const struct reply *milters_mail(struct smtp *s);
const struct reply *milters_rcpt(struct smtp *s, struct slice recipient);
const struct reply *milters_data(struct smtp *s);

/* A command that is none, with its line. */
void milters_unknown(struct smtp *s, struct slice line);

/* The transaction is over, however it ended. */
void milters_reset(struct smtp *s);

/* ---- for the files of it ---- */

/* Is its turn with this client's mail? */
bool milter_is_due(const struct smtp *s, const struct milter_conn *conn);

/* Connects to milter i if it is due and away, and tells it of the client and of
 * HELO what it does not know; NULL, or the reply that its answer means. */
const struct reply *milter_greet(struct smtp *s, size_t i);

/* Ends the connection to it; the next message has a new one. */
void milter_let_go(struct milter_conn *conn, const char *why);

/* The client's name as CONNECT and its macros have it, "" for none; and how the
 * DNS bears it out, as Sendmail's client_resolve says. */
struct slice milter_client(const struct smtp *s);
const char *milter_resolved(const struct smtp *s);

/* Says a command with its macros; NULL, or the reply that its answer means.
 * said->kind tells what the answer was (MILTER_CONTINUES when there is none,
 * as after a failure). */
const struct reply *milter_ask(struct smtp *s, struct milter_conn *conn,
    const struct milter_event *event, struct milter_said *said);

/* The reply that an answer means, with the milter's own words (until its next
 * one); NULL: none. */
const struct reply *milter_reply(
    struct milters *ms, const struct milter_said *said);

/* What an answer means for the connection and the message. */
const struct reply *milter_take(struct smtp *s, struct milter_conn *conn,
    const struct milter_event *event, const struct milter_said *said);

/* The milter failed: what becomes of the message by its default_action. */
const struct reply *milter_failed(
    struct smtp *s, struct milter_conn *conn, const struct err *err);

/* Shows one milter the message and takes its changes (milter_message.c). */
const struct reply *milter_message(
    struct smtp *s, struct reception *r, struct milter_conn *conn);

#endif
