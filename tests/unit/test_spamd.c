#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proto/spam_answer.h"
#include "tests/unit/unit.h"

#define GOOD "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 15.0 / 5.0\r\n"
#define PATIENCE 60000   /* ms for what must not take long */
#define BIG (300 * 1024) /* octets: more than any pipe or socket holds */

static void
scores(void **state)
{
	static const struct {
		const char *line;
		bool good;
		double score, threshold;
	} rows[] = {
		/* clang-format off */
		{ "Spam: True ; 15.0 / 5.0", true, 15, 5 },
		{ "spam:false;-0.5/5", true, -0.5, 5 },
		{ "Spam: False ; -2.125 / 5.0", true, -2.125, 5 },
		{ "Spam: Yes ; 0 / 0", true, 0, 0 },
		{ "Spam: True ; 1000000 / 5.0", true, 1000000, 5 },
		{ "Spam: True ; 1000001 / 5.0", false, 0, 0 },
		{ "Spam: True ; 0.123456789 / 5", true, 0.123456789, 5 },
		{ "Spam: True ; 0.1234567891 / 5", false, 0, 0 },
		{ "Spam: Maybe ; 15.0 / 5.0", false, 0, 0 },
		{ "Spam: True ; 15.0", false, 0, 0 },
		{ "Spam: True ; / 5.0", false, 0, 0 },
		{ "Spam: True ; 1. / 5.0", false, 0, 0 },
		{ "Spam: True ; nan / 5.0", false, 0, 0 },
		{ "Spam: True ; +1 / 5.0", false, 0, 0 },
		{ "Spam: True ; 1 / 5.0x", false, 0, 0 },
		{ "Spam: True ; 1,5 / 5,0", false, 0, 0 },
		{ "Spam:", false, 0, 0 },
		{ "Yes, score=15.0 required=5.0 tests=A,B", true, 15, 5 },
		{ " No, score=-1.2 required=5.0", true, -1.2, 5 },
		{ "No, hits=1 required=5.0", true, 1, 5 },
		{ "Yes, score=15.0", false, 0, 0 },
		{ "Yes, score=15.0required=5.0", false, 0, 0 },
		{ "Yes score=15.0 required=5.0", false, 0, 0 },
		{ "", false, 0, 0 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct spam_verdict verdict = SPAM_VERDICT_INIT;

		UNIT_CHECK(i, spam_parse_score(slice_from(rows[i].line),
				  &verdict) == rows[i].good);
		UNIT_CHECK(i, verdict.checked == rows[i].good);
		UNIT_CHECK(i, verdict.score > rows[i].score - 1e-9 &&
				  verdict.score < rows[i].score + 1e-9);
		UNIT_CHECK(i, verdict.threshold > rows[i].threshold - 1e-9 &&
				  verdict.threshold < rows[i].threshold + 1e-9);
	}
}

/* Takes text in pieces of step octets, then its end. */
static int
take(struct spam_answer *answer, struct slice text, size_t step)
{
	struct err err;
	int result = 0;

	while (result == 0 && text.len) {
		result = spam_answer_feed(answer, slice_head(text, step), &err);
		text = slice_skip(text, step);
	}
	return result ? result : spam_answer_end(answer, &err);
}

static const struct {
	bool spamd;
	const char *text;
	int result;
	const char *headers;
} answer_rows[] = {
	/* clang-format off */
	{ true, GOOD "\r\n", 0, "" },
	{ true, GOOD "Content-length: 0\r\n\r\nX-Spam-A: b\n", 0, "" },
	{ true, GOOD "Content-length: 12\r\n\r\nX-Spam-A: b\n", 0,
	  "X-Spam-A: b\n" },
	{ true, GOOD "Content-length: 11\r\n\r\nX-Spam-A: b\n", 0,
	  "X-Spam-A: b\n" },
	{ true, GOOD "Content-length: 10\r\n\r\nX-Spam-A: b\n", 0,
	  "X-Spam-A: \n" },
	{ true, GOOD "Content-length: 13\r\n\r\nX-Spam-A: b\n",
	  -EPROTO, "" },
	{ true, GOOD "Content-length: 99\r\n\r\nX-Spam-A: b\n\nbody", 0,
	  "X-Spam-A: b\n" },
	{ true, GOOD "Content-length: x\r\n\r\n", -EPROTO, "" },
	{ true, GOOD "\r\nA: b\nX-Spam-A: b\r\n c\n\td\nB: c\n e\n"
	  "x-spam-c: d\n\nX-Spam-E: f\n", 0,
	  "X-Spam-A: b\n c\n\td\nx-spam-c: d\n" },
	{ true, GOOD "\r\nX-Spam-A b\nX-Spam: c\n", 0, "" },
	{ true, GOOD "\r\nX-Spam-A: a\rb\x01\x7f\xc3\xa4", 0,
	  "X-Spam-A: a?b??\xc3\xa4\n" },
	{ true, GOOD, -EPROTO, "" },
	{ true, "SPAMD/1.1 0 EX_OK\r\n\r\n", -EPROTO, "" },
	{ true, "SPAMD/1.1 0 EX_OK\r\nSpam: ?\r\n\r\n", -EPROTO, "" },
	{ true, "SPAMD/1.1 75 EX_TEMPFAIL\r\n", -EAGAIN, "" },
	{ true, "SPAMD/1.1 79 Timeout\r\n", -EAGAIN, "" },
	{ true, "SPAMD/1.0 76 Bad header line\r\n", -EPROTO, "" },
	{ true, "SPAMD/1.1 -1 x\r\n", -EPROTO, "" },
	{ true, "SPAMD/1.1 0x\r\n", -EPROTO, "" },
	{ true, "HTTP/1.1 200 OK\r\n", -EPROTO, "" },
	{ true, "\r\n", -EPROTO, "" },
	{ true, "", -EPROTO, "" },
	{ false, "A: b\nX-Spam-Status: Yes, score=15.0 required=5.0\n"
	  "\ttests=A\n\nbody\nX-Spam-B: c\n", 0,
	  "X-Spam-Status: Yes, score=15.0 required=5.0\n\ttests=A\n" },
	{ false, "A: b\n\nX-Spam-Status: Yes, score=15.0 required=5.0\n",
	  -EPROTO, "" },
	{ false, "X-Spam-Status: odd\n\nbody\n", -EPROTO, "" },
	{ false, "", -EPROTO, "" },
	/* clang-format on */
};

static void
answers(void **state)
{
	size_t i, step;

	(void)state;
	for (i = 0; i < UNIT_COUNT(answer_rows); i++) {
		for (step = 1; step < 1000; step *= 7) {
			struct spam_answer answer;

			spam_answer_init(&answer, answer_rows[i].spamd);
			UNIT_CHECK(
			    i, take(&answer, slice_from(answer_rows[i].text),
				   step) == answer_rows[i].result);
			if (answer_rows[i].result == 0)
				UNIT_CHECK(i,
				    slice_is(str_slice(&answer.verdict.headers),
					answer_rows[i].headers));
			spam_answer_release(&answer);
		}
	}
}

static void
fill(struct str *out, char c, size_t n)
{
	while (n--)
		str_append_char(out, c);
}

/* Takes a good answer with head and n times 'x' behind it; gives the length of
 * the headers taken, or -errno. */
static long
sized(const char *head, size_t n, const char *tail)
{
	struct spam_answer answer;
	STR_AUTO text = STR_INIT;
	long result;

	spam_answer_init(&answer, true);
	str_append_cstr(&text, head);
	fill(&text, 'x', n);
	str_append_cstr(&text, tail);
	result = take(&answer, str_slice(&text), 100);
	if (result == 0)
		result = (long)answer.verdict.headers.len;
	spam_answer_release(&answer);
	return result;
}

static void
limits(void **state)
{
	static const char field[] = GOOD "\r\nX-Spam-A: ";
	STR_AUTO lines = STR_INIT;
	size_t i;

	(void)state;
	assert_int_equal(sized("SPAMD/1.1 0 ", SPAMD_LINE_MAX - 13,
			     "\r\nSpam: True ; 1 / 5\r\n\r\n"),
	    0);
	assert_int_equal(sized("SPAMD/1.1 0 ", SPAMD_LINE_MAX - 12,
			     "\r\nSpam: True ; 1 / 5\r\n\r\n"),
	    -EPROTO);
	assert_int_equal(sized(field, SPAM_FIELD_LINE_MAX - 10, "\n"),
	    SPAM_FIELD_LINE_MAX + 1);
	assert_int_equal(
	    sized(field, SPAM_FIELD_LINE_MAX - 9, "\nX-Spam-B: c\n"), 12);
	assert_int_equal(sized(GOOD "\r\nX-Spam-A: b\n ", SPAM_FIELD_LINE_MAX,
			     "\nX-Spam-B: c\n"),
	    12);
	assert_int_equal(sized(GOOD "\r\nA: ", BIG, "\n c\nX-Spam-B: c\n"), 12);
	str_append_cstr(&lines, "SPAMD/1.1 0 EX_OK\r\n");
	for (i = 1; i < SPAM_PROTOCOL_LINES_MAX; i++)
		str_append_cstr(&lines, "A: b\r\n");
	assert_int_equal(
	    sized(str_cstr(&lines), 0, "Spam: True ; 1 / 5\r\n\r\n"), 0);
	assert_int_equal(
	    sized(str_cstr(&lines), 0, "C: d\r\nSpam: True ; 1 / 5\r\n\r\n"),
	    -EPROTO);
}

/* Fields are taken whole as long as all of them fit. */
static void
headers_limit(void **state)
{
	size_t more;

	(void)state;
	for (more = 0; more < 2; more++) {
		STR_AUTO text = STR_INIT;
		size_t n = 0;

		str_append_cstr(&text, GOOD "\r\n");
		for (; n + 4096 <= SPAMD_HEADERS_MAX - 4096; n += 4096) {
			str_append_cstr(&text, "X-Spam-A: ");
			fill(&text, 'y', 4096 - 11);
			str_append_cstr(&text, "\n");
		}
		str_append_cstr(&text, "X-Spam-B: c\n ");
		fill(&text, 'y', 4096 - 12 - 2 + more);
		str_append_cstr(&text, "\n");
		assert_int_equal(sized(str_cstr(&text), 0, "X-Spam-C: d\n"),
		    more ? n : SPAMD_HEADERS_MAX);
	}
}

/* A message of size octets in a file of its own. */
static int
message_of(size_t size)
{
	STR_AUTO text = STR_INIT;
	int fd = memfd_create("message", MFD_CLOEXEC);

	str_append_cstr(&text, "Subject: x\n\n");
	fill(&text, 'm', size - text.len);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.ptr, text.len), text.len);
	return fd;
}

