/* A login by SASL, the same for every protocol: which mechanisms there are on
 * the connection, the exchange, and what has come of it.
 * Never speaks a protocol: its lines go through the caller. */
#ifndef NJIWA_SVC_FRONT_SASL_H
#define NJIWA_SVC_FRONT_SASL_H

#include "common/svc/service.h"

/* What a protocol says when the exchange is over.  All failures were counted,
 * and held back, by the keeper, but those of form. */
enum front_auth {
	AUTH_OK,
	AUTH_DENIED,   /* wrong password, no such user */
	AUTH_TEMPFAIL, /* could not look */
	AUTH_TOO_MANY, /* denied, and no more tries: the end */
	AUTH_DISABLED, /* right, but the account is switched off */
	AUTH_BAD,      /* malformed */
	AUTH_CANCELLED,
	AUTH_NO_MECHANISM,
	AUTH_TOLD /* no line came, and the client has been told or is gone */
};

/* Sends the challenge, which is in base64, and reads the client's next line
 * without its line end, borrowed; false when there is none. */
struct front_auth_lines {
	bool (*ask)(void *ctx, const char *challenge, struct slice *ret_line);
	void *ctx;
};

/* The SASL_OFFER_ bits for sasl_list; only for a connection on which a
 * password may be said (front_may_login). */
unsigned front_auth_offered(const struct front *front);

/*
 * Runs the exchange that argument begins ("PLAIN", "PLAIN dGVz...").  AUTH_OK
 * appends the name of the user to user (which may be NULL); AUTH_TEMPFAIL
 * fills err.
 */
enum front_auth front_authenticate(struct front *front, struct slice argument,
    const struct front_auth_lines *lines, struct str *user, struct err *err);

/* The same for a name and a password that came without SASL. */
enum front_auth front_auth_password(struct front *front, struct slice name,
    struct slice password, struct err *err);

#endif
