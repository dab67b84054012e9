#include <errno.h>

#include "common/account/account_client_own.h"
#include "common/account/account_expire.h"

enum account_outcome
account_may_send(struct account_client *client, const char *login,
    struct slice address, struct err *err)
{
	struct str *body = account_client_body(client);
	struct wire_head head;
	struct ipc_reader in;

	if (address.len > ACCOUNT_NAME_MAX)
		return ACCOUNT_DENIED;
	ipc_put_text(body, slice_head(slice_from(login), ACCOUNT_NAME_MAX));
	ipc_put_text(body, address);
	return account_client_ask(client, WIRE_MAY_SEND, &head, &in, err);
}

enum account_outcome
account_reserve(struct account_client *client, const char *login,
    uint32_t wanted, struct account_reserved *ret_reserved, struct err *err)
{
	struct str *body = account_client_body(client);
	struct account_reserved reserved;
	struct wire_head head;
	struct ipc_reader in;
	enum account_outcome outcome;

	ipc_put_text(body, slice_head(slice_from(login), ACCOUNT_NAME_MAX));
	ipc_put_u32(body, wanted);
	outcome = account_client_ask(client, WIRE_RESERVE, &head, &in, err);
	if (outcome != ACCOUNT_FOUND)
		return outcome;
	reserved.granted = ipc_get_u32(&in);
	reserved.slot = (int64_t)ipc_get_u64(&in);
	reserved.tell = ipc_get_u32(&in) != 0;
	if (!ipc_reader_done(&in) || reserved.granted > wanted)
		return account_client_broken(client, err);
	*ret_reserved = reserved;
	return outcome;
}

enum account_outcome
account_give_back(struct account_client *client, const char *login,
    const struct account_reserved *reserved, struct err *err)
{
	struct str *body = account_client_body(client);
	struct wire_head head;
	struct ipc_reader in;

	ipc_put_text(body, slice_head(slice_from(login), ACCOUNT_NAME_MAX));
	ipc_put_u32(body, reserved->granted);
	ipc_put_u64(body, (uint64_t)reserved->slot);
	return account_client_ask(client, WIRE_GIVE_BACK, &head, &in, err);
}

enum account_outcome
account_expire(struct account_client *client, const char *name,
    const struct account_expiry *expiry, struct err *err)
{
	struct str *body = account_client_body(client);
	struct wire_head head;
	struct ipc_reader in;

	ipc_put_text(body, slice_head(slice_from(name), ACCOUNT_NAME_MAX));
	ipc_put_text(body, slice_head(expiry->mailbox, WIRE_MAILBOX_MAX));
	ipc_put_u64(body, (uint64_t)expiry->saved);
	ipc_put_u32(body, expiry->added);
	return account_client_ask(client, WIRE_EXPIRE, &head, &in, err);
}
