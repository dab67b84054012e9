#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/stream.h"
#include "tests/unit/unit.h"

/* A stream on one end of a pair, whose other end the test holds. */
struct line_test {
	int far;
	int near;
	struct stream *s;
};

static void
open_test(struct line_test *t, int type)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, type, 0, ends), 0);
	t->far = ends[0];
	t->near = ends[1];
	t->s = stream_new(t->near, t->near);
	stream_set_deadline(t->s, clock_deadline(5000));
}

static void
close_test(struct line_test *t)
{
	stream_free(t->s);
	(void)close(t->far);  /* only read and written */
	(void)close(t->near); /* only read and written */
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

struct line_row {
	const char *input; /* all that the peer sends before it hangs up */
	size_t max;
	const char *lines[6]; /* expected, "!" for -EMSGSIZE, NULL ends */
};

static void
lines(void **state)
{
	static const struct line_row rows[] = {
		{ "a\r\nb\nc", 100, { "a\r\n", "b\n", NULL } },
		{ "", 100, { NULL } },
		{ "\n\n", 100, { "\n", "\n", NULL } },
		{ "123\n1234\n", 4, { "123\n", "!", NULL } },
		{ "1234\n12345\nab\n", 5, { "1234\n", "!", "ab\n", NULL } },
		{ "12345678901234567890\nab\n", 5, { "!", "ab\n", NULL } },
		{ "12345678901234567890", 5, { "!", NULL } },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct line_test t;
		struct slice line;

		open_test(&t, SOCK_STREAM);
		say(t.far, rows[i].input);
		(void)shutdown(t.far, SHUT_WR); /* the end of the input */
		for (n = 0; rows[i].lines[n]; n++) {
			int rc = stream_read_line(t.s, rows[i].max, &line);
			bool over = strcmp(rows[i].lines[n], "!") == 0;

			UNIT_CHECK(i, rc == (over ? -EMSGSIZE : 1));
			if (!over)
				UNIT_CHECK(i, slice_is(line, rows[i].lines[n]));
		}
		UNIT_CHECK(i, stream_read_line(t.s, rows[i].max, &line) == 0);
		UNIT_CHECK(i, stream_eof(t.s));
		close_test(&t);
	}
}

/* One octet at a time makes the same lines, and an overlong one is told before
 * its end has come. */
static void
slow_lines(void **state)
{
	struct line_test t;
	struct slice line;
	pid_t pid;

	(void)state;
	open_test(&t, SOCK_STREAM);
	pid = fork();
	if (pid == 0) {
		const char *c = "ab\r\n0123456789\nlast\n";

		for (; *c; c++)
			(void)!write(t.far, c, 1); /* the parent sees it */
		_exit(0);
	}
	assert_int_equal(stream_read_line(t.s, 6, &line), 1);
	assert_true(slice_is(line, "ab\r\n"));
	assert_int_equal(stream_read_line(t.s, 6, &line), -EMSGSIZE);
	assert_int_equal(stream_read_line(t.s, 6, &line), 1);
	assert_true(slice_is(line, "last\n"));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close_test(&t);
}

static void
deadline_is_absolute(void **state)
{
	struct line_test t;
	struct slice line;
	int64_t start = clock_ms();
	pid_t pid;

	(void)state;
	open_test(&t, SOCK_STREAM);
	stream_set_deadline(t.s, clock_deadline(200));
	pid = fork();
	if (pid == 0) {
		int i;

		/* a drip that restarts a timer of each read for ever */
		for (i = 0; i < 1200; i++, (void)usleep(50000))
			(void)!write(t.far, "x", 1); /* till it is killed */
		_exit(0);
	}
	assert_int_equal(stream_read_line(t.s, 1000, &line), -ETIMEDOUT);
	assert_true(clock_ms() - start < 30000);
	assert_int_equal(stream_read_line(t.s, 1000, &line), -ETIMEDOUT);
	/* but the client can be told */
	assert_int_equal(stream_error(t.s), 0);
	stream_puts(t.s, "421 too slow\r\n");
	stream_set_deadline(t.s, clock_deadline(60000));
	assert_int_equal(stream_flush(t.s), 0);
	close_test(&t);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
input_flushes_output(void **state)
{
	struct line_test t;
	struct slice line;
	char got[8];

	(void)state;
	open_test(&t, SOCK_STREAM);
	stream_puts(t.s, "reply\n");
	assert_int_equal(recv(t.far, got, sizeof got, MSG_DONTWAIT), -1);
	say(t.far, "next\n");
	assert_int_equal(stream_read_line(t.s, 100, &line), 1);
	assert_int_equal(recv(t.far, got, sizeof got, MSG_DONTWAIT), 6);
	close_test(&t);
}

static void
pushed_back_input_comes_first(void **state)
{
	struct line_test t;
	struct slice line;

	(void)state;
	open_test(&t, SOCK_STREAM);
	say(t.far, "c\n");
	assert_int_equal(stream_fill(t.s), 1);
	stream_unread(t.s, slice_from("a\nb"));
	assert_int_equal(stream_read_line(t.s, 10, &line), 1);
	assert_true(slice_is(line, "a\n"));
	assert_int_equal(stream_read_line(t.s, 10, &line), 1);
	assert_true(slice_is(line, "bc\n"));
	close_test(&t);
}

/* More than a socket holds, to a reader that starts late, over a pipe too. */
static void
large_output(void **state)
{
	enum { SIZE = 3 << 20 };
	int ends[2];
	struct stream *s;
	size_t i, got = 0;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		static char block[65536];
		ssize_t n;

		(void)close(ends[1]); /* the writer's */
		(void)usleep(100000);
		while ((n = read(ends[0], block, sizeof block)) > 0)
			for (i = 0; i < (size_t)n; i++, got++)
				if (block[i] != (char)('a' + got % 23))
					_exit(1);
		_exit(got == SIZE ? 0 : 2);
	}
	(void)close(ends[0]); /* the reader's */
	s = stream_new(-1, ends[1]);
	for (i = 0; i < SIZE; i++) {
		char c = (char)('a' + i % 23);

		stream_write(s, slice_of(&c, 1));
	}
	assert_int_equal(stream_flush(s), 0);
	stream_free(s);
	(void)close(ends[1]); /* the reader's end of file */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
broken_pipe_is_an_error(void **state)
{
	struct line_test t;

	(void)state;
	open_test(&t, SOCK_STREAM);
	(void)close(t.far); /* the peer is gone */
	t.far = -1;
	stream_puts(t.s, "anybody?\n");
	assert_int_equal(stream_flush(t.s), -EPIPE);
	assert_int_equal(stream_flush(t.s), -EPIPE);
	close_test(&t);
}

static void
waits_for_either(void **state)
{
	struct line_test t;
	int watch[2];

	(void)state;
	open_test(&t, SOCK_STREAM);
	assert_int_equal(pipe(watch), 0);
	assert_int_equal(stream_wait(t.s, watch[0], clock_deadline(20)),
	    STREAM_WAIT_TIMEOUT);
	say(watch[1], "x");
	assert_int_equal(stream_wait(t.s, watch[0], clock_deadline(60000)),
	    STREAM_WAIT_WATCH);
	say(t.far, "y\n");
	assert_int_equal(
	    stream_wait(t.s, -1, clock_deadline(60000)), STREAM_WAIT_INPUT);
	(void)close(watch[0]); /* only read */
	(void)close(watch[1]); /* only written */
	close_test(&t);
}

static void
hear(int fd, const char *text)
{
	char got[64];
	size_t n = strlen(text);

	assert_int_equal(recv(fd, got, n, MSG_WAITALL), (ssize_t)n);
	assert_memory_equal(got, text, n);
}

/* A pump between two pairs carries both ways and passes ends of file on; what
 * the session says after the client's last word still arrives. */
static void
pump_carries_both_ways(void **state)
{
	int client[2], session[2], status;
	char got[1];
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, session), 0);
	pid = fork();
	if (pid == 0) {
		struct stream *s = stream_new(client[0], client[0]);

		(void)close(client[1]);  /* the test's */
		(void)close(session[1]); /* the test's */
		stream_unread(s, slice_from("early "));
		stream_pump(s, session[0]);
		_exit(0);
	}
	(void)close(client[0]);  /* the pump's */
	(void)close(session[0]); /* the pump's */
	say(client[1], "hello");
	hear(session[1], "early hello");
	say(session[1], "answer");
	hear(client[1], "answer");
	(void)shutdown(client[1], SHUT_WR); /* the client's last word */
	assert_int_equal(recv(session[1], got, 1, 0), 0);
	say(session[1], "bye");
	hear(client[1], "bye");
	(void)close(session[1]); /* which ends the pump */
	assert_int_equal(recv(client[1], got, 1, 0), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(client[1]); /* only read and written */
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(slow_lines),
		cmocka_unit_test(deadline_is_absolute),
		cmocka_unit_test(input_flushes_output),
		cmocka_unit_test(pushed_back_input_comes_first),
		cmocka_unit_test(large_output),
		cmocka_unit_test(broken_pipe_is_an_error),
		cmocka_unit_test(waits_for_either),
		cmocka_unit_test(pump_carries_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
