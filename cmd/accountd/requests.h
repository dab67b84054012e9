/* What the files of requests share: whom a handler answers, and how.
 * Never included by others. */
#ifndef NJIWA_CMD_ACCOUNTD_REQUESTS_H
#define NJIWA_CMD_ACCOUNTD_REQUESTS_H

#include "cmd/accountd/server.h"

/* The ctx of every handler. */
struct request_ctx {
	struct server *server;
	struct client *client;
};

/* Answers by an outcome alone, with err's text when it is TEMPFAIL (else err
 * may be NULL). */
void request_answer_plain(struct request_ctx *ctx, enum account_outcome outcome,
    const struct err *err);

/* The same with the user where he was found, who is released. */
void request_answer_user(struct request_ctx *ctx, enum account_outcome outcome,
    struct account_user *user, const struct err *err);

/* Logs why the request about name could not be answered. */
void request_log_failure(
    const char *request, struct slice name, const struct err *err);

/* Logins and sending (requests_user.c). */
request_handler request_login, request_scram_first, request_scram_proof,
    request_may_send, request_reserve, request_give_back;

#endif
