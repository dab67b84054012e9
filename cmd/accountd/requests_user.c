/* What users do: log in, and send. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/accountd/requests.h"
#include "common/account/account_submit.h"
#include "common/base/log.h"
#include "common/base/mem.h"

static void
log_login(struct slice name, struct slice service, struct slice peer,
    enum account_outcome outcome, const struct err *err)
{
	const char *what = outcome == ACCOUNT_FOUND    ? "login"
			   : outcome == ACCOUNT_DENIED ? "login denied"
						       : "login not possible";
	const char *why = outcome == ACCOUNT_TEMPFAIL ? err->text : NULL;
	char *texts[] = { mem_strndup(name.ptr, name.len),
		mem_strndup(service.ptr, service.len),
		mem_strndup(peer.ptr, peer.len) };
	const struct log_field fields[] = { { "user", texts[0] },
		{ "service", texts[1] }, { "peer", texts[2] }, { "why", why } };
	size_t i;

	/* who asked logs the login with its connection's trace id */
	log_event(
	    outcome == ACCOUNT_TEMPFAIL ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG,
	    what, fields, sizeof fields / sizeof fields[0]);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		free(texts[i]);
}

int
request_login(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct slice password = ipc_get_text(args, ACCOUNT_PASSWORD_MAX);
	struct slice service = ipc_get_text(args, WIRE_SERVICE_MAX);
	struct slice peer = ipc_get_text(args, WIRE_PEER_MAX);
	struct account_user user = { 0 };
	struct err err = { 0, "" };
	enum account_outcome outcome;

	if (!ipc_reader_done(args))
		return -EPROTO;
	outcome =
	    account_sql_login(r->server->sql, name, password, &user, &err);
	log_login(name, service, peer, outcome, &err);
	explicit_bzero(msg->body.ptr, msg->body.len);
	request_answer_user(r, outcome, &user, &err);
	return 0;
}

static void
forget_scram(struct client *client)
{
	account_scram_free(client->scram);
	client->scram = NULL;
}

int
request_scram_first(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	const struct wire_head head = { ACCOUNT_FOUND, false, 0, { "", 0 } };
	struct request_ctx *r = ctx;
	struct account_scram_first first = { .plus = ipc_get_u32(args) != 0 };
	STR_AUTO answer = STR_INIT;
	STR_AUTO body = STR_INIT;
	enum account_outcome outcome;
	struct slice service, peer;
	struct err err = { 0, "" };

	(void)msg;
	first.message = ipc_get_text(args, WIRE_SCRAM_MAX);
	first.unique = ipc_get_text(args, WIRE_BINDING_MAX);
	first.exporter = ipc_get_text(args, WIRE_BINDING_MAX);
	service = ipc_get_text(args, WIRE_SERVICE_MAX);
	peer = ipc_get_text(args, WIRE_PEER_MAX);
	if (!ipc_reader_done(args))
		return -EPROTO;
	forget_scram(r->client);
	outcome = account_sql_scram_begin(
	    r->server->sql, &first, &r->client->scram, &answer, &err);
	if (outcome == ACCOUNT_FOUND && answer.len <= WIRE_SCRAM_MAX) {
		wire_put_head(&body, &head);
		ipc_put_text(
		    &body, slice_from(account_scram_user(r->client->scram)));
		ipc_put_text(&body, str_slice(&answer));
		server_send(r->server, r->client, &body);
		return 0;
	}
	log_login(slice_from(account_scram_user(r->client->scram)), service,
	    peer, outcome, &err);
	forget_scram(r->client);
	request_answer_plain(
	    r, outcome == ACCOUNT_FOUND ? ACCOUNT_DENIED : outcome, &err);
	return 0;
}

/* Without an exchange, which another process may have had before it ended, the
 * proof proves nothing. */
int
request_scram_proof(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	const struct wire_head head = { ACCOUNT_FOUND, false, 1, { "", 0 } };
	struct request_ctx *r = ctx;
	struct slice message = ipc_get_text(args, WIRE_SCRAM_MAX);
	enum account_outcome outcome = ACCOUNT_DENIED;
	struct account_user user = { 0 };
	STR_AUTO answer = STR_INIT;
	STR_AUTO body = STR_INIT;
	struct err err = { 0, "" };

	(void)msg;
	if (!ipc_reader_done(args))
		return -EPROTO;
	if (r->client->scram)
		outcome = account_sql_scram_finish(
		    r->client->scram, message, &user, &answer, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("scram",
		    slice_from(account_scram_user(r->client->scram)), &err);
	forget_scram(r->client);
	if (outcome != ACCOUNT_FOUND) {
		request_answer_plain(r, outcome, &err);
		return 0;
	}
	wire_put_head(&body, &head);
	ipc_put_text(&body, str_slice(&answer));
	wire_put_user(&body, &user);
	server_send(r->server, r->client, &body);
	account_user_release(&user);
	return 0;
}

/* ---- what a user may send (requests of a keeper of submission) ---- */

int
request_may_send(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice login = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct slice address = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct err err = { 0, "" };
	enum account_outcome outcome;

	(void)msg;
	if (!ipc_reader_done(args))
		return -EPROTO;
	outcome = account_sql_may_send(r->server->sql, login, address, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("sender", address, &err);
	request_answer_plain(r, outcome, &err);
	return 0;
}

int
request_reserve(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	const struct wire_head head = { ACCOUNT_FOUND, false, 0, { "", 0 } };
	struct request_ctx *r = ctx;
	struct slice login = ipc_get_text(args, ACCOUNT_NAME_MAX);
	uint32_t wanted = ipc_get_u32(args);
	struct account_reserved reserved;
	STR_AUTO body = STR_INIT;
	struct err err = { 0, "" };

	(void)msg;
	if (!ipc_reader_done(args) || wanted > WIRE_RESERVE_MAX)
		return -EPROTO;
	if (account_sql_reserve(r->server->sql, login, wanted, &reserved,
		&err) != ACCOUNT_FOUND) {
		request_log_failure("reserve", login, &err);
		request_answer_plain(r, ACCOUNT_TEMPFAIL, &err);
		return 0;
	}
	wire_put_head(&body, &head);
	ipc_put_u32(&body, reserved.granted);
	ipc_put_u64(&body, (uint64_t)reserved.slot);
	ipc_put_u32(&body, reserved.tell);
	server_send(r->server, r->client, &body);
	return 0;
}

int
request_give_back(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct request_ctx *r = ctx;
	struct slice login = ipc_get_text(args, ACCOUNT_NAME_MAX);
	struct account_reserved reserved = { .granted = ipc_get_u32(args) };
	struct err err = { 0, "" };
	enum account_outcome outcome;

	(void)msg;
	reserved.slot = (int64_t)ipc_get_u64(args);
	if (!ipc_reader_done(args) || reserved.granted > WIRE_RESERVE_MAX)
		return -EPROTO;
	outcome = account_sql_give_back(r->server->sql, login, &reserved, &err);
	if (outcome == ACCOUNT_TEMPFAIL)
		request_log_failure("give back", login, &err);
	request_answer_plain(r, outcome, &err);
	return 0;
}
