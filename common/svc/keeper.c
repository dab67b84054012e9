#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/account/wire.h"
#include "common/base/clock.h"
#include "common/base/driver.h"
#include "common/base/fileio.h"
#include "common/proto/milter_list.h"
#include "common/svc/crash.h"
#include "common/svc/signer.h"
#include "common/svc/proxied.h"
#include "common/svc/identity.h"

#define LOG_NAME_MAX 32 /* octets of a field's name */

int
keeper_reply_result(
    struct connection *c, uint16_t type, uint32_t result, struct slice text)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, result);
	ipc_put_text(&body, text);
	return keeper_reply(&c->keeper, type, str_slice(&body), NULL, 0);
}

int
keeper_reply(struct keeper *keeper, uint16_t type, struct slice body,
    const int *fds, size_t nfds)
{
	/* it asks and then listens: one that does not is not itself */
	return ipc_send_at_once(keeper->front, type, body, fds, nfds);
}

/* ---- the log of a front, which has no file of its own ---- */

static int
handle_log(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct log_field fields[LOG_FIELDS_MAX];
	char texts[LOG_LINE_MAX * 2];
	uint32_t level = ipc_get_u32(args), n, i;
	struct slice text = ipc_get_text(args, LOG_LINE_MAX);
	char line[LOG_LINE_MAX + 1];
	size_t used = 0;

	(void)ctx;
	(void)msg;
	n = ipc_get_u32(args);
	if (level > LOG_LEVEL_DEBUG || n > LOG_FIELDS_MAX)
		return -EPROTO;
	for (i = 0; i < n; i++) {
		struct slice name = ipc_get_text(args, LOG_NAME_MAX);
		struct slice value = ipc_get_text(args, LOG_LINE_MAX);

		if (used + name.len + value.len + 2 > sizeof texts)
			break;
		fields[i].name = memcpy(texts + used, name.ptr, name.len);
		texts[used + name.len] = '\0';
		used += name.len + 1;
		fields[i].value = memcpy(texts + used, value.ptr, value.len);
		texts[used + value.len] = '\0';
		used += value.len + 1;
	}
	if (args->bad)
		return -EPROTO;
	memcpy(line, text.ptr, text.len);
	line[text.len] = '\0';
	log_event((enum log_level)level, line, fields, i);
	return 0;
}

/* ---- STARTTLS ---- */

static int
handle_starttls(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct connection *c = ctx;
	struct slice carry = ipc_get_text(args, FRONT_CARRY_MAX);
	struct err err = { 0, "" };
	int rc = -ENOENT;

	(void)msg;
	if (!ipc_reader_done(args) || c->tls || c->next_front >= 0)
		return -EPROTO;
	str_set(&c->carry, carry);
	if (c->cert >= 0 && c->key >= 0)
		rc = signer_start(c, true, &err);
	if (rc < 0) {
		log_error("TLS is not to be had: %s (settings tls_key, "
			  "tls_cert, tls_key_password)",
		    err.text);
		return keeper_reply_result(c, REQUEST_STARTTLS, (uint32_t)-rc,
		    slice_from("TLS is not available now"));
	}
	c->next_front = rc;
	return keeper_reply_result(c, REQUEST_STARTTLS, 0, slice_from(""));
}

/* ---- from keeper to session ---- */

static int
handle_session(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct connection *c = ctx;
	bool tls = ipc_get_u32(args) != 0;
	struct slice input = ipc_get_text(args, HANDOVER_INPUT_MAX);
	struct slice argument = ipc_get_text(args, HANDOVER_ARGUMENT_MAX);
	int ends[2] = { -1, -1 };
	int rc;

	(void)msg;
	if (!ipc_reader_done(args) || c->service->session == NULL ||
	    tls != c->tls)
		return -EPROTO;
	rc = tls ? ipc_stream_pair(ends) : 0;
	if (rc < 0)
		return rc;
	rc = keeper_reply(
	    &c->keeper, REQUEST_SESSION, slice_from(""), &ends[1], tls ? 1 : 0);
	if (tls)
		(void)close(ends[1]); /* the front's now */
	str_set(&c->input, input);
	str_set(&c->argument, argument);
	c->session_fd = ends[0];
	c->session = rc == 0;
	return rc;
}

/* ---- the table and the loop ---- */

#define XCLIENT_TIMES 8 /* attributes may come in several */
#define ANYBODY (KEEPER_STRANGER | KEEPER_LOGGED_IN)
#define LOG_BODY_MAX (LOG_LINE_MAX * 4)
#define LOGIN_BODY_MAX (ACCOUNT_NAME_MAX + ACCOUNT_PASSWORD_MAX + 16)
#define SCRAM_BODY_MAX (WIRE_SCRAM_MAX + 2 * WIRE_BINDING_MAX + 32)

