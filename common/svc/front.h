/* The front of a connection, as the service sees it: the network, and what may
 * be asked of its keeper, whatever the service.  Never knows a protocol. */
#ifndef NJIWA_SVC_FRONT_H
#define NJIWA_SVC_FRONT_H

#include "common/base/err.h"
#include "common/base/ipc.h"
#include "common/net/peer.h"
#include "common/net/stream.h"
#include "common/svc/settings.h"

/* What every front gets: the network, its settings, a way to the keeper. */
struct front {
	const struct settings *settings;
	const struct peer *peer;
	struct stream *client;
	const char *profile;  /* "mx", "submission", ...; argument of -p */
	const char *trace;    /* this connection's id */
	bool tls;             /* the client is behind TLS */
	const char *tls_text; /* "TLSv1.3 TLS_AES_256_GCM_SHA384", or "" */
	bool tls_offered;     /* STARTTLS may be asked for */
	bool resumed;         /* STARTTLS was said: no greeting now */
	struct peer learned;  /* whom a proxy has named: then peer is here */
	bool proxied;         /* a PROXY header comes before all else */
	bool xclient;         /* the peer may say whose connection it is */
	bool turned_away;     /* its address connects too often: 421, the end */
	struct slice carried; /* what the front before it left for this one */
	bool ending;          /* told to end; see front_is_ending */
	int keeper;           /* ipc; for requests of the service itself */
	int64_t login_ends;   /* deadline of the time before login (clock.h) */
};

/*
 * STARTTLS: 0 when a new front stands ready to take the connection over.  The
 * caller then says so to the client, flushes, and returns from front(): what
 * the client sent before is forgotten with this process, but for carry, at
 * most FRONT_CARRY_MAX octets of the service's own tallies.  -errno with err:
 * TLS is not to be had now (454).
 */
int front_starttls(struct front *front, struct slice carry, struct err *err);

#define FRONT_CARRY_MAX 64

enum login_result {
	LOGIN_OK,
	LOGIN_DENIED,   /* wrong password, no such user */
	LOGIN_TEMPFAIL, /* could not look */
	LOGIN_TOO_MANY, /* that was the last try: say goodbye */
	LOGIN_DISABLED  /* right, but the account is switched off */
};

/* Asks for a login; the keeper delays the answer to a failure. */
enum login_result front_login(struct front *front, struct slice name,
    struct slice password, struct err *err);

enum xclient_result {
	XCLIENT_TAKEN,    /* front->peer is the client now; the connection is at
			   * its beginning, or over: front->turned_away */
	XCLIENT_NO_LOGIN, /* no such user, or not known for now: nothing done */
	XCLIENT_GONE      /* the keeper is gone */
};

/* XCLIENT of one of xclient_networks (front->xclient): whose connection it is,
 * and, unless login is empty, who logged in at the proxy. */
enum xclient_result front_xclient(
    struct front *front, const struct peer *peer, struct slice login);

/*
 * Were we told to end (SIGTERM)?  To be asked when waiting for input gave
 * -ECANCELED: takes the word from the keeper, if it is that.  A service ends
 * what it has begun, says goodbye and returns from front().
 */
bool front_is_ending(struct front *front);

/* May a password be said on this connection (TLS, loopback, or the setting)? */
bool front_may_login(const struct front *front);

/*
 * Ends the front's part after LOGIN_OK: what the client has already sent, and
 * argument, go to the session.  Without TLS the process ends, with TLS it
 * carries octets between the client and the session until either closes.
 */
_Noreturn void front_become_session(struct front *front, struct slice argument);

/*
 * One request of the service's own and its answer: 0, or -errno (the keeper is
 * gone, which ends the connection).  reply may be NULL when there is none.
 */
int front_ask(struct front *front, uint16_t type, struct slice body,
    struct ipc_msg *reply);

#endif
