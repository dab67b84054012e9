#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define NOBODY 65534     /* runs the command where mail has no single owner */
#define FILTER_GRACE_S 5 /* a command's life beyond spamd_timeout */

static void
find_way(struct filter_way *way, const struct endpoint *at, const char *name,
    int64_t connect_ms)
{
	struct err err = { 0, "" };

	way->connect_ms = connect_ms;
	if (endpoint_resolve(at, &way->to, &way->len, &err) == 0)
		return;
	way->len = 0;
	log_error("no %s: %s", name, err.text);
}

/* A setting that is one server's address. */
static void
find_server(struct filter_way *way, const char *setting, const char *name)
{
	struct endpoint at;

	if (setting[0] == '\0')
		return;
	if (endpoint_parse(slice_from(setting), &at))
		find_way(way, &at, name, FILTER_CONNECT_MS);
	else
		log_error("no %s: %s is no address", name, setting);
}

static void
find_milters(struct filters *filters, const struct settings *settings)
{
	const struct milter_spec defaults = {
		.connect_ms = settings->milter_connect_timeout,
	};
	struct milter_spec specs[MILTERS_MAX];
	struct err err = { 0, "" };
	int i, n = milter_list_parse(settings->milters, &defaults, specs, &err);

	if (n < 0)
		log_error("no milters: %s", err.text);
	for (i = 0; i < n; i++)
		find_way(&filters->ways[WIRE_FILTER_MILTER + i], &specs[i].at,
		    "milter", specs[i].connect_ms);
}

/* The words of the command, owned; the last is NULL. */
static void
split_words(const char *command, char *words[FILTER_WORDS_MAX + 1])
{
	struct slice rest = slice_from(command), word;
	size_t n = 0;

	while (n < FILTER_WORDS_MAX && slice_next(&rest, ' ', &word))
		if (word.len)
			words[n++] = mem_strndup(word.ptr, word.len);
	words[n] = NULL;
}

/* Is the runner.  Commands run as the owner of the mail, never as root. */
static _Noreturn void
be_runner(const struct settings *settings, int pair)
{
	char *words[FILTER_WORDS_MAX + 1];
	struct filter_runner runner = { .pair = pair,
		.words = words,
		.seconds =
		    (unsigned)(settings->spamd_timeout / 1000) + FILTER_GRACE_S,
		.uid = NOBODY,
		.gid = NOBODY };

	if (settings->mail_uid > 0 && settings->mail_gid > 0) {
		runner.uid = (uint32_t)settings->mail_uid;
		runner.gid = (uint32_t)settings->mail_gid;
	}
	split_words(settings->spam_command, words);
	filter_run(&runner);
}

static void
start_runner(struct filters *filters, const struct settings *settings)
{
	int ends[2], rc = ipc_pair(ends);
	pid_t pid;

	if (rc < 0) {
		log_error("no spam_command: %s", strerror(-rc));
		return;
	}
	pid = fork();
	if (pid == 0)
		be_runner(settings, ends[1]);
	(void)close(ends[1]); /* the runner's */
	filters->runner = ends[0];
	if (pid < 0)
		log_error("no spam_command: %s", strerror(errno));
}

void
filters_init(
    struct filters *filters, const struct settings *settings, bool spam)
{
	*filters = (struct filters){ .runner = -1 };
	if (spam)
		find_server(
		    &filters->ways[WIRE_FILTER_SPAM], settings->spamd, "spamd");
	if (spam && settings->spamd[0] == '\0' && settings->spam_command[0])
		start_runner(filters, settings);
	find_server(
	    &filters->ways[WIRE_FILTER_CLAMD], settings->clamd, "clamd");
	if (settings->milters[0])
		find_milters(filters, settings);
}

void
filters_release(struct filters *filters)
{
	fileio_close(&filters->runner);
}

/* Waits for a connect that is under way; 0 or -errno. */
static int
finish_connect(int fd, int64_t ms)
{
	int rc = fileio_wait(fd, POLLOUT, clock_deadline(ms));
	int error = 0;
	socklen_t len = sizeof error;

	if (rc < 0)
		return rc;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

/* The descriptor is non-blocking: the front waits with poll. */
static int
open_server(const struct filter_way *way, int *ret_fd, struct err *err)
{
	const struct sockaddr *addr = (const struct sockaddr *)&way->to;
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd = socket(addr->sa_family, type, 0), rc = 0;

	if (fd < 0)
		return err_sys(err, errno, "socket");
	if (connect(fd, addr, way->len) < 0)
		rc = errno == EINPROGRESS ? finish_connect(fd, way->connect_ms)
					  : -errno;
	if (rc < 0) {
		(void)close(fd); /* nothing was said on it */
		return err_sys(err, -rc, "connect");
	}
	*ret_fd = fd;
	return 1;
}

static int
open_command(struct filters *filters, int ret_fds[2], struct err *err)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int64_t deadline = clock_deadline(FILTER_CONNECT_MS);
	int rc = ipc_send(filters->runner, 0, slice_from(""), NULL, 0);

	if (rc == 0)
		rc = ipc_recv(filters->runner, &msg, deadline);
	if (rc == 1 && msg.nfds == 2) {
		ret_fds[0] = ipc_msg_take_fd(&msg, 0);
		ret_fds[1] = ipc_msg_take_fd(&msg, 1);
		ipc_msg_release(&msg);
		return 2;
	}
	ipc_msg_release(&msg);
	if (rc >= 0)
		return err_set(err, EPIPE, "spam_command could not be started");
	return err_sys(err, -rc, "spam_command");
}

int
filters_open(struct filters *filters, enum wire_filter which, int ret_fds[2],
    struct err *err)
{
	const struct filter_way *way = &filters->ways[which];

	if (way->len)
		return open_server(way, &ret_fds[0], err);
	if (which == WIRE_FILTER_SPAM && filters->runner >= 0)
		return open_command(filters, ret_fds, err);
	return err_set(err, ENOENT, "none was found when the connection began");
}
