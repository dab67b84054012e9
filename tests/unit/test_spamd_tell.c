/* TELL, with a spamd that a child of ours plays. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proto/spamd.h"
#include "tests/unit/unit.h"

#define MESSAGE "Subject: x\n\nbody\n"
#define HEAD(class)                                                            \
	"TELL SPAMC/1.5\r\nUser: ann@one.dev\r\nMessage-class: " class         \
	    "\r\nSet: local\r\nContent-length: 17\r\n\r\n" MESSAGE

/* Reads all that is said, compares it, answers.  Its exit status: 0 when it was
 * told what it expected. */
static _Noreturn void
play(int fd, const char *expected, const char *answer)
{
	char got[1024];
	size_t len = 0;
	ssize_t n;

	while (len < strlen(expected) &&
	       (n = read(fd, got + len, sizeof got - len)) > 0)
		len += (size_t)n;
	if (write(fd, answer, strlen(answer)) != (ssize_t)strlen(answer))
		_exit(2);
	_exit(len != strlen(expected) || memcmp(got, expected, len) != 0);
}

static int
ask(enum spam_lesson lesson, const char *expected, const char *answer,
    bool *ret_learned)
{
	int ends[2], message = memfd_create("message", 0), rc, status;
	struct spam_job job = { .message = message,
		.size = strlen(MESSAGE),
		.user = "ann@one.dev",
		.deadline = clock_deadline(10000) };
	struct err err = { 0, "" };
	pid_t pid;

	assert_int_equal(
	    write(message, MESSAGE, strlen(MESSAGE)), strlen(MESSAGE));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		play(ends[1], expected, answer);
	}
	close(ends[1]);
	rc = spamd_tell(ends[0], &job, lesson, ret_learned, &err);
	close(ends[0]);
	close(message);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true((rc == 0) == (err.text[0] == '\0'));
	return rc;
}

static void
lessons(void **state)
{
	bool learned = false;

	(void)state;
	assert_int_equal(
	    ask(SPAM_LESSON_SPAM, HEAD("spam"),
		"SPAMD/1.1 0 EX_OK\r\nContent-length: 2\r\nDidSet: local\r\n"
		"\r\n\r\n",
		&learned),
	    0);
	assert_true(learned);
	assert_int_equal(
	    ask(SPAM_LESSON_HAM, HEAD("ham"),
		"SPAMD/1.1 0 EX_OK\nContent-length: 2\n\n\n", &learned),
	    0);
	assert_false(learned);
}

static void
refusals(void **state)
{
	static const struct {
		const char *answer;
		int error;
	} rows[] = {
		{ "SPAMD/1.0 69 Service Unavailable: TELL commands are not "
		  "enabled, set the --allow-tell switch.\r\n\r\n",
		    EPERM },
		{ "SPAMD/1.0 75 later\r\n\r\n", EAGAIN },
		{ "SPAMD/1.0 76 Bad header line\r\n\r\n", EPROTO },
		{ "SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n", EPROTO },
		{ "SPAMD/1.1 0 EX_OK", EPROTO },
		{ "SPAMD/1.1\r\n\r\n", EPROTO },
		{ "SPAMD/1.1 x\r\n\r\n", EPROTO },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", EPROTO },
		{ "", EPROTO },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool learned = true;

		assert_int_equal(ask(SPAM_LESSON_SPAM, HEAD("spam"),
				     rows[i].answer, &learned),
		    -rows[i].error);
		assert_true(learned);
	}
}

/* A line of n octets behind the status, or n empty ones' worth of lines. */
static void
ceilings(void **state)
{
	static const char end[] = "\r\n\r\n";
	size_t lines;
	int more;

	(void)state;
	for (more = 0; more <= 1; more++) {
		STR_AUTO answer = STR_INIT;
		bool learned;

		str_append_cstr(&answer, "SPAMD/1.1 0 EX_OK\r\n");
		while (answer.len < 19 + SPAMD_LINE_MAX - 1 + (size_t)more)
			str_append_char(&answer, 'x');
		str_append_cstr(&answer, end);
		assert_int_equal(ask(SPAM_LESSON_SPAM, HEAD("spam"),
				     str_cstr(&answer), &learned),
		    more ? -EPROTO : 0);
		str_set(&answer, slice_from("SPAMD/1.1 0 EX_OK\r\n"));
		for (lines = 0; lines < 30 + (size_t)more; lines++)
			str_append_cstr(&answer, "x: y\r\n");
		str_append_cstr(&answer, "\r\n");
		assert_int_equal(ask(SPAM_LESSON_SPAM, HEAD("spam"),
				     str_cstr(&answer), &learned),
		    more ? -EPROTO : 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lessons),
		cmocka_unit_test(refusals),
		cmocka_unit_test(ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
