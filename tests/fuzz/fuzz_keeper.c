/* A keeper whose front says anything: messages of up to 255 octets each, type
 * first, their lengths in the input. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/account/account_client_session.h"
#include "common/account/wire.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/svc/connection.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGES_MAX 64 /* what a pair holds without a reader */

/* ---- accounts and mail without a data base or a disk ---- */

enum account_outcome
account_login(struct account_client *client,
    const struct account_credentials *credentials,
    struct account_user *ret_user, struct err *err)
{
	(void)client;
	if (credentials->name.len > ACCOUNT_NAME_MAX ||
	    credentials->password.len > ACCOUNT_PASSWORD_MAX)
		__builtin_trap();
	if (slice_is(credentials->password, "t")) {
		(void)err_set(err, EAGAIN, "later"); /* told by the outcome */
		return ACCOUNT_TEMPFAIL;
	}
	if (!slice_is(credentials->password, "p"))
		return ACCOUNT_DENIED;
	*ret_user = (struct account_user){
		.name =
		    mem_strndup(credentials->name.ptr, credentials->name.len),
		.home = mem_strdup(""),
	};
	return ACCOUNT_FOUND;
}

enum account_outcome
account_scram_first(struct account_client *client,
    const struct account_scram_first *first, struct str *name,
    struct str *answer, struct err *err)
{
	(void)client;
	if (first->message.len > WIRE_SCRAM_MAX ||
	    first->unique.len > WIRE_BINDING_MAX ||
	    first->exporter.len > WIRE_BINDING_MAX)
		__builtin_trap();
	if (slice_is(first->message, "t")) {
		(void)err_set(err, EAGAIN, "later"); /* told by the outcome */
		return ACCOUNT_TEMPFAIL;
	}
	str_append_cstr(name, "somebody");
	str_append_cstr(answer, "salt");
	return slice_is(first->message, "n") ? ACCOUNT_FOUND : ACCOUNT_DENIED;
}

enum account_outcome
account_scram_proof(struct account_client *client, struct slice message,
    struct account_user *ret_user, struct str *answer, struct err *err)
{
	(void)client;
	(void)err;
	if (!slice_is(message, "p"))
		return ACCOUNT_DENIED;
	str_append_cstr(answer, "verifier");
	*ret_user = (struct account_user){
		.name = mem_strdup("somebody@test.dev"),
		.home = mem_strdup(""),
	};
	return ACCOUNT_FOUND;
}

enum account_outcome
account_resolve(struct account_client *client, struct slice address,
    struct account_targets *ret_targets, struct err *err)
{
	(void)client;
	if (address.len > ACCOUNT_NAME_MAX)
		__builtin_trap();
	(void)ret_targets;
	(void)err;
	return ACCOUNT_UNKNOWN;
}

void
account_targets_release(struct account_targets *targets)
{
	if (targets->count)
		__builtin_trap();
}

void
account_user_release(struct account_user *user)
{
	free(user->name);
	free(user->home);
}

void
account_quota_flush(struct account_client *client)
{
	(void)client;
}

int
account_bind(struct account_client *client, const char *name,
    const char *service, struct err *err)
{
	(void)client;
	(void)name;
	(void)service;
	return err_set(err, ENOSYS, "no session here");
}

int
store_open(const char *path, enum store_mode mode,
    const struct store_config *config, struct store **ret_store,
    struct err *err)
{
	(void)path;
	(void)mode;
	(void)config;
	(void)ret_store;
	return err_set(err, ENOSYS, "no disk here");
}

void
store_free(struct store *store)
{
	(void)store;
}

/* ---- the service ---- */

static int
handle_own(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	(void)msg;
	(void)ipc_get_u64(args);
	(void)ipc_get_text(args, 20);
	return ipc_reader_done(args)
		   ? keeper_reply(ctx, REQUEST_OWN, slice_from("x"), NULL, 0)
		   : -EPROTO;
}

static void
no_session(struct session *session)
{
	(void)session;
}

static const struct request own[] = {
	{ REQUEST_OWN, "own", KEEPER_LOGGED_IN, 32, 3, handle_own },
	{ 0, NULL, 0, 0, 0, NULL },
};

static const struct service service = {
	.name = "fuzz",
	.program = "fuzz",
	.xclient = true,
	.session = no_session,
	.requests = own,
};

/* Puts the input's messages into the pair. */
static void
fill(int fd, const uint8_t *data, size_t size)
{
	size_t n;

	for (n = 0; size >= 2 && n < MESSAGES_MAX; n++) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;
		struct slice body = slice_of((const char *)data + 2, len);

		if (ipc_send_at_once(fd, data[0], body, NULL, 0) < 0)
			return;
		data += 2 + len;
		size -= 2 + len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connection c = { .service = &service,
		.session_fd = -1,
		.next_front = -1,
		.cert = -1,
		.key = -1,
		.login_ends = clock_deadline(5000) };
	int ends[2];

	c.settings.login_tries = 3;
	c.settings.scram = true;
	c.settings.mail_location = "/data/%d/%n";
	c.settings.mail_uid = 8;
	c.settings.xclient_networks = "192.0.2.0/24";
	c.proxied = size && data[0] == REQUEST_PEER;
	c.xclient = !c.proxied;
	c.keeper.settings = &c.settings;
	c.keeper.peer = &c.peer;
	c.keeper.state = KEEPER_STRANGER;
	if (ipc_pair(ends) < 0)
		return 0;
	c.keeper.front = ends[0];
	fill(ends[1], data, size);
	(void)shutdown(ends[1], SHUT_WR); /* the front's end */
	if (!c.proxied || keeper_await_peer(&c) == 0)
		keeper_run(&c);
	else
		(void)close(c.keeper.front); /* nobody is answered */
	if (c.session && c.keeper.user == NULL)
		__builtin_trap();
	(void)close(ends[1]); /* only written */
	if (c.session_fd >= 0)
		(void)close(c.session_fd); /* unused */
	if (c.keeper.user)
		account_user_release(c.keeper.user);
	free(c.keeper.user);
	str_release(&c.input);
	str_release(&c.argument);
	str_release(&c.carry);
	return 0;
}
