/* What the two kinds of signers have in common: one that serves a front, and
 * one that serves all fronts of a loader. */
#ifndef NJIWA_SVC_SIGNER_OWN_H
#define NJIWA_SVC_SIGNER_OWN_H

#include "common/base/request.h"
#include "common/svc/connection.h"

struct signer {
	const struct tls_driver *driver;
	struct tls_key *key; /* once it is confined */
	int front;           /* whom it answers now */
};

/* Reads the key, gives up all rights and all descriptors but line and status,
 * and tells status how that went: 0 or -errno. */
int signer_confine(
    struct connection *c, struct signer *signer, int line, int status);

/* Answers one request of the front.  False when it has hung up, broken a rule,
 * or said nothing by the deadline. */
bool signer_answer(
    struct signer *signer, struct request_counts *counts, int64_t deadline);

/* Says on status that the signer is ready, or with what it failed; and hears
 * it: 0 or -errno with err. */
void signer_tell(int status, int result, const struct err *err);
int signer_await(int status, int64_t deadline, struct err *err);

#endif
