/* What the files of spamd share: a request with a message behind it.
 * Never included by others. */
#ifndef NJIWA_PROTO_SPAMD_OWN_H
#define NJIWA_PROTO_SPAMD_OWN_H

#include "common/proto/exchange.h"
#include "common/proto/spamd.h"

/* On its way out while an answer comes in. */
struct spamd_request {
	struct slice head; /* before the message */
	const struct spam_job *job;
	uint64_t read; /* octets of the message */
	char buffer[EXCHANGE_CHUNK];
};

/* Appends the first lines of a request: the verb, and the user unless it is "".
 * 0, or -EINVAL with err filled for one that cannot stand there. */
int spamd_put_verb(
    const char *verb, const char *user, struct str *out, struct err *err);

/* Appends the last lines before the message. */
void spamd_put_length(const struct spam_job *job, struct str *out);

/* struct exchange_ops.next of a struct spamd_request: its head, then the
 * message. */
int spamd_next_octets(void *ctx, struct slice *ret_octets, struct err *err);

/* Runs x, whose ops, ctx and descriptors are set, to the end of the answer: 0,
 * or -errno with err filled, also when not all of the request was taken. */
int spamd_run(
    struct spamd_request *request, struct exchange *x, struct err *err);

#endif
