#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/proto/spam_answer.h"
#include "common/proto/spamd_own.h"

#define USER_MAX 320 /* octets of a user's name */

/* A message on its way out while an answer comes in. */
struct checking {
	struct spamd_request request; /* first: what is sent */
	bool drain;                   /* its answer is read to the end */
	struct spam_answer answer;
};

int
spamd_next_octets(void *ctx, struct slice *ret_octets, struct err *err)
{
	struct spamd_request *r = ctx;
	uint64_t left = r->job->size - r->read;
	ssize_t n;

	*ret_octets = r->head;
	if (r->head.len) {
		r->head.len = 0;
		return 0;
	}
	if (left == 0)
		return 0;
	n = pread(r->job->message, r->buffer,
	    left < EXCHANGE_CHUNK ? (size_t)left : EXCHANGE_CHUNK,
	    (off_t)r->read);
	if (n < 0)
		return err_sys(err, errno, "cannot read the message");
	if (n == 0)
		return err_set(err, EIO, "the message is shorter than it was");
	r->read += (uint64_t)n;
	*ret_octets = slice_of(r->buffer, (size_t)n);
	return 0;
}

int
spamd_run(struct spamd_request *request, struct exchange *x, struct err *err)
{
	int result;

	x->who = "the spam filter";
	x->guard = request->job->guard;
	x->deadline = request->job->deadline;
	x->hang_up = true;
	x->spare = request->job->message;
	result = exchange_run(x, err);
	if (result == 0 && (x->ready.len || x->refused || request->head.len ||
			       request->read < request->job->size))
		result = err_set(err, EPROTO,
		    "the spam filter answered before it had the message");
	return result;
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
	.next = spamd_next_octets,
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
		.out = to,
		.in = from,
	};

	return spamd_run(&c->request, &x, err);
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
spamd_put_verb(
    const char *verb, const char *user, struct str *out, struct err *err)
{
	if (!is_user(user))
		return err_set(err, EINVAL, "no user name for spamd");
	str_appendf(out, "%s SPAMC/1.5\r\n", verb);
	if (user[0])
		str_appendf(out, "User: %s\r\n", user);
	return 0;
}

void
spamd_put_length(const struct spam_job *job, struct str *out)
{
	str_appendf(
	    out, "Content-length: %llu\r\n\r\n", (unsigned long long)job->size);
}

int
spamd_begin(int socket, const char *user, struct err *err)
{
	STR_AUTO head = STR_INIT;
	int rc = spamd_put_verb("HEADERS", user, &head, err);
	ssize_t n;

	if (rc < 0)
		return rc;
	n = send(socket, head.ptr, head.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n != (ssize_t)head.len)
		return err_sys(err, n < 0 ? errno : EAGAIN, "spamd");
	return 0;
}

int
spamd_ask(int socket, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err)
{
	struct checking c = { .request = { .job = job } };
	STR_AUTO head = STR_INIT;

	spamd_put_length(job, &head);
	c.request.head = str_slice(&head);
	spam_answer_init(&c.answer, true);
	return conclude(&c, run(&c, socket, socket, err), ret_verdict);
}

int
spam_pipe_ask(int to, int from, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err)
{
	struct checking c = { .request = { .job = job }, .drain = true };

	spam_answer_init(&c.answer, false);
	return conclude(&c, run(&c, to, from, err), ret_verdict);
}