/* TRUST.md says what each of them gives to a front that is not itself. */
/* clang-format off */
static const struct request common_requests[] = {
	/* type            name        allowed           octets           times */
	{ REQUEST_LOG,      "log",      ANYBODY | KEEPER_PROXIED, LOG_BODY_MAX,
	    REQUEST_UNLIMITED, handle_log },
	{ REQUEST_STARTTLS, "starttls", KEEPER_STRANGER,  FRONT_CARRY_MAX + 4,
	    4, handle_starttls },
	{ REQUEST_LOGIN,    "login",    KEEPER_STRANGER,  LOGIN_BODY_MAX,
	    REQUEST_UNLIMITED, keeper_login },
	{ REQUEST_SCRAM,    "scram",    KEEPER_STRANGER,  SCRAM_BODY_MAX,
	    REQUEST_UNLIMITED, keeper_scram },
	{ REQUEST_SESSION,  "session",  KEEPER_LOGGED_IN, IPC_BODY_MAX,
	    1, handle_session },
	{ REQUEST_PEER,     "peer",     KEEPER_PROXIED,   PEER_BODY_MAX,
	    1, handle_peer },
	{ REQUEST_XCLIENT,  "xclient",  KEEPER_STRANGER,  PEER_BODY_MAX,
	    XCLIENT_TIMES, handle_xclient },
};
/* clang-format on */

struct counts {
	struct request_counts common;
	struct request_counts own;
};

static size_t
table_length(const struct request *table)
{
	size_t n = 0;

	while (table && table[n].handler)
		n++;
	return n;
}

static int
dispatch(struct connection *c, struct counts *counts, struct ipc_msg *msg)
{
	const struct service *service = c->service;
	const struct request *row = NULL;
	int rc;

	if (msg->type >= REQUEST_OWN)
		rc = request_dispatch(service->requests,
		    table_length(service->requests), &counts->own,
		    c->keeper.state, msg, &c->keeper, &row);
	else
		rc = request_dispatch(common_requests,
		    sizeof common_requests / sizeof common_requests[0],
		    &counts->common, c->keeper.state, msg, c, &row);
	if (rc == -EPROTO)
		log_error("the front broke the rules with request %u (%s): "
			  "connection closed",
		    msg->type, row ? row->name : "unknown");
	return rc;
}

/* Takes the client away from a front that is not itself any more. */
static void
cut_off(void)
{
	/* a pipe cannot be cut: its front ends at the next request */
	(void)shutdown(STDIN_FILENO, SHUT_RDWR);
	(void)shutdown(STDOUT_FILENO, SHUT_RDWR);
}

#define FRONT_MARGIN_MS                                                        \
	30000 /* for a front to end by itself when its time is */

/* Until when a front may be silent.  The time of a conversation is the front's
 * own; but before a login, where that has an end, one that is not itself any
 * more must not stay. */
static int64_t
patience(const struct connection *c)
{
	if (c->service->session == NULL)
		return CLOCK_NEVER;
	return c->login_ends + FRONT_MARGIN_MS;
}

void
keeper_reap(struct connection *c)
{
	int status;

	while (waitpid(-1, &status, WNOHANG) > 0) {
		if (!crash_seen(status))
			continue;
		c->crashed = true;
		log_error("a process of this connection has crashed");
	}
}

/* Answers one front until it ends or breaks a rule. */
static int
serve_front(struct connection *c, struct counts *counts)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc = 1;

	while (rc >= 0 && !c->session) {
		rc = ending_wait(c, patience(c));
		if (rc == 0)
			rc = ipc_recv(c->keeper.front, &msg, CLOCK_NEVER);
		if (rc == 0)
			break;
		if (rc == 1)
			rc = dispatch(c, counts, &msg);
	}
	keeper_reap(c);
	ipc_msg_release(&msg);
	(void)close(c->keeper.front); /* nothing more is answered */
	if (rc < 0)
		cut_off();
	return rc < 0 ? rc : 0;
}

int
keeper_await_peer(struct connection *c)
{
	struct counts counts = { { { 0 } }, { { 0 } } };
	struct ipc_msg msg = IPC_MSG_INIT;
	int64_t deadline = clock_deadline(FRONT_MARGIN_MS);
	int rc = 0;

	c->keeper.state = KEEPER_PROXIED;
	while (rc >= 0 && c->keeper.state == KEEPER_PROXIED) {
		rc = ending_wait(c, deadline);
		if (rc == 0 && !c->ending)
			rc = ipc_recv(c->keeper.front, &msg, deadline);
		rc = rc == 1 ? dispatch(c, &counts, &msg) : -EPIPE;
	}
	ipc_msg_release(&msg);
	return rc < 0 ? rc : 0;
}

