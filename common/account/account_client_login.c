#include <errno.h>

#include "common/account/account_client_own.h"

enum account_outcome
account_client_ask_user(struct account_client *client, enum wire_type type,
    struct account_user *ret_user, struct err *err)
{
	struct wire_head head;
	struct ipc_reader in;
	enum account_outcome outcome =
	    account_client_ask(client, type, &head, &in, err);

	if (outcome != ACCOUNT_FOUND)
		return outcome;
	if (head.more || head.count != 1 || !wire_get_user(&in, ret_user))
		return account_client_broken(client, err);
	return outcome;
}

enum account_outcome
account_login(struct account_client *client,
    const struct account_credentials *said, struct account_user *ret_user,
    struct err *err)
{
	struct slice service = slice_from(said->service);
	struct slice peer = slice_from(said->peer);
	struct str *body;

	if (said->name.len > ACCOUNT_NAME_MAX ||
	    said->password.len > ACCOUNT_PASSWORD_MAX)
		return ACCOUNT_DENIED;
	body = account_client_body(client);
	str_reserve(body, WIRE_REQUEST_BODY); /* wiped whole */
	ipc_put_text(body, said->name);
	ipc_put_text(body, said->password);
	ipc_put_text(body, slice_head(service, WIRE_SERVICE_MAX));
	ipc_put_text(body, slice_head(peer, WIRE_PEER_MAX));
	return account_client_ask_user(client, WIRE_LOGIN, ret_user, err);
}

enum account_outcome
account_scram_first(struct account_client *client,
    const struct account_scram_first *first, struct str *name,
    struct str *answer, struct err *err)
{
	struct slice service = slice_from(first->service);
	struct slice peer = slice_from(first->peer);
	struct str *body = account_client_body(client);
	struct wire_head head;
	struct ipc_reader in;
	enum account_outcome outcome;
	struct slice user, text;

	if (first->message.len > WIRE_SCRAM_MAX ||
	    first->unique.len > WIRE_BINDING_MAX ||
	    first->exporter.len > WIRE_BINDING_MAX)
		return ACCOUNT_DENIED;
	ipc_put_u32(body, first->plus);
	ipc_put_text(body, first->message);
	ipc_put_text(body, first->unique);
	ipc_put_text(body, first->exporter);
	ipc_put_text(body, slice_head(service, WIRE_SERVICE_MAX));
	ipc_put_text(body, slice_head(peer, WIRE_PEER_MAX));
	outcome = account_client_ask(client, WIRE_SCRAM_FIRST, &head, &in, err);
	if (outcome != ACCOUNT_FOUND)
		return outcome;
	user = ipc_get_text(&in, WIRE_SCRAM_MAX);
	text = ipc_get_text(&in, WIRE_SCRAM_MAX);
	if (head.more || head.count != 0 || !ipc_reader_done(&in))
		return account_client_broken(client, err);
	str_append(name, user);
	str_append(answer, text);
	return outcome;
}

enum account_outcome
account_scram_proof(struct account_client *client, struct slice message,
    struct account_user *ret_user, struct str *answer, struct err *err)
{
	struct wire_head head;
	struct ipc_reader in;
	enum account_outcome outcome;
	struct slice text;

	if (message.len > WIRE_SCRAM_MAX)
		return ACCOUNT_DENIED;
	ipc_put_text(account_client_body(client), message);
	outcome = account_client_ask(client, WIRE_SCRAM_PROOF, &head, &in, err);
	if (outcome != ACCOUNT_FOUND)
		return outcome;
	text = ipc_get_text(&in, WIRE_SCRAM_MAX);
	if (head.more || head.count != 1 || !wire_get_user(&in, ret_user))
		return account_client_broken(client, err);
	str_append(answer, text);
	return outcome;
}
