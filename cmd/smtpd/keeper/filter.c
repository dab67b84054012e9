#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/mem.h"

#define NOBODY 65534     /* runs the command where mail has no single owner */
#define FILTER_GRACE_S 5 /* a command's life beyond spamd_timeout */

static int
find_unix(struct filter *filter, const char *path, struct err *err)
{
	struct sockaddr_un *addr = (struct sockaddr_un *)&filter->spamd;

	if (strlen(path) >= sizeof addr->sun_path)
		return err_set(err, ENAMETOOLONG, "%s", path);
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, strlen(path) + 1);
	filter->spamd_len = sizeof *addr;
	return 0;
}

/* host:port, [address]:port; the only look-up of a name, and only where the
 * setting has a name that is not an address or localhost. */
static int
find_tcp(struct filter *filter, const char *spamd, struct err *err)
{
	const char *colon = strrchr(spamd, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	struct slice host = slice_from(spamd);
	char *name;
	int rc;

	if (colon == NULL)
		return err_set(err, EINVAL, "%s has no port", spamd);
	host.len = (size_t)(colon - spamd);
	if (host.len > 1 && host.ptr[0] == '[' && colon[-1] == ']')
		host = slice_of(host.ptr + 1, host.len - 2);
	if (slice_is(host, "localhost"))
		host = slice_from("127.0.0.1");
	name = mem_strndup(host.ptr, host.len);
	rc = getaddrinfo(name, colon + 1, &hints, &found);
	free(name);
	if (rc != 0)
		return err_set(err, EINVAL, "%s: %s", spamd, gai_strerror(rc));
	memcpy(&filter->spamd, found->ai_addr, found->ai_addrlen);
	filter->spamd_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
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

static int
start_runner(
    struct filter *filter, const struct settings *settings, struct err *err)
{
	int ends[2], rc = ipc_pair(ends);
	pid_t pid;

	if (rc < 0)
		return err_sys(err, -rc, "socketpair");
	pid = fork();
	if (pid == 0)
		be_runner(settings, ends[1]);
	(void)close(ends[1]); /* the runner's */
	filter->runner = ends[0];
	return pid < 0 ? err_sys(err, errno, "fork") : 0;
}

int
filter_init(
    struct filter *filter, const struct settings *settings, struct err *err)
{
	*filter = (struct filter){ .runner = -1 };
	if (settings->spamd[0] == '/')
		return find_unix(filter, settings->spamd, err);
	if (settings->spamd[0])
		return find_tcp(filter, settings->spamd, err);
	if (settings->spam_command[0])
		return start_runner(filter, settings, err);
	return 0;
}

void
filter_release(struct filter *filter)
{
	fileio_close(&filter->runner);
}

/* Waits for a connect that is under way; 0 or -errno. */
static int
finish_connect(int fd)
{
	int rc = fileio_wait(fd, POLLOUT, clock_deadline(FILTER_CONNECT_MS));
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
open_spamd(struct filter *filter, int *ret_fd, struct err *err)
{
	const struct sockaddr *addr = (const struct sockaddr *)&filter->spamd;
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd = socket(addr->sa_family, type, 0), rc = 0;

	if (fd < 0)
		return err_sys(err, errno, "spamd: socket");
	if (connect(fd, addr, filter->spamd_len) < 0)
		rc = errno == EINPROGRESS ? finish_connect(fd) : -errno;
	if (rc < 0) {
		(void)close(fd); /* nothing was said on it */
		return err_sys(err, -rc, "spamd: connect");
	}
	*ret_fd = fd;
	return 1;
}

static int
open_command(struct filter *filter, int ret_fds[2], struct err *err)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int64_t deadline = clock_deadline(FILTER_CONNECT_MS);
	int rc = ipc_send(filter->runner, 0, slice_from(""), NULL, 0);

	if (rc == 0)
		rc = ipc_recv(filter->runner, &msg, deadline);
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
filter_open(struct filter *filter, int ret_fds[2], struct err *err)
{
	if (filter->spamd_len)
		return open_spamd(filter, &ret_fds[0], err);
	if (filter->runner >= 0)
		return open_command(filter, ret_fds, err);
	return err_set(err, ENOENT, "none was found when the connection began");
}
