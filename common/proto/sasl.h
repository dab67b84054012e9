/* The server's side of SASL (RFC 4422): PLAIN (RFC 4616), LOGIN and the frame
 * of SCRAM (RFC 5802), fed with the client's base64 lines.
 * Never checks a password, never logs one, never sees a key. */
#ifndef NJIWA_PROTO_SASL_H
#define NJIWA_PROTO_SASL_H

#include "common/base/str.h"

#define SASL_LINE_MAX 12288 /* octets of a base64 line (RFC 4954 section 4) */
#define SASL_NAME_MAX 320   /* octets of a user's name: 64 + "@" + 255 */
#define SASL_PASSWORD_MAX 1024 /* octets of a password (RFC 4616: >= 255) */
#define SASL_SCRAM_MAX 2048    /* octets of a client's message of SCRAM */

enum sasl_result {
	SASL_CONTINUE,    /* send sasl_challenge, feed the next line */
	SASL_CREDENTIALS, /* user and password are there: look them up */
	SASL_BAD,         /* malformed or too long: 501 5.5.2, BAD */
	SASL_REFUSED,     /* asks to act for somebody else: as a wrong login */
	SASL_CANCELLED,   /* the client said "*": 501 5.7.0, BAD */
	SASL_UNKNOWN,     /* no such mechanism: 504 5.5.4, NO */
	SASL_SCRAM        /* message is there for whoever has the keys; what he
			   * says goes into sasl_answer */
};

/* Mechanisms that are there only where their bit is set. */
enum {
	SASL_OFFER_SCRAM = 1 << 0,
	SASL_OFFER_PLUS = 1 << 1 /* with channel binding */
};

/* The client's messages of SCRAM, in order. */
enum sasl_step {
	SASL_STEP_FIRST, /* who he is, his nonce */
	SASL_STEP_PROOF, /* that he knows the password */
	SASL_STEP_END    /* nothing: he believes the server's signature */
};

struct sasl_mechanism;

/* One exchange.  Zeroed (SASL_INIT) before the first sasl_start. */
struct sasl {
	unsigned offered; /* SASL_OFFER_ bits, set before sasl_start */
	const struct sasl_mechanism *mechanism;
	enum sasl_step step;  /* of message */
	bool plus;            /* SCRAM-SHA-256-PLUS */
	struct str message;   /* the client's, decoded, after SASL_SCRAM */
	struct str user;      /* the authentication identity, UTF-8 */
	struct str password;  /* UTF-8; both without control characters */
	struct str challenge; /* in base64 */
};

#define SASL_INIT                                                              \
	{                                                                      \
		0, NULL, SASL_STEP_FIRST, false, STR_INIT, STR_INIT, STR_INIT, \
		    STR_INIT                                                   \
	}

/*
 * Begins an exchange by the mechanism's name, in any case.  argument is what
 * stands behind the verb: "PLAIN" or "PLAIN dGVz...", where "=" is an initial
 * response that is empty (RFC 4954 section 4, RFC 4959).  What an exchange
 * before this one left is wiped.
 */
enum sasl_result sasl_start(struct sasl *sasl, struct slice argument);

/* Goes on with the client's next line, without its line end.  SASL_BAD when no
 * exchange is going on.  After any result but SASL_CONTINUE and SASL_SCRAM it
 * is over. */
enum sasl_result sasl_feed(struct sasl *sasl, struct slice line);

/* After SASL_SCRAM: the server's message, which becomes the next challenge.
 * SASL_CONTINUE; SASL_BAD when none was waited for. */
enum sasl_result sasl_answer(struct sasl *sasl, struct slice message);

/* The challenge to send after SASL_CONTINUE, in base64, behind "334 " or "+ ";
 * "" when the challenge is empty. */
const char *sasl_challenge(const struct sasl *sasl);

/* Wipes user and password; the exchange is as after SASL_INIT, but for what is
 * offered. */
void sasl_release(struct sasl *sasl);

/* Appends the name of every mechanism that is offered, the strongest first,
 * with before in front of each: " " for SMTP and POP3, " AUTH=" for IMAP. */
void sasl_list(unsigned offered, const char *before, struct str *out);

#endif
