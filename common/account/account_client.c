#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/account/account_client_own.h"
#include "common/account/account_spawn.h"
#include "common/account/wire.h"
#include "common/base/clock.h"
#include "common/base/mem.h"

/* Octets of one addition in a request. */
#define ADD_OCTETS_MAX (ACCOUNT_NAME_MAX + 20)

/* ---- connecting ---- */

static int
connect_socket(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof to.sun_path)
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	rc = -errno;
	(void)close(fd); /* nothing was written */
	return rc;
}

/* How long the kernel waits for an answer, which saves a poll for each. */
static void
set_patience(struct account_client *client)
{
	const struct timeval time = { client->timeout_ms / 1000,
		client->timeout_ms % 1000 * 1000 };

	client->patient = setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &time,
			      sizeof time) == 0;
}

static int
start_program(
    struct account_client *client, const struct account_client_config *config)
{
	int ends[2];
	int rc = ipc_pair(ends);

	if (rc < 0)
		return rc;
	rc = account_spawn(config, ends[1], &client->child);
	(void)close(ends[1]); /* the child has its own */
	if (rc < 0) {
		(void)close(ends[0]);
		client->child = 0;
		return rc;
	}
	client->fd = ends[0];
	set_patience(client);
	return 0;
}

static int
connect_client(struct account_client *client)
{
	int fd = client->socket[0] ? connect_socket(client->socket) : -ENOENT;

	if (fd < 0)
		return fd;
	client->fd = fd;
	set_patience(client);
	return 0;
}

/* Is nobody there, so that a program of our own may answer? */
static bool
is_nobody(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ECONNREFUSED;
}

int
account_client_open(const struct account_client_config *config,
    struct account_client **ret_client, struct err *err)
{
	struct account_client *client = mem_zalloc(1, sizeof *client);
	const char *what = config->socket;
	int rc;

	client->socket = mem_strdup(config->socket);
	client->timeout_ms = config->timeout_ms;
	client->fd = -1;
	client->answer = (struct ipc_msg)IPC_MSG_INIT;
	rc = connect_client(client);
	client->by_socket = rc == 0 || config->program == NULL;
	if (is_nobody(rc) && client->by_socket) {
		rc = 0; /* whoever asks is told, and logs it */
	} else if (is_nobody(rc)) {
		what = config->program;
		rc = start_program(client, config);
	}
	if (rc < 0) {
		account_client_free(client);
		return err_sys(err, -rc, "%s", what);
	}
	*ret_client = client;
	return 0;
}

void
account_client_disconnect(struct account_client *client)
{
	if (client->fd >= 0)
		(void)close(client->fd); /* the service sees the end */
	client->fd = -1;
	client->lost += client->waiting;
	client->waiting = client->adds = 0;
}

void
account_client_free(struct account_client *client)
{
	if (client == NULL)
		return;
	account_quota_flush(client);
	account_client_disconnect(client);
	if (client->child > 0)
		(void)waitpid(client->child, NULL, WNOHANG); /* init's then */
	str_wipe(&client->body);
	str_release(&client->gather);
	ipc_msg_release(&client->answer);
	free(client->socket);
	free(client);
}

/* ---- one request ---- */

int
account_client_receive(struct account_client *client, int64_t deadline,
    struct wire_head *ret_head, struct ipc_reader *ret_in)
{
	bool at_once = deadline == CLOCK_PAST;
	int rc;

	do {
		rc = ipc_recv(client->fd, &client->answer,
		    client->patient && !at_once ? CLOCK_NEVER : deadline);
		if (rc == 1 && client->answer.type == WIRE_END)
			client->ended = true; /* told before the answer */
	} while (rc == 1 && client->answer.type == WIRE_END);
	if (rc == 0)
		return -EPIPE;
	if (rc == -EAGAIN)
		return -ETIMEDOUT;
	if (rc < 0)
		return rc;
	*ret_in = (struct ipc_reader){ str_slice(&client->answer.body), false };
	if (client->answer.type != WIRE_ANSWER ||
	    !wire_get_head(ret_in, ret_head))
		return -EPROTO;
	return 0;
}

