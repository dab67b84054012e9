/* The parts of a session's world that its fuzz targets do without: the account
 * service hears nothing, nobody ends the session. */
#include "common/net/stream.h"
#include "common/svc/expire.h"
#include "common/svc/service.h"

void
account_quota_add(struct account_client *client, const char *name,
    int64_t octets, int64_t messages)
{
	(void)client;
	(void)name;
	(void)octets;
	(void)messages;
}

void
expire_tell(const struct settings *settings, struct account_client *account,
    const char *user, const struct account_expiry *expiry)
{
	(void)settings;
	(void)account;
	(void)user;
	(void)expiry;
}

void
account_quota_flush(struct account_client *client)
{
	(void)client;
}

int
session_wait(struct session *session, int watch, int64_t deadline)
{
	return stream_wait(session->client, watch, deadline);
}

const char *
session_end_reason(const struct session *session)
{
	(void)session;
	return NULL;
}