/* The front that takes over after STARTTLS, if there is one. */
static bool
next_front(struct connection *c)
{
	c->keeper.front = c->next_front;
	c->next_front = -1;
	if (c->keeper.front < 0)
		return false;
	c->tls = true;
	if (keeper_reply(&c->keeper, REQUEST_GO, slice_from(""), NULL, 0) < 0)
		return false;
	if (c->ending)
		ending_tell(c);
	return true;
}

void
keeper_run(struct connection *c)
{
	struct counts counts = { { { 0 } }, { { 0 } } };

	if (c->service->keeper_open)
		c->service->keeper_open(&c->keeper);
	if (c->tls)
		(void)keeper_reply(&c->keeper, REQUEST_GO, slice_from(""), NULL,
		    0); /* a front that is gone is seen at once */
	while (serve_front(c, &counts) == 0 && !c->session)
		if (!next_front(c))
			break;
	keeper_end_scram(c);
	if (c->service->keeper_close)
		c->service->keeper_close(&c->keeper);
	if (!c->session && c->keeper.account)
		account_quota_flush(c->keeper.account);
}

/* The TCP ports that the keeper connects to: the filters', the name servers'.
 */
struct ports {
	uint16_t list[SANDBOX_PORTS_MAX];
	size_t count;
};

static void
add_port(struct ports *ports, uint16_t port)
{
	if (port && ports->count < SANDBOX_PORTS_MAX)
		ports->list[ports->count++] = port;
}

static void
add_server(struct ports *ports, const char *setting)
{
	struct endpoint at;

	if (setting[0] && endpoint_parse(slice_from(setting), &at))
		add_port(ports, at.port);
}

static void
add_filters(struct ports *ports, const struct settings *s)
{
	const struct milter_spec none = { 0 };
	struct milter_spec specs[MILTERS_MAX];
	struct err err; /* told by who uses the list */
	int i, n;

	add_server(ports, s->spamd);
	add_server(ports, s->clamd);
	n = s->milters[0] ? milter_list_parse(s->milters, &none, specs, &err)
			  : 0;
	for (i = 0; i < n; i++)
		add_port(ports, specs[i].at.port);
}

void
keeper_confine(struct connection *c)
{
	const struct settings *s = &c->settings;
	const struct sandbox_path paths[] = {
		{ s->mail_root, SANDBOX_WRITE },
		{ c->service->spools ? s->spool_dir : "", SANDBOX_WRITE },
		{ c->service->session ? s->index_dir : "", SANDBOX_WRITE },
		/* for the child that will load GnuTLS after STARTTLS */
		{ driver_folder(), SANDBOX_READ },
		{ "/usr/lib", SANDBOX_READ },
		{ "/usr/lib64", SANDBOX_READ },
		{ "/lib", SANDBOX_READ },
		{ "/etc/ld.so.cache", SANDBOX_READ },
		{ "/etc/gnutls", SANDBOX_READ },
		{ "/etc/crypto-policies", SANDBOX_READ },
	};
	const size_t all = sizeof paths / sizeof paths[0];
	struct sandbox box = { .role = SANDBOX_KEEPER,
		.paths = paths,
		.npaths = !c->tls && c->key >= 0 && c->loader < 0 ? all : 3 };
	struct ports ports = { { 0 }, 0 };
	struct err err = { 0, "" };
	int rc = 0;
	size_t i;

	add_filters(&ports, s);
	for (i = 0; c->keeper.connect && c->keeper.connect[i]; i++)
		add_port(&ports, c->keeper.connect[i]);
	memcpy(box.connect, ports.list, sizeof box.connect);
	if (c->service->session && s->index) {
		indexing_make_dir(s);
		indexing_read_boot(c->boot);
	}
	if (s->mail_uid >= 0)
		rc =
		    identity_take((uint32_t)s->mail_uid, (uint32_t)s->mail_gid);
	else
		sandbox_drop_capabilities();
	if (rc < 0)
		(void)err_sys(&err, -rc, "mail_uid, mail_gid"); /* told below */
	else
		rc = sandbox_enter(&box, c->sandbox, &err);
	if (rc > 0 && c->stem) /* njiwa-init has said it, once for all */
		log_debug("confined less than could be: %s", err.text);
	else if (rc > 0)
		log_warning("confined less than could be: %s", err.text);
	if (rc >= 0)
		return;
	log_error("cannot be confined: %s (setting sandbox)", err.text);
	exit(EXIT_FAILURE);
}
