#include <errno.h>
#include <unistd.h>

#include "common/proto/exchange.h"
#include "common/proto/spam_answer.h"

#define USER_MAX 320 /* octets of a user's name */

/* A message on its way out while an answer comes in. */
struct checking {
	struct slice head; /* the request, before the message */
	const struct spam_job *job;
	uint64_t read; /* octets of the message */
	bool drain;    /* its answer is read to the end */
	struct spam_answer answer;
	char buffer[EXCHANGE_CHUNK];
};

/* The request's next octets: its head, then the file's. */
static int
next_octets(void *ctx, struct slice *ret_octets, struct err *err)
{
	struct checking *c = ctx;
	uint64_t left = c->job->size - c->read;
	ssize_t n;

	*ret_octets = c->head;
	if (c->head.len) {
		c->head.len = 0;
		return 0;
	}
	if (left == 0)
		return 0;
	n = pread(c->job->message, c->buffer,
	    left < EXCHANGE_CHUNK ? (size_t)left : EXCHANGE_CHUNK,
	    (off_t)c->read);
	if (n < 0)
		return err_sys(err, errno, "cannot read the message");
	if (n == 0)
		return err_set(err, EIO, "the message is shorter than it was");
	c->read += (uint64_t)n;
	*ret_octets = slice_of(c->buffer, (size_t)n);
	return 0;
}

static int
take_answer(void *ctx, struct slice octets, struct err *err)
{
	struct checking *c = ctx;

	return spam_answer_feed(&c->answer, octets, err);
}

static int
end_answer(void *ctx, struct err *err)
{
	struct checking *c = ctx;

	return spam_answer_end(&c->answer, err);
}

static bool
is_answered(void *ctx)
{
	const struct checking *c = ctx;

	return !c->drain && c->answer.state == SPAM_ANSWER_DONE;
}

static const struct exchange_ops checking_ops = {
	.next = next_octets,
	.take = take_answer,
	.end = end_answer,
	.done = is_answered,
};

/* Runs the exchange to its end: the answer's, where c->drain wants it all. */
static int
run(struct checking *c, int to, int from, struct err *err)
{
	struct exchange x = {
		.ops = &checking_ops,
		.ctx = c,
		.who = "the spam filter",
		.out = to,
		.in = from,
		.guard = c->job->guard,
		.deadline = c->job->deadline,
		.hang_up = true,
		.spare = c->job->message,
	};
	int result = exchange_run(&x, err);

	if (result == 0 &&
	    (x.ready.len || x.refused || c->head.len || c->read < c->job->size))
		result = err_set(err, EPROTO,
		    "the spam filter answered before it had the message");
	return result;
}

/* The exchange's result: its verdict moves out, or is released. */
static int
conclude(struct checking *c, int result, struct spam_verdict *ret_verdict)
{
	if (result == 0) {
		spam_verdict_release(ret_verdict);
		*ret_verdict = c->answer.verdict;
		c->answer.verdict = (struct spam_verdict)SPAM_VERDICT_INIT;
	}
	spam_answer_release(&c->answer);
	return result;
}

/* May user stand in a line of the request? */
static bool
is_user(const char *user)
{
	size_t i;

	for (i = 0; user[i]; i++)
		if ((unsigned char)user[i] < ' ' || user[i] == 0x7f)
			return false;
	return i <= USER_MAX;
}

int
spamd_ask(int socket, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err)
{
	struct checking c = { .job = job };
	STR_AUTO head = STR_INIT;

	if (!is_user(job->user))
		return err_set(err, EINVAL, "no user name for spamd");
	str_append_cstr(&head, "HEADERS SPAMC/1.5\r\n");
	if (job->user[0])
		str_appendf(&head, "User: %s\r\n", job->user);
	str_appendf(&head, "Content-length: %llu\r\n\r\n",
	    (unsigned long long)job->size);
	c.head = str_slice(&head);
	spam_answer_init(&c.answer, true);
	return conclude(&c, run(&c, socket, socket, err), ret_verdict);
}

int
spam_pipe_ask(int to, int from, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err)
{
	struct checking c = { .job = job, .drain = true };

	spam_answer_init(&c.answer, false);
	return conclude(&c, run(&c, to, from, err), ret_verdict);
}
