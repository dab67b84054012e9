/* A conversation with a milter: its times, its end, and what nobody asked. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/ipc.h"
#include "common/proto/milter.h"
#include "tests/unit/unit.h"

#define OCTETS(text)                                                           \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

/* A milter that has said all of text at once. */
static int
said_by(struct slice text, int *ret_far)
{
	int ends[2];

	assert_int_equal(ipc_stream_pair(ends), 0);
	assert_int_equal(
	    send(ends[1], text.ptr, text.len, 0), (ssize_t)text.len);
	*ret_far = ends[1];
	return ends[0];
}

#define AGREES "\0\0\0\15O\0\0\0\6\0\0\0\0\0\0\0\0"

/* One that never pauses and never ends is left at its time. */
static void
deadlines(void **state)
{
	static const struct slice quiet = OCTETS(AGREES);
	struct milter_said said;
	struct milter m;
	struct err err;
	int64_t before = clock_ms();
	int far, near = said_by(quiet, &far);

	(void)state;
	milter_init(&m, near, -1, 200, 200);
	assert_int_equal(milter_negotiate(&m, &err), 0);
	assert_int_equal(
	    milter_say(&m, MILTER_HELO, slice_from("x"), &said, &err),
	    -ETIMEDOUT);
	assert_true(clock_ms() - before >= 200);
	assert_true(clock_ms() - before < 30000);
	milter_release(&m);
	(void)close(near); /* both have done their part */
	(void)close(far);
}

static int
take_edit(void *ctx, const struct milter_edit *edit, struct err *err)
{
	(void)ctx; /* it is a quarantine */
	(void)edit;
	(void)err;
	return 0;
}

/* A sign of life before each change gives no time without end. */
static void
endless_changes(void **state)
{
	static const struct slice agrees =
	    OCTETS("\0\0\0\15O\0\0\0\6\0\0\0\x20\0\0\0\0");
	static const struct slice again = OCTETS("\0\0\0\1p\0\0\0\3qx\0");
	struct milter_said said;
	struct milter m;
	struct err err;
	int64_t before = clock_ms();
	int far, near = said_by(agrees, &far), n;
	pid_t pid = fork();

	(void)state;
	for (n = 0; pid == 0 && n < 2000; n++) {
		(void)usleep(30 * 1000); /* a minute in all */
		(void)send(far, again.ptr, again.len, MSG_NOSIGNAL);
	}
	if (pid == 0)
		_exit(0);
	milter_init(&m, near, -1, 5000, 1000);
	m.progress_ms = 100;
	assert_int_equal(milter_negotiate(&m, &err), 0);
	assert_int_equal(
	    milter_end(&m, take_edit, NULL, &said, &err), -ETIMEDOUT);
	assert_true(clock_ms() - before >= 1000);
	assert_true(clock_ms() - before < 30000);
	milter_release(&m);
	(void)close(near); /* both have done their part */
	(void)close(far);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* It ends when whoever it is for is gone. */
static void
guards(void **state)
{
	static const struct slice quiet = OCTETS(AGREES);
	struct milter_said said;
	struct milter m;
	struct err err;
	int far, near = said_by(quiet, &far), pair[2];

	(void)state;
	assert_int_equal(ipc_pair(pair), 0);
	milter_init(&m, near, pair[0], 60000, 60000);
	assert_int_equal(milter_negotiate(&m, &err), 0);
	(void)close(pair[1]); /* the keeper's death */
	assert_int_equal(
	    milter_say(&m, MILTER_HELO, slice_from("x"), &said, &err), -EPIPE);
	milter_release(&m);
	(void)close(pair[0]); /* all three have done their part */
	(void)close(near);
	(void)close(far);
}

/* A process that says "continue" when there are so many octets for it. */
static pid_t
answer_after(int far, size_t octets)
{
	char got[100];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)alarm(60);
	while (recv(far, got, sizeof got, MSG_PEEK) < (ssize_t)octets)
		(void)usleep(1000);
	_exit(send(far, "\0\0\0\1c", 5, MSG_NOSIGNAL) == 5 ? 0 : 1);
}

