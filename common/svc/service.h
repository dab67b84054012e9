/* The skeleton of a program that serves one connection on stdin and stdout:
 * settings, peer, log, front and keeper, confinement, session.  A program is a
 * struct service and the functions it names.  Never knows a protocol. */
#ifndef NJIWA_SVC_SERVICE_H
#define NJIWA_SVC_SERVICE_H

#include "common/account/account.h"
#include "common/base/request.h"
#include "common/svc/front.h"
#include "common/svc/rates.h"

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
	int helper;    /* the pair with the helper, -1 for none */
	void *service; /* the keeper's */
	const struct store_indexing *indexing; /* for struct store_config */
	struct slice
	    argument; /* what the front said with the login (IMAP: tag) */
	bool refused; /* the user has too many: say so and end */
};

#define SESSION_REST_MS 2000

/*
 * Waits for the client as stream_wait does, while nothing is done for it.  When
 * it has been silent for SESSION_REST_MS its session may be ended for another
 * one of its user: then its input is at its end.
 */
int session_wait(struct session *session, int watch, int64_t deadline);

/* How a session's store is opened: by the settings, telling the account service
 * what comes and goes, which counts in session->user too.  Borrows from it. */
struct store_config;
void session_store_config(
    struct session *session, struct store_config *ret_config);

/* At the end of the client's input: why it is we who end the session, for the
 * client to be told; NULL when it has left. */
const char *session_end_reason(const struct session *session);

/* The keeper of a connection, for the service's own requests. */
struct keeper {
	const struct settings *settings;
	const struct peer *peer;
	const char *profile;
	const char *trace;
	struct account_client *account;
	struct rates *rates; /* of the peer; NULL: nobody counts (rates.h) */
	int front;           /* ipc */
	uint32_t state; /* KEEPER_ bits; from KEEPER_OWN the service's own */
	struct account_user *user; /* who logged in, NULL before */
	const uint16_t *connect;   /* TCP ports it needs, 0-ended; or NULL */
	void *service;             /* the service's own */
};

enum {
	KEEPER_STRANGER = 1 << 0,
	KEEPER_LOGGED_IN = 1 << 1,
	KEEPER_PROXIED = 1 << 2, /* whose connection it is will be told */
	KEEPER_OWN = 1 << 8
};

/* Request types from here on are the services' own. */
#define REQUEST_OWN 64

struct service {
	const char *name;    /* "smtp": for the log and for account_login */
	const char *program; /* "njiwa-smtpd" */
	const char *const *profiles; /* names of -p, the first is the default */
	const char *const
	    *tls_profiles;        /* those with TLS from the first octet */
	const char *open_profile; /* strangers', who have rates; or NULL */
	bool spools;              /* its keeper may write to the spool */
	bool xclient;             /* its protocol has XCLIENT */
	/* Runs the conversation; returns when the connection is over. */
	void (*front)(struct front *front);
	/* Runs after login, in the session's confinement; NULL: the front stays
	 * to the end (SMTP). */
	void (*session)(struct session *session);
	/* A process beside the session, for what that may not do; it has the
	 * user's identity and the keeper's confinement, of which it gives up
	 * what it does not need, its end of the pair, no client, no account
	 * service, and ends when the session's end of the pair is closed and
	 * its work done.  Started where keeper->service is not NULL; may be
	 * NULL. */
	void (*helper)(const struct session *session, int line);
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
