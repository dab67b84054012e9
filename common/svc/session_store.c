#include "common/store/store.h"
#include "common/svc/expire.h"
#include "common/svc/service.h"

/* The store's word on what came or went; the account service adds it up. */
static void
count_quota(void *ctx, int64_t octets, int64_t messages)
{
	struct session *session = ctx;
	struct account_user *user = session->user;

	user->quota_used += octets;
	user->quota_messages += messages;
	account_quota_add(session->account, user->name, octets, messages);
}

static void
note_first(void *ctx, struct slice folder, int64_t saved, bool added)
{
	const struct session *session = ctx;
	const struct account_expiry expiry = { folder, saved, added };

	expire_tell(
	    session->settings, session->account, session->user->name, &expiry);
}

void
session_store_config(struct session *session, struct store_config *ret_config)
{
	const struct settings *settings = session->settings;

	*ret_config = (struct store_config){
		.sync = settings->fsync,
		.host = settings->hostname,
		.quota_ignore =
		    settings->quota_ignore[0] ? settings->quota_ignore : NULL,
		.quota = count_quota,
		.first = settings->expire_folders[0] ? note_first : NULL,
		.quota_ctx = session,
		.indexing = session->indexing,
	};
}