/* What is not answered is not waited for, and is sent with the next. */
static void
unanswered(void **state)
{
	static const struct slice agrees =
	    OCTETS("\0\0\0\15O\0\0\0\6\0\0\0\0\0\0\x20\0");
	static const char wanted[] =
	    "\0\0\0\15O\0\0\0\6\0\0\1\xff\0\x1f\xf7\xff"
	    "\0\0\0\6DHi\0x\0\0\0\0\3Ha\0"
	    "\0\0\0\2Mb";
	struct milter_said said;
	struct milter m;
	struct err err;
	char got[100];
	int far, near = said_by(agrees, &far);
	pid_t pid = answer_after(far, sizeof wanted - 1);

	(void)state;
	milter_init(&m, near, -1, 5000, 5000);
	assert_int_equal(milter_negotiate(&m, &err), 0);
	milter_define(&m, MILTER_HELO, slice_of("i\0x", 4));
	assert_int_equal(
	    milter_say(&m, MILTER_HELO, slice_of("a", 2), &said, &err), 0);
	assert_int_equal(said.kind, MILTER_CONTINUES);
	assert_int_equal(
	    milter_say(&m, MILTER_MAIL, slice_from("b"), &said, &err), 0);
	assert_int_equal(recv(far, got, sizeof got, 0), sizeof wanted - 1);
	assert_memory_equal(got, wanted, sizeof wanted - 1);
	milter_release(&m);
	(void)close(near); /* both have done their part */
	(void)close(far);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* What is there before the question is no answer to it, at whatever time. */
static void
unasked(void **state)
{
	static const struct {
		struct slice text;
		int asked, ended; /* what milter_say, milter_end say */
	} rows[] = {
		{ OCTETS(AGREES "\0\0\0\1c"), -EPROTO, -EPROTO },
		{ OCTETS(AGREES "\0\0\0\1p"), -EPROTO, -EPROTO },
		{ OCTETS(AGREES "\0"), -EPROTO, -EPROTO },
		{ OCTETS(AGREES), -ETIMEDOUT, -ETIMEDOUT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * UNIT_COUNT(rows); i++) {
		struct milter_said said;
		struct milter m;
		struct err err;
		int far, near = said_by(rows[i / 2].text, &far);

		milter_init(&m, near, -1, 20, 20);
		UNIT_CHECK(i, milter_negotiate(&m, &err) == 0);
		if (i % 2)
			UNIT_CHECK(i, milter_end(&m, take_edit, NULL, &said,
					  &err) == rows[i / 2].ended);
		else
			UNIT_CHECK(
			    i, milter_say(&m, MILTER_HELO, slice_from("x"),
				   &said, &err) == rows[i / 2].asked);
		milter_release(&m);
		(void)close(near); /* both have done their part */
		(void)close(far);
	}
}

/* Silence is told from an end. */
static void
silence(void **state)
{
	static const struct slice text = OCTETS("\0");
	struct milter m;
	struct err err;
	int far, near = said_by(text, &far);
	char octet;

	(void)state;
	milter_init(&m, near, -1, 20, 20);
	assert_int_equal(milter_quiet(&m, &err), -EPROTO);
	assert_int_equal(recv(near, &octet, 1, 0), 1);
	assert_int_equal(milter_quiet(&m, &err), 0);
	(void)close(far); /* that is the matter */
	assert_int_equal(milter_quiet(&m, &err), -EPIPE);
	milter_release(&m);
	(void)close(near);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines),
		cmocka_unit_test(endless_changes),
		cmocka_unit_test(guards),
		cmocka_unit_test(unanswered),
		cmocka_unit_test(unasked),
		cmocka_unit_test(silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
