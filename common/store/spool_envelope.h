/* The envelope of a message in the spool, in memory and as the text of its
 * file; SPOOL.md is the specification of both.
 * Never touches the disk and never believes a line that it reads. */
#ifndef NJIWA_STORE_SPOOL_ENVELOPE_H
#define NJIWA_STORE_SPOOL_ENVELOPE_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define SPOOL_VERSION 1            /* of the file's format */
#define SPOOL_TEXT_MAX 1024        /* octets of one value */
#define SPOOL_RCPTS_MAX 2000       /* recipients of one message */
#define SPOOL_ENVELOPE_MAX 8388608 /* octets of the file */

/* What the message is, for what becomes of a failure. */
enum spool_class {
	SPOOL_MAIL,   /* somebody's: its sender is told */
	SPOOL_REPORT, /* our report to a sender: the postmaster is told */
	SPOOL_DOUBLE  /* our report to the postmaster: nobody is left */
};

enum spool_body { SPOOL_7BIT, SPOOL_8BITMIME, SPOOL_BINARYMIME };

enum spool_ret { SPOOL_RET_NONE, SPOOL_RET_FULL, SPOOL_RET_HDRS };

/* Who delivers to the recipient. */
enum spool_route { SPOOL_LOCAL, SPOOL_REMOTE };

enum spool_state {
	SPOOL_WAITING,   /* not tried yet */
	SPOOL_DEFERRED,  /* tried in vain, to be tried again at next */
	SPOOL_DELIVERED, /* a mailbox has it, or a host that tells (RFC 3461) */
	SPOOL_RELAYED,   /* a host has it that will tell nothing */
	SPOOL_FAILED     /* nobody will ever get it there */
};

/* Bits of NOTIFY= (RFC 3461 section 4.1); none: it was not said. */
enum {
	SPOOL_NOTIFY_NEVER = 1 << 0,
	SPOOL_NOTIFY_SUCCESS = 1 << 1,
	SPOOL_NOTIFY_FAILURE = 1 << 2,
	SPOOL_NOTIFY_DELAY = 1 << 3
};

/* A recipient; texts are owned and never NULL. */
struct spool_rcpt {
	char *address;  /* as RCPT named it */
	char *final;    /* where it leads: a login name, or an address that is
			 * not ours; "": to be looked up */
	uint64_t route; /* enum spool_route */
	uint64_t state; /* enum spool_state */
	char *folder;   /* of a mailbox here; "": by the detail, or INBOX */
	char *detail;   /* of a subaddress, "" for none */
	char *orcpt;    /* ORCPT= as it was said, in xtext; "" for none */
	uint64_t notify;
	uint64_t told;   /* its end was reported, or need not be */
	uint64_t warned; /* its delay was reported */
	uint64_t tries;
	uint64_t next; /* seconds since 1970: not before */
	char *host;    /* who said the reply; "" is us */
	char *reply;   /* the last: "451 4.3.0 text"; "" before any */
};

/* The envelope; texts are owned and never NULL.  Zeroed it is none. */
struct spool_envelope {
	uint64_t arrived; /* seconds since 1970 */
	uint64_t size;    /* octets of the message */
	char *sender;     /* "" for <> */
	uint64_t class;   /* enum spool_class */
	uint64_t body;    /* enum spool_body */
	uint64_t utf8;    /* SMTPUTF8 was said (RFC 6531) */
	uint64_t ret;     /* enum spool_ret */
	char *envid;      /* in xtext */
	char *login;      /* who submitted it, "" for a stranger */
	char *trace;      /* of the connection that brought it */
	char *helo;       /* what its client called itself */
	char *client;     /* the client's address */
	uint64_t held;    /* by the administrator: not to be tried */
	uint64_t trying;  /* a run has begun, or was cut off */
	uint64_t reports; /* made about it so far; numbers their ids */
	struct spool_rcpt *rcpts;
	size_t count, cap;
};

/* Makes an envelope of empty texts; spool_envelope_release ends it. */
void spool_envelope_init(struct spool_envelope *env);
void spool_envelope_release(struct spool_envelope *env);

/* Adds a recipient of empty texts, at the end; NULL when there are
 * SPOOL_RCPTS_MAX.  Borrowed until the next one is added. */
struct spool_rcpt *spool_envelope_add(struct spool_envelope *env);

/* Replaces *field, an owned text of the envelope, by a copy of value, cut to
 * SPOOL_TEXT_MAX octets and to its first NUL. */
void spool_text_set(char **field, struct slice value);

/* Appends the file's text. */
void spool_envelope_format(const struct spool_envelope *env, struct str *out);

/* Reads it back into *ret_env, which is none before and to be released.  0;
 * -EPROTONOSUPPORT for a version that is not ours, -EBADMSG with err filled
 * for anything else that is not exactly such a text. */
int spool_envelope_parse(
    struct slice text, struct spool_envelope *ret_env, struct err *err);

/* Is it settled: delivered, relayed or failed? */
bool spool_rcpt_is_final(const struct spool_rcpt *rcpt);

/* When somebody has to look at the message again, in seconds since 1970: the
 * earliest next of its recipients, 0 for at once (something is to be reported,
 * or nothing is left to do), UINT64_MAX when it is held. */
uint64_t spool_envelope_due(const struct spool_envelope *env);

/* The word that the file has for a state ("deferred"), a route. */
const char *spool_state_name(uint64_t state);
const char *spool_route_name(uint64_t route);

#endif
