/* The skeleton of a program that serves one connection on stdin and stdout:
 * settings, peer, log, front and keeper, confinement, session.  A program is a
 * struct service and the functions it names.  Never knows a protocol. */
#ifndef NJIWA_SVC_SERVICE_H
#define NJIWA_SVC_SERVICE_H

#include "common/account/account.h"
#include "common/base/request.h"
#include "common/net/peer.h"
#include "common/net/stream.h"
#include "common/svc/rates.h"

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
	bool turned_away;     /* its address connects too often: 421, the end */
	struct slice carried; /* what the front before it left for this one */
	int keeper;           /* ipc; for requests of the service itself */
	int64_t login_ends;   /* deadline of the time before login (clock.h) */
};

/* A logged-in connection, in its own confinement. */
struct session {
	const struct settings *settings;
	const struct peer *peer;
	struct stream *client;
	const char *profile;
	const char *trace;
	bool tls;
	struct account_user *user;
	struct account_client *account; /* bound to the user: quota alone */
	const char *mail_path;          /* the user's Maildir */
	struct slice
	    argument; /* what the front said with the login (IMAP: tag) */
};

/* The keeper of a connection, for the service's own requests. */
struct keeper {
	const struct settings *settings;
	const struct peer *peer;
	const char *profile;
	const char *trace;
	struct account_client *account;
	struct rates *rates; /* of the peer; NULL: nobody counts (rates.h) */
	int front;           /* ipc */
	uint32_t
	    state; /* KEEPER_ bits, and the service's own from KEEPER_OWN on */
	struct account_user *user; /* who logged in, NULL before */
	void *service;             /* the service's own */
};

enum {
	KEEPER_STRANGER = 1 << 0,
	KEEPER_LOGGED_IN = 1 << 1,
	KEEPER_OWN = 1 << 8
};

/* Request types from here on are the services' own. */
#define REQUEST_OWN 64

struct service {
	const char *name;    /* "smtp": for the log and for account_login */
	const char *program; /* "njiwa-smtpd" */
	const char *const *profiles; /* names of -p, the first is the default */
	const char *const
	    *tls_profiles; /* those with TLS from the first octet */
	/* The one for strangers, whose connections have a rate; or NULL. */
	const char *open_profile;
	/* Runs the conversation; returns when the connection is over. */
	void (*front)(struct front *front);
	/* Runs after login, in the session's confinement; NULL: the front stays
	 * to the end (SMTP). */
	void (*session)(struct session *session);
	/* The service's own requests, NULL-handler ended; may be NULL. */
	const struct request *requests;
	/* Called in the keeper before it is confined: the last time to open,
	 * look up or start anything; may be NULL. */
	void (*keeper_prepare)(struct keeper *keeper);
	/* Called in the keeper before its first request and after its last one
	 * (front gone, for whatever reason); may be NULL. */
	void (*keeper_open)(struct keeper *keeper);
	void (*keeper_close)(struct keeper *keeper);
};

/* main() of a program. */
int service_main(const struct service *service, int argc, char **argv);

/* ---- what a front may ask its keeper, whatever the service ---- */

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
	LOGIN_TOO_MANY  /* that was the last try: say goodbye */
};

/* Asks for a login; the keeper delays the answer to a failure. */
enum login_result front_login(struct front *front, struct slice name,
    struct slice password, struct err *err);

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

/* Answers the front; for request handlers.  0 or -errno. */
int keeper_reply(struct keeper *keeper, uint16_t type, struct slice body,
    const int *fds, size_t nfds);

/* The Maildir of a user by mail_location; false when the name cannot be one. */
bool service_mail_path(const struct settings *settings,
    const struct account_user *user, struct str *out);

/* May mail be this user's, by the uid and gid of his row?  If not, the log says
 * so: neither a login nor mail for him is to be accepted. */
bool service_user_is_usable(
    const struct settings *settings, const struct account_user *user);

#endif
