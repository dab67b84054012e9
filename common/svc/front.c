#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/svc/proxied.h"
#include "common/svc/connection.h"
#include "common/svc/identity.h"
#include "common/svc/signer.h"

#define FRONT_ID 65534 /* nobody: owns nothing, and least of all mail */

/* A front's log goes to its keeper; ctx is the pair. */
static void
log_sink_keeper(void *ctx, const struct log_event *event)
{
	STR_AUTO body = STR_INIT;
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < event->nfields; i++)
		n += event->fields[i].value != NULL;
	ipc_put_u32(&body, event->level);
	ipc_put_text(&body, slice_from(event->text));
	ipc_put_u32(&body, n);
	for (i = 0; i < event->nfields; i++) {
		const struct log_field *field = &event->fields[i];

		if (field->value == NULL)
			continue; /* left out */
		ipc_put_text(&body, slice_from(field->name));
		ipc_put_text(&body, slice_from(field->value));
	}
	/* a keeper that is gone ends us at the next request */
	(void)ipc_send(
	    (int)(intptr_t)ctx, REQUEST_LOG, str_slice(&body), NULL, 0);
}

/* A sanitizer's report of a front, which nobody else would tell of, goes to
 * where the programs' log is. */
static void
leave_stderr(void)
{
#ifndef NJIWA_SANITIZED
	int null = open("/dev/null", O_RDWR | O_CLOEXEC); /* closed below */

	if (null >= 0)
		(void)dup2(null, STDERR_FILENO); /* else it stays the log */
#endif
}

/* Everything that is not the client's, the keeper's or the signer's goes. */
static int
front_confine(const struct connection *c, int pair, int signer)
{
	const int keep[] = { pair, signer };
	const struct sandbox box = { .role = SANDBOX_FRONT };
	struct err err = { 0, "" };
	int rc;

	leave_stderr();
	fileio_close_others(keep, sizeof keep / sizeof keep[0]);
	rc = identity_take(FRONT_ID, FRONT_ID);
	if (rc < 0)
		(void)err_sys(&err, -rc, "become nobody"); /* told below */
	else
		rc = sandbox_enter(&box, c->sandbox, &err);
	if (rc < 0)
		log_error("the front cannot be confined: %s", err.text);
	return rc < 0 ? rc : 0;
}

static int
wait_for_go(int pair)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc = ipc_recv(pair, &msg, CLOCK_NEVER);

	rc = rc == 1 && msg.type == REQUEST_GO ? 0 : -EPROTO;
	ipc_msg_release(&msg);
	return rc;
}

/* Whose handshake failed, as nothing else may be said of that connection. */
static void
log_handshake(const struct front *front, const char *why)
{
	const struct log_field fields[] = {
		{ "service", front->profile },
		{ "client", front->peer->address },
		{ "why", why },
	};

	log_event(
	    LOG_LEVEL_INFO, "no TLS", fields, sizeof fields / sizeof fields[0]);
}

/* Takes the handshake; 0, or -errno when the connection is over. */
static int
front_handshake(
    struct front *front, struct front_tls *tls, char text[TLS_TEXT_MAX])
{
	int64_t deadline =
	    clock_deadline(front->settings->tls_handshake_timeout);
	struct err err;

	if (wait_for_go(front->keeper) < 0)
		return -EPROTO;
	tls->driver->server_set_sign(tls->server, signer_ask, &tls->signer);
	if (tls_accept(front->client, tls->server, deadline, text, &err) < 0) {
		log_handshake(front, err.text);
		return -EPROTO;
	}
	(void)close(tls->signer); /* which ends the signer */
	(void)malloc_trim(0);     /* most of what a handshake takes is over */
	return 0;
}

/* What comes before the conversation. */
static int
front_begin(struct front *front, struct front_tls *tls, char text[TLS_TEXT_MAX])
{
	int rc = front->proxied ? front_take_proxy(front) : 0;

	if (rc == 0 && tls)
		rc = front_handshake(front, tls, text);
	return rc;
}

/* The conversation, once confined. */
static void
front_talk(struct connection *c, int pair, struct front_tls *tls, bool resumed)
{
	char text[TLS_TEXT_MAX] = "";
	struct front front = {
		.settings = &c->settings,
		.peer = &c->peer,
		.client = stream_new(STDIN_FILENO, STDOUT_FILENO),
		.profile = c->profile,
		.trace = c->trace,
		.tls = tls != NULL,
		.tls_text = text,
		.tls_offered = tls == NULL && c->cert >= 0 && c->key >= 0,
		.resumed = resumed,
		.turned_away = c->turned_away,
		.proxied = c->proxied && !resumed,
		.xclient = c->xclient,
		.carried = str_slice(&c->carry),
		.keeper = pair,
		.login_ends = c->login_ends,
	};

	stream_set_guard(front.client, pair);
	if (front_begin(&front, tls, text) == 0) {
		c->service->front(&front);
		(void)stream_flush(front.client); /* the client may be gone */
	}
	stream_free(front.client);
}

