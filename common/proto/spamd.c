#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proto/spam_answer.h"

#define CHUNK 16384  /* octets of one read or send */
#define USER_MAX 320 /* octets of a user's name */

/* A message on its way out while an answer comes in. */
struct exchange {
	int out, in;       /* a socket twice, or two pipes */
	struct slice head; /* the request, before the message */
	const struct spam_job *job;
	uint64_t sent; /* octets of the message */
	bool finished; /* all is sent, or nobody takes more */
	bool ended;    /* the answer's end was seen */
	struct spam_answer answer;
};

/* Sends to a socket or, what poll(2) promises not to block, a pipe. */
static ssize_t
send_some(int fd, const char *octets, size_t len)
{
	ssize_t n = send(fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, octets, len < PIPE_BUF ? len : PIPE_BUF);
	return n;
}

/* Nothing more goes out: lets the other side see the end.  A pipe's end gives
 * its number to a harmless descriptor, for the number stays the caller's; a
 * confined front may not call dup3(2). */
static void
finish(struct exchange *x)
{
	x->finished = true;
	if (shutdown(x->out, SHUT_WR) == 0 || errno != ENOTSOCK)
		return;
	(void)close(x->out); /* what was written is written */
	(void)fcntl(x->job->message, F_DUPFD_CLOEXEC,
	    x->out); /* the lowest from there on is itself */
}

/* The request's next octets: of its head, then of the file. */
static int
next_octets(
    struct exchange *x, char *buffer, struct slice *ret_octets, struct err *err)
{
	uint64_t left = x->job->size - x->sent;
	ssize_t n;

	if (x->head.len) {
		*ret_octets = x->head;
		return 0;
	}
	n = pread(x->job->message, buffer, left < CHUNK ? (size_t)left : CHUNK,
	    (off_t)x->sent);
	if (n < 0)
		return err_sys(err, errno, "cannot read the message");
	if (n == 0)
		return err_set(err, EIO, "the message is shorter than it was");
	*ret_octets = slice_of(buffer, (size_t)n);
	return 0;
}

/* Sends what goes without waiting.  A reader that is gone is no error yet: it
 * may have said why. */
static int
push(struct exchange *x, struct err *err)
{
	char buffer[CHUNK];
	struct slice octets = { "", 0 };
	ssize_t n;
	int result = next_octets(x, buffer, &octets, err);

	if (result < 0)
		return result;
	n = send_some(x->out, octets.ptr, octets.len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		return err_sys(err, errno, "cannot send to the spam filter");
	if (n < 0) {
		finish(x);
		return 0;
	}
	if (x->head.len)
		x->head = slice_skip(x->head, (size_t)n);
	else
		x->sent += (uint64_t)n;
	if (x->head.len == 0 && x->sent == x->job->size)
		finish(x);
	return 0;
}

/* Takes what has come. */
static int
pull(struct exchange *x, struct err *err)
{
	char buffer[CHUNK];
	ssize_t n = recv(x->in, buffer, sizeof buffer, MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = read(x->in, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_sys(err, errno, "the spam filter broke off");
	if (n > 0)
		return spam_answer_feed(
		    &x->answer, slice_of(buffer, (size_t)n), err);
	x->ended = true;
	return spam_answer_end(&x->answer, err);
}

/* Waits for either side and moves what it can. */
static int
step(struct exchange *x, struct err *err)
{
	struct pollfd fds[2] = { { x->in, POLLIN, 0 },
		{ x->finished ? -1 : x->out, POLLOUT, 0 } };
	int left = clock_left(x->job->deadline);
	int result = 0;

	if (left == 0)
		return err_set(err, ETIMEDOUT, "the spam filter took too long");
	if (poll(fds, 2, left) < 0) {
		if (errno == EINTR)
			return 0;
		return err_sys(err, errno, "cannot wait for the spam filter");
	}
	if (fds[1].revents)
		result = push(x, err);
	if (result == 0 && fds[0].revents)
		result = pull(x, err);
	return result;
}

/* Runs the exchange to its end: the answer's, where drain wants it all. */
static int
run(struct exchange *x, bool drain, struct err *err)
{
	int result = 0;

	while (result == 0 && !x->ended &&
	       (drain || x->answer.state != SPAM_ANSWER_DONE))
		result = step(x, err);
	if (result == 0 && (x->head.len || x->sent < x->job->size))
		result = err_set(err, EPROTO,
		    "the spam filter answered before it had the message");
	return result;
}

/* The exchange's result: its verdict moves out, or is released. */
static int
conclude(struct exchange *x, int result, struct spam_verdict *ret_verdict)
{
	if (result == 0) {
		spam_verdict_release(ret_verdict);
		*ret_verdict = x->answer.verdict;
		x->answer.verdict = (struct spam_verdict)SPAM_VERDICT_INIT;
	}
	spam_answer_release(&x->answer);
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
	struct exchange x = { .out = socket, .in = socket, .job = job };
	STR_AUTO head = STR_INIT;

	if (!is_user(job->user))
		return err_set(err, EINVAL, "no user name for spamd");
	str_append_cstr(&head, "HEADERS SPAMC/1.5\r\n");
	if (job->user[0])
		str_appendf(&head, "User: %s\r\n", job->user);
	str_appendf(&head, "Content-length: %llu\r\n\r\n",
	    (unsigned long long)job->size);
	x.head = str_slice(&head);
	spam_answer_init(&x.answer, true);
	return conclude(&x, run(&x, false, err), ret_verdict);
}

int
spam_pipe_ask(int to, int from, const struct spam_job *job,
    struct spam_verdict *ret_verdict, struct err *err)
{
	struct exchange x = { .out = to, .in = from, .job = job };

	spam_answer_init(&x.answer, false);
	if (job->size == 0)
		finish(&x);
	return conclude(&x, run(&x, true, err), ret_verdict);
}
