/* The runner of commands: how many it starts, what it ends, what is heard of
 * them; and what the keeper does with one that is late. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/smtpd/content/pipe_status.h"
#include "cmd/smtpd/keeper/filter.h"
#include "cmd/smtpd/keeper/filter_runner.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "tests/unit/unit.h"

#define COMMAND_MS 20000
#define SOON_MS 60000

/* A runner of one shell script, and our end of the pair. */
struct running {
	int pair;
	pid_t pid;
};

static struct running
run(const char *script)
{
	char sh[] = "/bin/sh", c[] = "-c", text[1024];
	char *words[] = { sh, c, text, NULL };
	struct runner_command command = { words, COMMAND_MS, true };
	struct filter_runner runner = {
		.commands = &command, .count = 1, .uid = 65534, .gid = 65534
	};
	int ends[2];
	pid_t pid;

	assert_true(strlen(script) < sizeof text);
	(void)snprintf(text, sizeof text, "%s", script);
	assert_int_equal(ipc_pair(ends), 0);
	pid = fork();
	if (pid == 0) {
		runner.pair = ends[1];
		filter_run(&runner);
	}
	(void)close(ends[1]);
	return (struct running){ ends[0], pid };
}

static void
end(struct running *r)
{
	int status;

	(void)close(r->pair);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
}

static void
ask(const struct running *r)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, 0);
	assert_int_equal(
	    ipc_send(r->pair, RUNNER_START, str_slice(&body), NULL, 0), 0);
}

/* Its three descriptors, within ms; false: there is no answer yet. */
static bool
take(const struct running *r, int64_t ms, int ret_fds[3])
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc = ipc_recv(r->pair, &msg, clock_deadline(ms));
	size_t i;

	if (rc == 1)
		assert_int_equal(msg.nfds, 3);
	for (i = 0; rc == 1 && i < 3; i++)
		ret_fds[i] = ipc_msg_take_fd(&msg, i);
	ipc_msg_release(&msg);
	return rc == 1;
}

static void
let_go(int fds[3])
{
	int i;

	for (i = 0; i < 3; i++)
		fileio_close(&fds[i]);
}

/* A front that never lets go of one has so many and no more. */
static void
as_many_as_may_be(void **state)
{
	struct running r = run("exec sleep 300");
	int fds[RUNNER_ALIVE_MAX + 1][3];
	int i;

	(void)state;
	for (i = 0; i < RUNNER_ALIVE_MAX; i++) {
		ask(&r);
		assert_true(take(&r, SOON_MS, fds[i]));
	}
	ask(&r);
	assert_false(take(&r, 300, fds[i]));
	let_go(fds[0]);
	assert_true(take(&r, SOON_MS, fds[i]));
	while (i > 0)
		let_go(fds[i--]);
	end(&r);
}

/* One after another there are any number. */
static void
one_after_another(void **state)
{
	struct running r = run("exit 3");
	struct err err = { 0, "" };
	int fds[3], i;

	(void)state;
	for (i = 0; i < 3 * RUNNER_ALIVE_MAX; i++) {
		ask(&r);
		assert_true(take(&r, SOON_MS, fds));
		assert_int_equal(pipe_status_read(fds[2], 0,
				     clock_deadline(SOON_MS), "sh", &err),
		    3);
		let_go(fds);
	}
	end(&r);
}

/* The descriptor of what a command has left is closed when that is dead. */
static void
assert_ends(int fd)
{
	char octet;

	assert_int_equal(fileio_wait(fd, POLLIN, clock_deadline(SOON_MS)), 0);
	assert_int_equal(read(fd, &octet, 1), 0);
}

/* Whatever a command does to get away, it is ended, and so is its own. */
static void
nothing_is_left(void **state)
{
	static const char *const scripts[] = {
		"sleep 300 & exit 0",
		"setsid sleep 300 & exit 0",
		"setsid sh -c 'setsid sleep 300 & sleep 300' & sleep 0.2",
	};
	struct err err = { 0, "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		struct running r = run(scripts[i]);
		int fds[3];

		ask(&r);
		assert_true(take(&r, SOON_MS, fds));
		assert_ends(fds[1]);
		assert_int_equal(pipe_status_read(fds[2], 0,
				     clock_deadline(SOON_MS), "sh", &err),
		    0);
		let_go(fds);
		end(&r);
	}
}

