#include "common/account/account_client_own.h"
#include "common/account/greylist.h"

enum account_outcome
account_greylist(struct account_client *client,
    const struct greylist_question *question, uint64_t *ret_wait,
    struct err *err)
{
	enum account_outcome outcome;
	struct wire_head head;
	struct ipc_reader in;
	uint64_t wait;

	greylist_put(question, account_client_body(client));
	outcome = account_client_ask(client, WIRE_GREYLIST, &head, &in, err);
	if (outcome != ACCOUNT_FOUND)
		return ACCOUNT_TEMPFAIL; /* there is no other */
	wait = ipc_get_u64(&in);
	if (!ipc_reader_done(&in) || wait > INT32_MAX)
		return account_client_broken(client, err);
	*ret_wait = wait;
	return outcome;
}