/* Collects the answers of quota additions; what they say the service logs. */
static int
collect_adds(struct account_client *client, int64_t deadline)
{
	struct wire_head head;
	struct ipc_reader in;
	int rc = 0;

	while (rc == 0 && client->adds > 0) {
		rc = account_client_receive(client, deadline, &head, &in);
		if (rc == 0)
			client->adds--;
	}
	if (rc == 0)
		client->waiting = 0;
	return rc;
}

static int
exchange(struct account_client *client, enum wire_type type, int64_t deadline,
    struct wire_head *ret_head, struct ipc_reader *ret_in)
{
	int rc = collect_adds(client, deadline);

	if (rc == 0)
		rc = wire_send(client->fd, (uint16_t)type,
		    str_slice(&client->body), deadline);
	if (rc == 0)
		rc = account_client_receive(client, deadline, ret_head, ret_in);
	return rc;
}

/* A bound client belongs to a confined session, which cannot connect. */
static bool
may_reconnect(const struct account_client *client, int rc)
{
	return client->by_socket && !client->bound &&
	       (rc == -EPIPE || rc == -ECONNRESET || rc == -EBADF);
}

enum account_outcome
account_client_ask(struct account_client *client, enum wire_type type,
    struct wire_head *ret_head, struct ipc_reader *ret_in, struct err *err)
{
	int64_t deadline = clock_deadline(client->timeout_ms);
	int rc = client->fd < 0
		     ? -EBADF
		     : exchange(client, type, deadline, ret_head, ret_in);

	if (rc < 0 && may_reconnect(client, rc)) {
		account_client_disconnect(client);
		rc = connect_client(client);
		if (rc == 0)
			rc = exchange(client, type, deadline, ret_head, ret_in);
	}
	client->slow = rc == -ETIMEDOUT;
	explicit_bzero(client->body.ptr, client->body.len);
	if (rc != 0) {
		account_client_disconnect(client);
		(void)err_sys(err, -rc, "account service%s%s", /* TEMPFAIL */
		    client->by_socket ? " " : "",
		    client->by_socket ? client->socket : "");
		return ACCOUNT_TEMPFAIL;
	}
	if (ret_head->outcome == ACCOUNT_TEMPFAIL)
		(void)err_set(err, EAGAIN, "%.*s", SLICE_FMT(ret_head->text));
	return ret_head->outcome;
}

struct str *
account_client_body(struct account_client *client)
{
	str_clear(&client->body);
	wire_put_trace(&client->body, log_trace());
	return &client->body;
}

enum account_outcome
account_client_broken(struct account_client *client, struct err *err)
{
	account_client_disconnect(client);
	(void)err_set(err, EPROTO, "account service: no sense in its answer");
	return ACCOUNT_TEMPFAIL;
}

/* ---- the requests ---- */

static bool
add_targets(struct account_targets *targets, size_t *cap,
    const struct wire_head *head, struct ipc_reader *in)
{
	uint32_t i;

	for (i = 0; i < head->count; i++) {
		if (targets->count == ACCOUNT_TARGETS_MAX)
			return false;
		targets->list = mem_grow(targets->list, cap, targets->count + 1,
		    sizeof *targets->list);
		if (!wire_get_target(in, &targets->list[targets->count]))
			return false;
		targets->count++;
	}
	return ipc_reader_done(in);
}

static bool
collect_targets(struct account_client *client, struct wire_head *head,
    struct ipc_reader *in, struct account_targets *targets)
{
	int64_t deadline = clock_deadline(client->timeout_ms);
	size_t cap = 0;

	while (add_targets(targets, &cap, head, in)) {
		if (!head->more)
			return targets->count > 0;
		if (head->count == 0 ||
		    account_client_receive(client, deadline, head, in) < 0)
			return false;
	}
	return false;
}

enum account_outcome
account_resolve(struct account_client *client, struct slice address,
    struct account_targets *ret_targets, struct err *err)
{
	struct account_targets targets = { NULL, 0 };
	enum account_outcome outcome;
	struct wire_head head;
	struct ipc_reader in;