/* One that has gone into another group is ended all the same. */
static void
another_group(void **state)
{
	struct running r = run("exec python3 -c 'import os, time\n"
			       "os.setpgid(0, os.getpgid(os.getppid()))\n"
			       "os.write(1, b\"x\")\ntime.sleep(300)'");
	int fds[3];
	char octet;

	(void)state;
	ask(&r);
	assert_true(take(&r, SOON_MS, fds));
	assert_int_equal(
	    fileio_wait(fds[1], POLLIN, clock_deadline(SOON_MS)), 0);
	assert_int_equal(read(fds[1], &octet, 1), 1);
	fileio_close(&fds[2]); /* nobody listens any more */
	assert_ends(fds[1]);
	let_go(fds);
	end(&r);
}

/* What a command writes on its standard error. */
static void
said(void **state)
{
	static const struct {
		const char *script;
		size_t octets; /* of what it says, without the end */
		int code;      /* -1: a signal */
	} rows[] = {
		{ "exit 0", 0, 0 },
		{ "echo oops >&2; exit 75", 5, 75 },
		{ "printf 'a\\0b' >&2; exit 1", 3, 1 },
		{ "echo oops >&2; kill -9 $$", 5, -1 },
		{ "head -c 2048 /dev/zero >&2; exit 0", 2048, 0 },
		{ "head -c 2049 /dev/zero >&2; exit 0", 2048, 0 },
		{ "head -c 900000 /dev/zero >&2; exit 4", 2048, 4 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct running r = run(rows[i].script);
		char text[4096];
		size_t n = 0, wanted = rows[i].octets;
		int fds[3];
		ssize_t rc;

		ask(&r);
		assert_true(take(&r, SOON_MS, fds));
		while ((rc = read(fds[2], text + n, sizeof text - n)) > 0)
			n += (size_t)rc;
		assert_int_equal(n, wanted + (rows[i].code < 0 ? 0 : 2));
		assert_null(memchr(text, '\0', wanted));
		if (rows[i].code >= 0) {
			assert_int_equal(text[wanted], '\0');
			assert_int_equal(text[wanted + 1], rows[i].code);
		}
		let_go(fds);
		end(&r);
	}
}

/* The end of a status is what the supervisor says, not what the command does.
 */
static void
status(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		int code; /* -errno */
	} rows[] = {
		{ "", 0, -EPIPE },
		{ "\0\0", 2, 0 },
		{ "\0\377", 2, 255 },
		{ "oops\n\0\105", 7, 69 },
		{ "oops", 4, -EPIPE },
		{ "\0", 1, -EPIPE },
		{ "\0\0\0", 3, -EPIPE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = { 0, "" };
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(
		    fileio_write(ends[1], slice_of(rows[i].text, rows[i].len)),
		    0);
		if (rows[i].len == 4) { /* and it goes on */
			assert_int_equal(pipe_status_read(ends[0], 0,
					     clock_deadline(50), "x", &err),
			    -ETIMEDOUT);
			(void)close(ends[1]);
		} else {
			(void)close(ends[1]);
			assert_int_equal(
			    pipe_status_read(
				ends[0], 0, clock_deadline(SOON_MS), "x", &err),
			    rows[i].code);
		}
		(void)close(ends[0]);
	}
}

/* What a late runner answers is not taken for the next command's. */
static void
late_answer(void **state)
{
	struct filters filters = { .runner = -1 };
	struct err err = { 0, "" };
	int ends[2], fds[3] = { -1, -1, -1 };

	(void)state;
	assert_int_equal(ipc_pair(ends), 0);
	filters.runner = ends[0];
	assert_int_equal(filters_open(&filters, WIRE_FILTER_COMMAND,
			     slice_from(""), fds, &err),
	    -ETIMEDOUT);
	(void)ipc_send(ends[1], RUNNER_START, slice_from(""),
	    (int[]){ 0, 1, 2 }, 3); /* refused, or never read */
	assert_int_equal(filters_open(&filters, WIRE_FILTER_COMMAND + 1,
			     slice_from(""), fds, &err),
	    -ENOENT);
	assert_int_equal(fds[0], -1);
	(void)close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_may_be),
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(another_group),
		cmocka_unit_test(said),
		cmocka_unit_test(status),
		cmocka_unit_test(late_answer),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
