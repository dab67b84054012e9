/* Accounts as the rest of njiwa sees them: who exists, where mail for an
 * address goes, whose password is right, how full a mailbox is.
 * Never says "unknown" when it could not look. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_H
#define NJIWA_ACCOUNT_ACCOUNT_H

#include "common/account/account_user.h"
#include "common/base/err.h"
#include "common/base/str.h"

/*
 * A way to ask: the njiwa-accountd behind a socket, or one of our own started
 * for this connection alone, on a pair.  One request at a time.
 */
struct account_client;

struct account_client_config {
	const char *socket;  /* path of the service's socket, "" for none */
	const char *program; /* path of njiwa-accountd for the fall-back; NULL:
			      * without the service nothing is answered */
	const char *config;  /* path of the settings file, for that program */
	int64_t timeout_ms;  /* of one answer */
	/* NAME=value lines that the program gets beside our environment (the
	 * secrets that came from it), NULL-ended; may be NULL. */
	const char *const *env;
};

/* Connects to the socket; when nobody is there, starts the program on a pair,
 * or, where there is to be none, leaves it to the requests: each tries the
 * socket again, and is TEMPFAIL.  To be called before the process confines
 * itself.  0 or -errno. */
int account_client_open(const struct account_client_config *config,
    struct account_client **ret_client, struct err *err);
void account_client_free(struct account_client *client);

/* Where does mail for the address go?  FOUND fills targets (at least one);
 * TEMPFAIL fills err. */
enum account_outcome account_resolve(struct account_client *client,
    struct slice address, struct account_targets *ret_targets, struct err *err);

/* What a client said to log in; all borrowed. */
struct account_credentials {
	struct slice name, password;
	const char *service; /* "imap", "pop3", "smtp": for the log */
	const char *peer;    /* the client's address: likewise */
};

/* Is this the user's password?  The time taken does not tell an unknown user
 * from a wrong password.  FOUND fills user; DISABLED says that the password was
 * right. */
enum account_outcome account_login(struct account_client *client,
    const struct account_credentials *said, struct account_user *ret_user,
    struct err *err);

/* The first message of a login by SCRAM (RFC 5802), and what the connection can
 * be bound to ("" for what it cannot); all borrowed. */
struct account_scram_first {
	bool plus; /* SCRAM-SHA-256-PLUS */
	struct slice message;
	struct slice unique;   /* tls-unique (RFC 5929) */
	struct slice exporter; /* tls-exporter (RFC 9266) */
	const char *service;   /* as of account_credentials */
	const char *peer;
};

/* FOUND: answer gets what the server says to it, of a user who does not exist
 * too, and name the one that was said.  An exchange that was under way is
 * forgotten. */
enum account_outcome account_scram_first(struct account_client *client,
    const struct account_scram_first *first, struct str *name,
    struct str *answer, struct err *err);

/* The message with the proof.  FOUND fills user, and answer with what the
 * server says to it; DENIED also when no exchange is under way. */
enum account_outcome account_scram_proof(struct account_client *client,
    struct slice message, struct account_user *ret_user, struct str *answer,
    struct err *err);

/* The user's row alone, no password; one that is disabled is FOUND too. */
enum account_outcome account_lookup(struct account_client *client,
    struct slice name, struct account_user *ret_user, struct err *err);

/* May the user of that login name send as address: is it one whose mail he
 * gets, or one that sender_query finds for him?  FOUND, DENIED, TEMPFAIL. */
enum account_outcome account_may_send(struct account_client *client,
    const char *login, struct slice address, struct err *err);

/* Recipients that a user was allowed. */
struct account_reserved {
	uint32_t granted; /* of those that were wanted */
	int64_t slot;     /* of time, in which they are counted */
	bool tell; /* none: and the postmaster was not told of it today */
};

/* Counts recipients of the user, as many of the wanted ones as the limits
 * allow (submission_max_per_hour, submission_max_per_day). */
enum account_outcome account_reserve(struct account_client *client,
    const char *login, uint32_t wanted, struct account_reserved *ret_reserved,
    struct err *err);

/* Takes as many as reserved says off the count again. */
enum account_outcome account_give_back(struct account_client *client,
    const char *login, const struct account_reserved *reserved,
    struct err *err);

/* Adds to the user's quota row, which is made when it is missing; more than
 * WIRE_OCTETS_MAX or WIRE_MESSAGES_MAX counts as that.  The request
 * is sent and its answer collected by the next call or by account_quota_flush;
 * a failure is logged by the service.  One that has not answered for timeout_ms
 * gets no more additions until it answers another request: they are lost. */
void account_quota_add(struct account_client *client, const char *name,
    int64_t octets, int64_t messages);
void account_quota_flush(struct account_client *client);

/* From now on additions are gathered, and sent together when that ends; what is
 * asked between is not told of them. */
void account_quota_gather(struct account_client *client, bool yes);

/* Additions that a service which is gone may not have made. */
uint64_t account_quota_lost(const struct account_client *client);

#endif
