/* What account_client and njiwa-accountd say to each other: types, bounds,
 * and bodies of messages (base/ipc.h), one request and its answer at a time.
 * Never believes a length or a count that it reads. */
#ifndef NJIWA_ACCOUNT_WIRE_H
#define NJIWA_ACCOUNT_WIRE_H

#include "common/account/account_spam.h"
#include "common/base/ipc.h"
#include "common/base/log.h"

#define WIRE_SERVICE_MAX 32   /* octets of "smtp" */
#define WIRE_PEER_MAX 64      /* of a peer's address */
#define WIRE_SCRAM_MAX 2048   /* of a message of SCRAM, and of an answer */
#define WIRE_BINDING_MAX 64   /* of a channel binding */
#define WIRE_RESERVE_MAX 1000 /* recipients of one reservation */
#define WIRE_MAILBOX_MAX 1024 /* octets of a folder's name */
#define WIRE_HOME_MAX 4096    /* of a home folder */
#define WIRE_ADDS_MAX                                                          \
	64 /* quota additions of one request, and requests                     \
	    * of them without an answer yet */
#define WIRE_OCTETS_MAX (INT64_C(1) << 42) /* of one addition, up or down */
#define WIRE_MESSAGES_MAX INT32_MAX        /* likewise */
#define WIRE_REQUEST_BODY 4096 /* of any request, without its trace, */
#define WIRE_ADDS_BODY 16384   /* but of quota additions */
#define WIRE_PART_BODY 32768   /* an answer's part is ended beyond this */

/* Each request begins with a text: the trace id of the connection for which it
 * is asked, in whose name the service logs, or "". */
enum wire_type {
	WIRE_RESOLVE = 1, /* text address */
	WIRE_LOGIN,       /* text name, password, service, peer */
	WIRE_LOOKUP,      /* text name */
	WIRE_QUOTA_ADD,   /* text name, i64 octets and messages, as u64; and
			   * perhaps more of them, for one answer */
	WIRE_BIND,        /* text name, service */
	WIRE_ANSWER,      /* head, then targets (RESOLVE), a user, or prefs */
	WIRE_SCRAM_FIRST, /* u32 plus, text message, tls-unique, tls-exporter,
			   * service, peer; answer: text name, text */
	WIRE_SCRAM_PROOF, /* text message; answer: text and a user */
	WIRE_SPAM_PREFS,  /* text name */
	WIRE_GREYLIST,    /* greylist_put; answer: u64 seconds */
	WIRE_MAY_SEND,    /* text login, address */
	WIRE_RESERVE,     /* text login, u32 wanted; answer: u32 granted, i64
			   * slot as u64, u32 tell */
	WIRE_GIVE_BACK,   /* text login, u32 granted, i64 slot as u64 */
	WIRE_EXPIRE,      /* text name, mailbox, i64 saved as u64, u32 added */
	/* without an answer, of a client that is bound: */
	WIRE_REST,   /* u32: waits for its user from now on, or does not */
	WIRE_SCARCE, /* the kernel had no inotify for it */
	/* the service's own word to a client that is bound: */
	WIRE_END /* another session of the user has taken its place */
};

/* The head of every answer.  An answer with many targets comes in parts. */
struct wire_head {
	enum account_outcome outcome;
	bool more;         /* another part follows */
	uint32_t count;    /* targets or users in this part */
	struct slice text; /* of the err when TEMPFAIL; borrowed */
};

/* Append a head, a user, a target, preferences. */
void wire_put_head(struct str *body, const struct wire_head *head);
void wire_put_user(struct str *body, const struct account_user *user);
void wire_put_target(struct str *body, const struct account_target *target);
void wire_put_spam_prefs(
    struct str *body, const struct account_spam_prefs *prefs);

/* False when the octets are none; *ret_... is then untouched. */
bool wire_get_head(struct ipc_reader *in, struct wire_head *ret_head);
bool wire_get_user(struct ipc_reader *in, struct account_user *ret_user);
bool wire_get_target(struct ipc_reader *in, struct account_target *ret_target);
bool wire_get_spam_prefs(
    struct ipc_reader *in, struct account_spam_prefs *ret_prefs);

/* Append a trace id, and take the one that a request begins with off its body:
 * letters and digits, fewer than LOG_TRACE_MAX; false when it is none. */
void wire_put_trace(struct str *body, const char *trace);
bool wire_take_trace(struct str *body, char ret_trace[LOG_TRACE_MAX]);

/* As ipc_send without descriptors, but gives up with -ETIMEDOUT when the peer
 * does not read until deadline. */
int wire_send(int fd, uint16_t type, struct slice body, int64_t deadline);

#endif
