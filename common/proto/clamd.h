/* A client of ClamAV's clamd (INSTREAM, see clamd(8)) on a descriptor that
 * somebody else connected.  Never trusts the answer: it is one bounded line. */
#ifndef NJIWA_PROTO_CLAMD_H
#define NJIWA_PROTO_CLAMD_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/err.h"
#include "common/base/slice.h"

#define CLAMD_ANSWER_MAX 1024 /* octets of its answer */
#define CLAMD_SIGNATURE_MAX                                                    \
	128 /* octets of a signature's name; more are cut                      \
	     */

enum clamd_result {
	CLAMD_CLEAN,
	CLAMD_INFECTED, /* the signature says by what */
	CLAMD_TOO_BIG   /* more than its StreamMaxLength: nobody looked */
};

struct clamd_verdict {
	enum clamd_result result;
	char signature[CLAMD_SIGNATURE_MAX + 1]; /* printable, no blank */
};

/* What is to be looked at; all is borrowed for the call. */
struct clamd_job {
	int message;      /* a file, the message at its start */
	uint64_t size;    /* octets of the message */
	int64_t deadline; /* of all (clock.h) */
	int guard;        /* whose hang-up ends it; 0 and below: nobody's */
};

/*
 * Sends the message and reads the verdict.  0, or -errno with err filled
 * (-ETIMEDOUT; -EPROTO: cut off, not clamd, or clamd says that it failed);
 * *ret_verdict is then as it was.
 */
int clamd_ask(int socket, const struct clamd_job *job,
    struct clamd_verdict *ret_verdict, struct err *err);

/* What an answer means, without its end ("stream: OK").  0, or -EPROTO with err
 * filled when clamd failed or the text is something else. */
int clamd_parse(
    struct slice answer, struct clamd_verdict *ret_verdict, struct err *err);

#endif
