/* What the files of account_client share: a request and its answer.
 * Never included by others. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_CLIENT_OWN_H
#define NJIWA_ACCOUNT_ACCOUNT_CLIENT_OWN_H

#include "common/account/wire.h"

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

#endif