_Noreturn void
front_main(struct connection *c, int pair, struct front_tls *tls, bool resumed)
{
	/* the keeper tells us when to end; it cannot fail */
	(void)signal(SIGTERM, SIG_IGN);
	log_to(log_sink_keeper, (void *)(intptr_t)pair);
	if (front_confine(c, pair, tls ? tls->signer : -1) == 0)
		front_talk(c, pair, tls, resumed);
	_exit(EXIT_SUCCESS); /* nothing is left to be written */
}

int
front_start(struct connection *c, struct err *err)
{
	int ends[2], rc = ipc_pair(ends);
	pid_t pid;

	if (rc < 0)
		return err_sys(err, -rc, "socketpair");
	pid = fork();
	if (pid == 0)
		front_main(c, ends[1], NULL, false);
	(void)close(ends[1]); /* the front's */
	if (pid < 0) {
		rc = err_sys(err, errno, "fork");
		(void)close(ends[0]); /* nobody is at its other end */
		return rc;
	}
	return ends[0];
}

/* ---- what a front may ask ---- */

int
front_ask(struct front *front, uint16_t type, struct slice body,
    struct ipc_msg *reply)
{
	int rc = ipc_send(front->keeper, type, body, NULL, 0);

	if (rc < 0 || reply == NULL)
		return rc;
	do {
		rc = ipc_recv(front->keeper, reply, CLOCK_NEVER);
		front->ending |= rc == 1 && reply->type == REQUEST_END;
	} while (rc == 1 && reply->type == REQUEST_END);
	if (rc == 1 && reply->type == type)
		return 0;
	return rc < 0 ? rc : -EPIPE;
}

bool
front_is_ending(struct front *front)
{
	struct ipc_msg msg = IPC_MSG_INIT;

	while (ipc_recv(front->keeper, &msg, clock_ms()) == 1)
		front->ending |= msg.type == REQUEST_END;
	ipc_msg_release(&msg);
	return front->ending;
}

int
front_ask_result(
    struct front *front, uint16_t type, struct slice body, struct err *err)
{
	struct ipc_msg reply = IPC_MSG_INIT;
	struct ipc_reader in;
	struct slice text;
	int rc = front_ask(front, type, body, &reply);

	if (rc < 0)
		return err_set(err, -rc, "the keeper is gone");
	in = (struct ipc_reader){ str_slice(&reply.body), false };
	rc = (int)ipc_get_u32(&in);
	text = ipc_get_text(&in, ERR_TEXT_MAX);
	(void)err_set(err, 0, "%.*s", SLICE_FMT(text)); /* rc is the result */
	ipc_msg_release(&reply);
	return rc;
}

int
front_starttls(struct front *front, struct slice carry, struct err *err)
{
	STR_AUTO body = STR_INIT;
	int rc;

	ipc_put_text(&body, carry);
	rc = front_ask_result(front, REQUEST_STARTTLS, str_slice(&body), err);
	return rc > 0 ? -rc : rc;
}

enum login_result
front_login(struct front *front, struct slice name, struct slice password,
    struct err *err)
{
	struct str body = STR_INIT;
	int rc;

	/* what cannot be right is asked for all the same, as nobody: the time
	 * and the count of tries are the keeper's */
	if (name.len > ACCOUNT_NAME_MAX || password.len > ACCOUNT_PASSWORD_MAX)
		name = password = slice_from("");
	ipc_put_text(&body, name);
	ipc_put_text(&body, password);
	rc = front_ask_result(front, REQUEST_LOGIN, str_slice(&body), err);
	str_wipe(&body);
	return rc < 0 ? LOGIN_TEMPFAIL : (enum login_result)rc;
}

bool
front_may_login(const struct front *front)
{
	const char *plain = front->settings->login_plaintext;

	if (front->tls || strcmp(plain, "no") != 0)
		return front->tls || strcmp(plain, "yes") == 0;
	return front->peer->is_pipe || peer_is_loopback(front->peer);
}

_Noreturn void
front_become_session(struct front *front, struct slice argument)
{
	struct ipc_msg reply = IPC_MSG_INIT;
	struct slice input = stream_input(front->client);
	struct str body = STR_INIT;
	int fd;

	ipc_put_u32(&body, front->tls);
	ipc_put_text(&body, front->tls ? slice_from("") : input);
	ipc_put_text(&body, argument);
	if (stream_flush(front->client) == 0 &&
	    front_ask(front, REQUEST_SESSION, str_slice(&body), &reply) == 0) {
		fd = ipc_msg_take_fd(&reply, 0);
		stream_set_guard(front->client, -1); /* the keeper hangs up */
		str_wipe(&body);
		ipc_msg_release(&reply);
		if (front->tls && fd >= 0)
			stream_pump(front->client, fd);
		if (front->tls)
			stream_free(front->client); /* says close_notify */
	}
	_exit(EXIT_SUCCESS); /* the session has the client now */
}
