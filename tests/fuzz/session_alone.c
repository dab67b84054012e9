/* The parts of a session's world that its fuzz targets do without: the account
 * service hears nothing, nobody ends the session. */
#include "common/net/stream.h"
#include "common/store/store.h"
#include "common/svc/service.h"

void
session_store_config(struct session *session, struct store_config *ret_config)
{
	const struct settings *settings = session->settings;

	*ret_config = (struct store_config){ .host = settings->hostname,
		.quota_ignore = settings->quota_ignore,
		.indexing = session->indexing };
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