	if (address.len > ACCOUNT_NAME_MAX)
		return ACCOUNT_UNKNOWN;
	(void)account_client_body(client);
	ipc_put_text(&client->body, address);
	outcome = account_client_ask(client, WIRE_RESOLVE, &head, &in, err);
	if (outcome != ACCOUNT_FOUND)
		return outcome;
	if (!collect_targets(client, &head, &in, &targets)) {
		account_targets_release(&targets);
		return account_client_broken(client, err);
	}
	*ret_targets = targets;
	return outcome;
}

enum account_outcome
account_lookup(struct account_client *client, struct slice name,
    struct account_user *ret_user, struct err *err)
{
	if (name.len > ACCOUNT_NAME_MAX)
		return ACCOUNT_UNKNOWN;
	(void)account_client_body(client);
	ipc_put_text(&client->body, name);
	return account_client_ask_user(client, WIRE_LOOKUP, ret_user, err);
}

enum account_outcome
account_spam_prefs(struct account_client *client, const char *name,
    struct account_spam_prefs *ret_prefs, struct err *err)
{
	enum account_outcome outcome;
	struct wire_head head;
	struct ipc_reader in;

	(void)account_client_body(client);
	ipc_put_text(
	    &client->body, slice_head(slice_from(name), ACCOUNT_NAME_MAX));
	outcome = account_client_ask(client, WIRE_SPAM_PREFS, &head, &in, err);
	if (outcome != ACCOUNT_FOUND)
		return outcome;
	if (head.more || !wire_get_spam_prefs(&in, ret_prefs) ||
	    !ipc_reader_done(&in))
		return account_client_broken(client, err);
	return outcome;
}

static int64_t
clamp(int64_t value, int64_t max)
{
	if (value > max)
		return max;
	return value < -max ? -max : value;
}

/* A service that does not answer is waited for once and not for each addition:
 * somebody waits for his 250 meanwhile. */
static void
give_up(struct account_client *client, int rc)
{
	account_client_disconnect(client);
	client->slow = rc == -ETIMEDOUT;
}

/* Sends what was gathered. */
static void
send_adds(struct account_client *client)
{
	int64_t deadline = clock_deadline(client->timeout_ms);
	unsigned int count = client->count;
	int rc;

	if (client->adds == WIRE_ADDS_MAX)
		account_quota_flush(client);
	if (client->fd < 0 && !client->slow && may_reconnect(client, -EBADF))
		(void)connect_client(client); /* fd says it */
	client->count = 0;
	rc = client->fd < 0 ? -EBADF
			    : wire_send(client->fd, WIRE_QUOTA_ADD,
				  str_slice(&client->gather), deadline);
	str_clear(&client->gather);
	if (rc < 0) {
		client->lost += count;
		if (client->fd >= 0)
			give_up(client, rc);
		return;
	}
	client->waiting += count;
	client->adds++;
}

void
account_quota_add(struct account_client *client, const char *name,
    int64_t octets, int64_t messages)
{
	if (client->count == 0)
		wire_put_trace(&client->gather, log_trace());
	ipc_put_text(
	    &client->gather, slice_head(slice_from(name), ACCOUNT_NAME_MAX));
	octets = clamp(octets, WIRE_OCTETS_MAX);
	messages = clamp(messages, WIRE_MESSAGES_MAX);
	ipc_put_u64(&client->gather, (uint64_t)octets);
	ipc_put_u64(&client->gather, (uint64_t)messages);
	client->count++;
	if (!client->gathers || client->count == WIRE_ADDS_MAX ||
	    client->gather.len > WIRE_ADDS_BODY - ADD_OCTETS_MAX)
		send_adds(client);
}

void
account_quota_gather(struct account_client *client, bool yes)
{
	client->gathers = yes;
	if (!yes && client->count)
		send_adds(client);
}

void
account_quota_flush(struct account_client *client)
{
	int64_t deadline = clock_deadline(client->timeout_ms);
	int rc = client->fd < 0 ? 0 : collect_adds(client, deadline);

	if (rc < 0)
		give_up(client, rc);
}

uint64_t
account_quota_lost(const struct account_client *client)
{
	return client->lost;
}