/* Reads all of fd; how much it was. */
static size_t
read_all(int fd)
{
	char buffer[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		total += (size_t)n;
	return total;
}

/* How a scripted spamd behaves. */
struct script {
	const char *say;
	bool listen; /* reads to the end before it says anything */
	bool hang;   /* says it, and stays silent */
};

/* Runs the script in a child on one end of a pair; the other end. */
static int
play(const struct script *script, pid_t *ret_child)
{
	int ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*ret_child = fork();
	assert_true(*ret_child >= 0);
	if (*ret_child == 0) {
		(void)close(ends[0]); /* the parent's */
		if (script->listen)
			(void)read_all(ends[1]); /* whatever it is */
		(void)send(ends[1], script->say, strlen(script->say),
		    MSG_NOSIGNAL); /* the parent sees what came */
		if (script->hang)
			(void)pause(); /* until it is killed */
		_exit(0);
	}
	(void)close(ends[1]); /* the child's */
	return ends[0];
}

static void
end(pid_t child)
{
	int status;

	(void)kill(child, SIGKILL); /* may be gone */
	assert_int_equal(waitpid(child, &status, 0), child);
}

static int
begin_and_ask(int socket, const struct spam_job *job,
    struct spam_verdict *verdict, struct err *err)
{
	int rc = spamd_begin(socket, job->user, err);

	return rc < 0 ? rc : spamd_ask(socket, job, verdict, err);
}

static void
talks(void **state)
{
	static const struct {
		struct script script;
		const char *user;
		int result;
		int64_t patience;
	} rows[] = {
		/* clang-format off */
		{ { GOOD "\r\nX-Spam-A: b\n\n", true, false }, "a@b", 0, PATIENCE },
		{ { GOOD "\r\nX-Spam-A: b\n\n", true, true }, "", 0, PATIENCE },
		{ { GOOD "\r\nX-Spam-A: b\n\n", false, true }, "",
		  -EPROTO, PATIENCE },
		{ { "SPAMD/1.1 75 EX_TEMPFAIL\r\n", true, false }, "",
		  -EAGAIN, PATIENCE },
		{ { "SPAMD/1.0 76 Bad\r\n", false, true }, "",
		  -EPROTO, PATIENCE },
		{ { "", true, false }, "", -EPROTO, PATIENCE },
		{ { "", true, true }, "", -ETIMEDOUT, 100 },
		{ { "SPAMD/1.1 0 EX", false, true }, "", -ETIMEDOUT, 100 },
		{ { "", false, true }, "", -ETIMEDOUT, 0 },
		{ { "", false, true }, "a\r\nX: y", -EINVAL, PATIENCE },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct spam_verdict verdict = SPAM_VERDICT_INIT;
		struct err err = { 0, "" };
		struct spam_job job = { message_of(BIG), BIG, rows[i].user,
			clock_deadline(rows[i].patience), -1 };
		pid_t child;
		int socket = play(&rows[i].script, &child);

		UNIT_CHECK(i, begin_and_ask(socket, &job, &verdict, &err) ==
				  rows[i].result);
		UNIT_CHECK(i, (err.text[0] == '\0') == (rows[i].result == 0));
		UNIT_CHECK(i, verdict.checked == (rows[i].result == 0));
		UNIT_CHECK(i, slice_is(str_slice(&verdict.headers),
				  rows[i].result ? "" : "X-Spam-A: b\n"));
		spam_verdict_release(&verdict);
		end(child);
		assert_int_equal(close(socket), 0);
		assert_int_equal(close(job.message), 0);
	}
}

static void
short_file(void **state)
{
	static const struct script script = { "", true, false };
	struct spam_verdict verdict = SPAM_VERDICT_INIT;
	struct err err = { 0, "" };
	struct spam_job job = { message_of(100), 101, "",
		clock_deadline(PATIENCE), -1 };
	pid_t child;
	int socket = play(&script, &child);

	(void)state;
	assert_int_equal(begin_and_ask(socket, &job, &verdict, &err), -EIO);
	end(child);
	assert_int_equal(close(socket), 0);
	assert_int_equal(close(job.message), 0);
}

/* Starts a shell command with pipes; its ends. */
static pid_t
start(const char *command, int *ret_to, int *ret_from)
{
	int in[2], out[2];
	pid_t child;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)dup2(in[0], 0);  /* else the test fails */
		(void)dup2(out[1], 1); /* the same */
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);  /* the child's */
	(void)close(out[1]); /* the same */
	*ret_to = in[1];
	*ret_from = out[0];
	return child;
}

