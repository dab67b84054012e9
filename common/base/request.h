/* The requests that a privileged process answers, as a table: type, states in
 * which it is allowed, bound of its body, how often.  The table alone refuses;
 * a handler is never called outside its row's conditions. */
#ifndef NJIWA_BASE_REQUEST_H
#define NJIWA_BASE_REQUEST_H

#include "common/base/ipc.h"

#define REQUEST_TYPES_MAX 32 /* rows of a table */
#define REQUEST_UNLIMITED 0  /* max_times: as often as wanted */

/*
 * Answers one request: args holds its body.  0 to go on, negative when the
 * asker broke the rules, which ends it.  Called only when the row allows.
 */
typedef int request_handler(
    void *ctx, struct ipc_reader *args, struct ipc_msg *msg);

struct request {
	uint16_t type;
	const char *name;   /* for the log */
	uint32_t states;    /* bits of the states it is allowed in */
	uint32_t max_body;  /* octets */
	uint32_t max_times; /* in one connection; REQUEST_UNLIMITED */
	request_handler *handler;
};

/* Who asked how often; zeroed at start. */
struct request_counts {
	uint32_t times[REQUEST_TYPES_MAX];
};

/*
 * Looks msg up in the table of n rows and calls its handler.  The handler's
 * result, or -EPROTO when no row allows it; *ret_row (may be NULL) is then
 * the row that refused, NULL for an unknown type.
 */
int request_dispatch(const struct request *table, size_t n,
    struct request_counts *counts, uint32_t state, struct ipc_msg *msg,
    void *ctx, const struct request **ret_row);

#endif
