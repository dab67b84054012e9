/* What the files of account_client share: a request and its answer.
 * Never included by others. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_CLIENT_OWN_H
#define NJIWA_ACCOUNT_ACCOUNT_CLIENT_OWN_H

#include <sys/types.h>

#include "common/account/account.h"
#include "common/account/wire.h"

struct account_client {
	char *socket;       /* to connect again */
	int64_t timeout_ms; /* of one answer */
	int fd;             /* -1 after a failure: no more half answers */
	bool by_socket;
	bool patient; /* the kernel knows timeout_ms */
	bool bound;
	bool resting;       /* the service knows that we wait for the user */
	bool ended;         /* and has told us to end */
	bool slow;          /* additions are not waited for any more */
	unsigned int adds;  /* requests to add without an answer yet, */
	uint64_t waiting;   /* the additions in them, */
	uint64_t lost;      /* and those that will never have one */
	bool gathers;       /* additions wait here for each other */
	struct str gather;  /* as the request's body */
	unsigned int count; /* of them */
	pid_t child;        /* the program of our own, 0 for none */
	struct str body;    /* of the request */
	struct ipc_msg answer;
};

/* The body of the next request, of which it has the trace alone; borrowed. */
struct str *account_client_body(struct account_client *client);

/* Sends the body, which is wiped, and gets the answer's first part, in borrowed
 * by ret_in behind its head; whatever goes wrong is TEMPFAIL, err filled. */
enum account_outcome account_client_ask(struct account_client *client,
    enum wire_type type, struct wire_head *ret_head, struct ipc_reader *ret_in,
    struct err *err);

/* The same where a user is the answer. */
enum account_outcome account_client_ask_user(struct account_client *client,
    enum wire_type type, struct account_user *ret_user, struct err *err);

/* The answer was none: the connection is of no use any more.  TEMPFAIL. */
enum account_outcome account_client_broken(
    struct account_client *client, struct err *err);

/* One part of an answer; its body past the head is left in ret_in.  With
 * CLOCK_PAST what has come already, else -ETIMEDOUT.  0 or -errno. */
int account_client_receive(struct account_client *client, int64_t deadline,
    struct wire_head *ret_head, struct ipc_reader *ret_in);

/* Ends the line; what had no answer yet is lost. */
void account_client_disconnect(struct account_client *client);

#endif
