/* A client of SpamAssassin's spamd (SPAMC/1.5), or of a filter command, on a
 * descriptor that somebody else connected.  Never connects, never trusts the
 * answer: sizes and lines are bounded. */
#ifndef NJIWA_PROTO_SPAMD_H
#define NJIWA_PROTO_SPAMD_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define SPAMD_HEADERS_MAX 65536 /* octets of headers taken from an answer */
#define SPAMD_LINE_MAX 1024     /* octets of a line of the protocol's own */

struct spam_verdict {
	bool checked; /* false: nobody looked; the rest is empty */
	double score, threshold;
	struct str
	    headers; /* X-Spam-... lines to add, LF or CRLF as they came */
};

#define SPAM_VERDICT_INIT                                                      \
	{                                                                      \
		false, 0, 0, STR_INIT                                          \
	}

void spam_verdict_release(struct spam_verdict *verdict);

/*
 * Sends the message in the file (message, size octets from its start) with
 * HEADERS and reads the verdict, all before deadline.  user may be "".
 * 0, or -errno with err filled.
 */
int spamd_check(int socket, int message, uint64_t size, const char *user,
    int64_t deadline, struct spam_verdict *ret_verdict, struct err *err);

/*
 * The same with a filter's standard input and output: it reads the message and
 * gives it back with X-Spam-... headers (spamc).  Both descriptors stay the
 * caller's.
 */
int spam_pipe_check(int to, int from, int message, uint64_t size,
    int64_t deadline, struct spam_verdict *ret_verdict, struct err *err);

/* Parses "Spam: True ; 15.0 / 5.0" (spamd) and "Yes, score=15.0 required=5.0"
 * (X-Spam-Status).  False when it is neither. */
bool spam_parse_score(struct slice line, struct spam_verdict *verdict);

#endif
