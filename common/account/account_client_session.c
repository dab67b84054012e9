#include "common/account/account_client_session.h"

#include <errno.h>

#include "common/account/account_client_own.h"
#include "common/account/wire.h"
#include "common/base/clock.h"

int
account_bind(struct account_client *client, const char *name,
    const char *service, struct err *err)
{
	struct wire_head head;
	struct ipc_reader in;
	enum account_outcome outcome;

	(void)account_client_body(client);
	ipc_put_text(&client->body, slice_from(name));
	ipc_put_text(&client->body, slice_from(service));
	outcome = account_client_ask(client, WIRE_BIND, &head, &in, err);
	if (outcome != ACCOUNT_FOUND && outcome != ACCOUNT_DENIED)
		return -EIO;
	client->bound = true;
	if (outcome == ACCOUNT_DENIED)
		return err_set(err, EBUSY, "too many sessions of %s", name);
	return 0;
}

/* What has no answer; a service that does not take it at once goes without. */
static void
tell(struct account_client *client, enum wire_type type)
{
	(void)wire_send(
	    client->fd, (uint16_t)type, str_slice(&client->body), CLOCK_PAST);
}

/* Is there a service that knows of other sessions? */
static bool
is_shared(const struct account_client *client)
{
	return client->fd >= 0 && client->by_socket && client->bound;
}

void
account_rest(struct account_client *client, bool resting)
{
	if (client->resting == resting || !is_shared(client))
		return;
	client->resting = resting;
	(void)account_client_body(client); /* begun anew */
	ipc_put_u32(&client->body, resting);
	tell(client, WIRE_REST);
}

bool
account_tell_scarce(struct account_client *client)
{
	if (!is_shared(client))
		return false;
	(void)account_client_body(client); /* begun anew */
	tell(client, WIRE_SCARCE);
	return true;
}

int
account_bell(const struct account_client *client)
{
	return is_shared(client) ? client->fd : -1;
}

bool
account_heard(struct account_client *client)
{
	int rc = 0;

	while (rc == 0 && !client->ended && client->fd >= 0) {
		struct wire_head head;
		struct ipc_reader in;

		rc = account_client_receive(client, CLOCK_PAST, &head, &in);
		if (rc == 0 && client->adds == 0)
			rc = -EPROTO;
		else if (rc == 0)
			client->adds--;
	}
	if (client->adds == 0)
		client->waiting = 0;
	if (rc < 0 && rc != -ETIMEDOUT)
		account_client_disconnect(client);
	return client->ended;
}