static void
pipes(void **state)
{
	static const char mark[] = "echo 'X-Spam-Status: No, score=1 "
				   "required=5'; ";
	static const struct {
		const char *command;
		int result;
		int64_t patience;
	} rows[] = {
		{ "cat", 0, PATIENCE },
		{ "cat; exit 3", 0, PATIENCE },
		{ "cat > /dev/null", 0, PATIENCE },
		{ "echo; cat >/dev/null", 0, PATIENCE },
		{ "true", -EPROTO, PATIENCE },
		{ "exec sleep 9", -ETIMEDOUT, 100 },
		{ "cat; exec sleep 9", -ETIMEDOUT, 300 },
	};
	size_t i, marked;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	for (i = 0; i < UNIT_COUNT(rows) * 2; i++) {
		struct spam_verdict verdict = SPAM_VERDICT_INIT;
		struct err err = { 0, "" };
		struct spam_job job = { message_of(BIG), BIG, "",
			clock_deadline(rows[i / 2].patience), -1 };
		STR_AUTO command = STR_INIT;
		int to, from, result = rows[i / 2].result;
		pid_t child;

		marked = i % 2;
		str_append_cstr(&command, marked ? mark : "");
		str_append_cstr(&command, rows[i / 2].command);
		if (result == 0 && !marked)
			result = -EPROTO; /* it gives no verdict */
		child = start(str_cstr(&command), &to, &from);
		UNIT_CHECK(
		    i, spam_pipe_ask(to, from, &job, &verdict, &err) == result);
		UNIT_CHECK(i, verdict.checked == (result == 0));
		spam_verdict_release(&verdict);
		end(child);
		assert_int_equal(close(to), 0);
		assert_int_equal(close(from), 0);
		assert_int_equal(close(job.message), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores),
		cmocka_unit_test(answers),
		cmocka_unit_test(limits),
		cmocka_unit_test(headers_limit),
		cmocka_unit_test(talks),
		cmocka_unit_test(short_file),
		cmocka_unit_test(pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
