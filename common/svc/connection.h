/* One connection and its processes: what service.c sets up and keeper, front,
 * signer and session share.  For the files of common/svc alone. */
#ifndef NJIWA_SVC_CONNECTION_H
#define NJIWA_SVC_CONNECTION_H

#include <signal.h>

#include "common/base/log.h"
#include "common/net/tls.h"
#include "common/proto/sasl.h"
#include "common/svc/indexing.h"
#include "common/svc/sandbox.h"
#include "common/svc/service.h"

#define HANDOVER_INPUT_MAX 49152   /* octets already read at a login */
#define HANDOVER_ARGUMENT_MAX 2048 /* what the front tells its session */

/* The requests that every front may make, and the keeper's one word. */
enum {
	REQUEST_LOG = 1,  /* level, text, fields; no answer */
	REQUEST_STARTTLS, /* carry ; result, text */
	REQUEST_LOGIN,    /* name, password ; result, text */
	REQUEST_SESSION,  /* input, argument ; [descriptor of the session] */
	REQUEST_GO,       /* keeper to a new front: the client is yours */
	REQUEST_SCRAM,    /* enum sasl_step, message, with the first one plus
			   * and bindings ; result, the server's message */
	REQUEST_PEER,     /* peer, by a PROXY header ; result, text */
	REQUEST_XCLIENT,  /* peer, login ; result, text */
	REQUEST_END       /* keeper to front: the service is to end */
};

/* A loader's child is told what a front needs: loader.c. */
struct connection {
	const struct service *service;
	const char *config; /* path of -c, or NULL */
	char *stem; /* the argument -s: forks for each connection (stem.h) */
	int loader; /* the line to it (loader.h), or -1 */
	/* in the loader and its children; NULL where it is not loaded yet */
	const struct tls_driver *driver;
	struct tls_server *tls_server; /* of the chain in the file */
	int signers; /* the line to the loader's signer (signer_shared.h), -1 */
	struct settings settings;
	struct peer peer;
	const char *profile;
	char trace[LOG_TRACE_MAX];
	bool proxied;  /* a PROXY header says who the peer is */
	bool xclient;  /* and XCLIENT may say so later */
	bool tls;      /* from the first octet, or after STARTTLS */
	int cert, key; /* descriptors, -1 when there is no TLS to be had */
	enum sandbox_mode sandbox;
	char boot[INDEXING_BOOT_MAX]; /* the id of this boot (indexing.h) */
	bool turned_away;             /* for struct front */
	struct keeper keeper;
	sigset_t signals; /* blocked but while the keeper waits for a front */
	bool ending;      /* SIGTERM has come */
	struct str carry; /* from one front to the next */
	int next_front;   /* the pair of the front that takes over, or -1 */
	bool crashed; /* a child was ended by a signal that tells of a bug */
	int logins;   /* failed ones so far */
	int64_t login_ends;    /* deadline of the time before a login */
	bool scram;            /* an exchange is under way */
	struct str scram_name; /* who is said to be behind it */
	struct account_user *scram_user; /* and has proven him, or NULL */
	/* REQUEST_SESSION was answered: */
	bool session;
	int session_fd; /* the pump's end, or -1 for the socket itself */
	struct str input;
	struct str argument;
};

/* ---- front.c ---- */

/* How a front talks TLS; all NULL and -1 when it does not. */
struct front_tls {
	const struct tls_driver *driver;
	struct tls_server *server;
	int signer; /* the pair to ask for a signature */
};

/* Forks the first, plain front; its pair's keeper end, or -errno. */
int front_start(struct connection *c, struct err *err);

/* Is a front: confines itself, talks, ends.  pair is its end of the pair; tls
 * may be NULL. */
_Noreturn void front_main(
    struct connection *c, int pair, struct front_tls *tls, bool resumed);

/* Asks what is answered by a number and a text, into err; the number, or
 * -errno. */
int front_ask_result(
    struct front *front, uint16_t type, struct slice body, struct err *err);

/* ---- keeper.c ---- */

/* Waits until the front has said whose connection it is; -errno when it ended
 * or broke a rule. */
int keeper_await_peer(struct connection *c);

/* Answers the front until it ends. */
void keeper_run(struct connection *c);

/* Confines the keeper, its identity included; ends the process when the
 * setting demands what the kernel has not. */
void keeper_confine(struct connection *c);

/* Answers by a number and a text; 0 or -errno. */
int keeper_reply_result(
    struct connection *c, uint16_t type, uint32_t result, struct slice text);

/* ---- keeper_login.c ---- */

/* REQUEST_LOGIN and REQUEST_SCRAM; ctx is the connection. */
request_handler keeper_login, keeper_scram;

/* At the end of the connection: an exchange that was broken off is a failure of
 * the client's network, and forgotten. */
void keeper_end_scram(struct connection *c);

/* Takes note of the children that have ended so far. */
void keeper_reap(struct connection *c);

/* ---- ending.c ---- */

/* Holds SIGTERM back: it comes through in ending_wait and nowhere else, and a
 * front, which inherits this, hears of it from its keeper. */
void ending_hold(struct connection *c);

/* Waits until the front has something to say or is gone: 0, -ETIMEDOUT at the
 * deadline, -errno.  On SIGTERM the front is told. */
int ending_wait(struct connection *c, int64_t deadline);

/* Tells the front: it ends what has been begun and says goodbye. */
void ending_tell(struct connection *c);

/* ---- session.c ---- */

/* Becomes the session of the user who logged in, and runs it. */
void session_run(struct connection *c);

#endif
