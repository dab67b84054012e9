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
	struct str headers; /* X-Spam-... lines to add, LF at their ends */
};

#define SPAM_VERDICT_INIT                                                      \
	{                                                                      \
		false, 0, 0, STR_INIT                                          \
	}

/* Gives the memory back; verdict is as after SPAM_VERDICT_INIT. */
void spam_verdict_release(struct spam_verdict *verdict);

/* What is to be checked; all is borrowed for the call. */
struct spam_job {
	int message;      /* a file, the message at its start */
	uint64_t size;    /* octets of the message */
	const char *user; /* of spamd_tell: who teaches; "" for nobody */
	int64_t deadline; /* of all (clock.h) */
	int guard;        /* whose hang-up ends it; 0 and below: nobody's */
};

/*
 * Begins a request on a new connection: HEADERS, in the name of user, "" for
 * nobody.  Nothing else can be asked there then, nor in another's name, whoever
 * goes on with it.  Does not wait.  0, or -errno with err filled: -EINVAL for a
 * user that cannot stand in a line.
 */
int spamd_begin(int socket, const char *user, struct err *err);

/*
 * Goes on with the message and reads the verdict.  0, or -errno with err filled
 * (-EAGAIN: spamd says so itself; -ETIMEDOUT; -EPROTO: no verdict, cut off, not
 * spamd); ret_verdict, which was initialized, is then as it was.
 */
int spamd_ask(int socket, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err);

/*
 * The same with a filter's standard input and output: it reads the message and
 * gives it back with X-Spam-... headers (spamc).  Both descriptors stay the
 * caller's, but to is shut down or, if it is a pipe, stands for the message
 * afterwards, so that the filter saw the end.  SIGPIPE must be ignored.
 */
int spam_pipe_ask(int to, int from, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err);

/* What spamd is to learn that a message is (spamc -L). */
enum spam_lesson { SPAM_LESSON_SPAM, SPAM_LESSON_HAM };

/*
 * Sends the message to spamd with TELL (spamd_tell.c).  0, and *ret_learned is
 * false when it knew that already; or -errno with err filled, as of spamd_ask,
 * and -EPERM for a spamd that was not started with --allow-tell.
 */
int spamd_tell(int socket, const struct spam_job *job, enum spam_lesson lesson,
    bool *ret_learned, struct err *err);

/* Parses "Spam: True ; 15.0 / 5.0" (spamd) and "Yes, score=15.0 required=5.0"
 * (X-Spam-Status).  False when it is neither. */
bool spam_parse_score(struct slice line, struct spam_verdict *verdict);

#endif
