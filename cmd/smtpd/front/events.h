/* The log's lines about a conversation: each transaction has one when it ends,
 * however it does; senders and recipients that are refused, and a client that
 * is sent away, have their own.  Never decides anything. */
#ifndef NJIWA_CMD_SMTPD_FRONT_EVENTS_H
#define NJIWA_CMD_SMTPD_FRONT_EVENTS_H

#include "cmd/smtpd/content/content.h"

/* How a message ended. */
struct ending {
	const struct reply *reply;
	struct slice reason; /* of a check or filter, for the reply's %s */
	struct content_result content;
	uint64_t size;         /* octets, CRLFs counted */
	int64_t received;      /* clock_ms: it was here; 0: it never came, */
	int64_t filtered;      /* it was judged; 0: it was not */
	struct ipc_msg answer; /* the keeper's: what became of whom */
};

/* MAIL was refused. */
void events_sender_refused(
    const struct smtp *s, const struct reply *reply, struct slice argument);

/* RCPT was refused; address is "" where it was none. */
void events_recipient_refused(const struct smtp *s, const struct reply *reply,
    struct slice address, struct slice argument);

/* A message was accepted or refused: the line of its transaction. */
void events_message(
    struct smtp *s, const struct ending *end, struct slice argument);

/* A transaction is forgotten.  Unless it has its line, or nobody was to get the
 * message, that is said: after which verb, and by whose doing. */
void events_given_up(struct smtp *s);

/* The connection ends by a 421.  A transaction in hand says so in its line. */
void events_sent_away(
    struct smtp *s, const struct reply *reply, struct slice argument);

#endif
