/* A service that does what it is told and says how it went: a client's view
 * from inside a front and a session.  Tests of the confinement are run with it
 * (test_confinement.py); it is never installed. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/svc/service.h"

#define LINE_MAX_PROBE 4096

enum { REQUEST_ECHO = REQUEST_OWN, REQUEST_TWICE };

/* What a probe line is run with. */
struct probe {
	struct stream *client;
	struct front *front; /* NULL in the session */
	bool over;
};

typedef int probe_run(struct probe *probe, const char *argument);

static int
result(long rc)
{
	return rc < 0 ? -errno : 0;
}

static int
run_open(struct probe *probe, const char *path)
{
	(void)probe;
	return result(open(path, O_RDONLY | O_CLOEXEC));
}

static int
run_write(struct probe *probe, const char *path)
{
	(void)probe;
	return result(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int
run_unlink(struct probe *probe, const char *path)
{
	(void)probe;
	return result(unlink(path));
}

static int
run_socket(struct probe *probe, const char *family)
{
	(void)probe;
	return result(socket(atoi(family), SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
run_exec(struct probe *probe, const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL };

	(void)probe;
	return result(execv(path, argv));
}

static int
run_fork(struct probe *probe, const char *argument)
{
	pid_t pid = fork();

	(void)probe;
	(void)argument;
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int
run_ptrace(struct probe *probe, const char *pid)
{
	(void)probe;
	return result(ptrace(PTRACE_ATTACH, (pid_t)atoi(pid), NULL, NULL));
}

static int
run_kill(struct probe *probe, const char *pid)
{
	(void)probe;
	return result(kill((pid_t)atoi(pid), 0));
}

/* By path, as Landlock does not judge it. */
static int
run_chmod(struct probe *probe, const char *path)
{
	(void)probe;
	return result(chmod(path, 0));
}

static int
run_utime(struct probe *probe, const char *path)
{
	(void)probe;
	return result(utimensat(AT_FDCWD, path, NULL, 0));
}

/* Another process's limit: its end, in other words. */
static int
run_limit(struct probe *probe, const char *pid)
{
	const struct rlimit none = { 0, 0 };

	(void)probe;
	return result(prlimit((pid_t)atoi(pid), RLIMIT_NOFILE, &none, NULL));
}

static int
run_tgkill(struct probe *probe, const char *pid)
{
	(void)probe;
	return result(tgkill((pid_t)atoi(pid), (pid_t)atoi(pid), SIGKILL));
}

static int
run_linger(struct probe *probe, const char *argument)
{
	const struct linger linger = { 1, 30000 };

	(void)probe;
	(void)argument;
	return result(setsockopt(
	    STDOUT_FILENO, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

/* To an address, by a socket that is connected to another. */
static int
run_sendto(struct probe *probe, const char *argument)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	(void)probe;
	(void)argument;
	return result(sendto(STDOUT_FILENO, "", 0, MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, sizeof to));
}

/* The same by way of a struct that no filter can look into. */
static int
run_sendmsg(struct probe *probe, const char *argument)
{
	const struct msghdr head = { .msg_iovlen = 0 };

	(void)probe;
	(void)argument;
	return result(sendmsg(STDOUT_FILENO, &head, MSG_NOSIGNAL));
}

static int
run_pid(struct probe *probe, const char *argument)
{
	(void)argument;
	stream_printf(
	    probe->client, "pid %d uid %d\r\n", (int)getpid(), (int)getuid());
	return 0;
}

static int
run_starttls(struct probe *probe, const char *argument)
{
	struct err err = { 0, "" };
	int rc;

	(void)argument;
	if (probe->front == NULL)
		return -ENOSYS;
	rc = front_starttls(probe->front, slice_from(""), &err);
	probe->over = rc == 0;
	return rc;
}

/* "login NAME PASSWORD" */
static int
run_login(struct probe *probe, const char *argument)
{
	struct slice rest = slice_from(argument), name = { "", 0 };
	struct err err = { 0, "" };
	enum login_result got;

	if (probe->front == NULL || !slice_next(&rest, ' ', &name))
		return -ENOSYS;
	got = front_login(probe->front, name, rest, &err);
	if (got == LOGIN_OK)
		front_become_session(probe->front, slice_from("hello"));
	stream_printf(probe->client, "login %d %s\r\n", got, err.text);
	return -EACCES;
}

/* "send TYPE OCTETS": a raw message to the keeper, without waiting. */
static int
run_send(struct probe *probe, const char *argument)
{
	char *end;
	unsigned long type = strtoul(argument, &end, 10);

	if (probe->front == NULL)
		return -ENOSYS;
	return ipc_send(
	    probe->front->keeper, (uint16_t)type, slice_from(end), NULL, 0);
}

/* "ask TYPE": a request of our own and its answer. */
static int
run_ask(struct probe *probe, const char *argument)
{
	struct ipc_msg reply = IPC_MSG_INIT;
	int rc;

	if (probe->front == NULL)
		return -ENOSYS;
	rc = front_ask(probe->front, (uint16_t)atoi(argument),
	    slice_from("twelve octet"), &reply);
	ipc_msg_release(&reply);
	return rc;
}

/* So many octets to a client that may not read them. */
static int
run_flood(struct probe *probe, const char *count)
{
	long left = atol(count);
	char line[1024];

	memset(line, 'x', sizeof line);
	for (; left > 0; left -= (long)sizeof line)
		stream_write(probe->client, slice_of(line, sizeof line));
	return 0;
}

static int
run_die(struct probe *probe, const char *argument)
{
	(void)probe;
	(void)argument;
	_exit(9);
}

static int
run_quit(struct probe *probe, const char *argument)
{
	(void)argument;
	probe->over = true;
	return 0;
}

static const struct {
	const char *name;
	probe_run *run;
} verbs[] = {
	{ "open", run_open },
	{ "write", run_write },
	{ "unlink", run_unlink },
	{ "socket", run_socket },
	{ "exec", run_exec },
	{ "fork", run_fork },
	{ "ptrace", run_ptrace },
	{ "kill", run_kill },
	{ "chmod", run_chmod },
	{ "utime", run_utime },
	{ "limit", run_limit },
	{ "tgkill", run_tgkill },
	{ "linger", run_linger },
	{ "sendto", run_sendto },
	{ "sendmsg", run_sendmsg },
	{ "pid", run_pid },
	{ "starttls", run_starttls },
	{ "login", run_login },
	{ "send", run_send },
	{ "ask", run_ask },
	{ "flood", run_flood },
	{ "die", run_die },
	{ "quit", run_quit },
};

static void
run_line(struct probe *probe, struct slice line)
{
	char text[LINE_MAX_PROBE + 1];
	char *argument;
	size_t i;
	int rc = -ENOSYS;

	while (line.len && (unsigned char)line.ptr[line.len - 1] <= ' ')
		line.len--;
	memcpy(text, line.ptr, line.len);
	text[line.len] = '\0';
	argument = strchr(text, ' ');
	if (argument)
		*argument++ = '\0';
	for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(text, verbs[i].name) == 0)
			rc = verbs[i].run(probe, argument ? argument : "");
	stream_printf(
	    probe->client, "%s\r\n", rc == 0 ? "ok" : strerrorname_np(-rc));
}

static void
run_lines(struct probe *probe)
{
	struct slice line;

	while (!probe->over &&
	       stream_read_line(probe->client, LINE_MAX_PROBE, &line) == 1)
		run_line(probe, line);
}

static void
probe_front(struct front *front)
{
	struct probe probe = { front->client, front, false };

	stream_set_deadline(front->client, front->login_ends);
	stream_printf(front->client, "front %s tls=%d %s\r\n", front->profile,
	    front->tls, front->tls_text);
	run_lines(&probe);
}

static void
probe_session(struct session *session)
{
	struct probe probe = { session->client, NULL, false };

	stream_printf(session->client, "session %s %.*s %s\r\n",
	    session->user->name, SLICE_FMT(session->argument),
	    session->mail_path);
	account_quota_add(session->account, session->user->name, 10, 1);
	run_lines(&probe);
}

static int
handle_echo(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	return keeper_reply(ctx, msg->type, args->rest, NULL, 0);
}

static const struct request requests[] = {
	{ REQUEST_ECHO, "echo", KEEPER_STRANGER, 12, REQUEST_UNLIMITED,
	    handle_echo },
	{ REQUEST_TWICE, "twice", KEEPER_STRANGER, 12, 2, handle_echo },
	{ 0, NULL, 0, 0, 0, NULL },
};

int
main(int argc, char **argv)
{
	static const char *const profiles[] = { "plain", "tls", NULL };
	static const struct service service = {
		.name = "imap",
		.program = "njiwa-probe",
		.profiles = profiles,
		.tls_profiles = profiles + 1,
		.front = probe_front,
		.session = probe_session,
		.requests = requests,
	};

	return service_main(&service, argc, argv);
}
