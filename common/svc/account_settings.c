#include <string.h>

#include "common/svc/account_settings.h"

static enum account_db_tls
tls_of(const char *word)
{
	if (strcmp(word, "off") == 0)
		return ACCOUNT_DB_TLS_OFF;
	return strcmp(word, "on") == 0 ? ACCOUNT_DB_TLS_ON
				       : ACCOUNT_DB_TLS_VERIFY;
}

void
account_settings(
    const struct settings *settings, struct account_config *ret_config)
{
	const struct settings *s = settings;

	*ret_config = (struct account_config){
		.db = {
			.hosts = s->mysql_host,
			.user = s->mysql_user,
			.password = s->mysql_password,
			.database = s->mysql_database,
			.socket = s->mysql_socket,
			.tls_ca = s->mysql_tls_ca,
			.tls = tls_of(s->mysql_tls),
			.port = (unsigned int)s->mysql_port,
			.connect_timeout = s->mysql_connect_timeout,
			.query_timeout = s->mysql_query_timeout,
			.sqlite_file = s->sqlite_file,
		},
		.user_query = s->user_query,
		.password_query = s->password_query,
		.alias_query = s->alias_query,
		.domain_query = s->domain_query,
		.domain_alias_query = s->domain_alias_query,
		.quota_query = s->quota_query,
		.quota_update = s->quota_update,
		.disabled_query = s->disabled_query,
		.scram_query = s->scram_query,
		.sender_query = s->sender_query,
		.spam_query = s->spam_query,
		.host_list = s->host_list,
		.subaddress_delimiter = s->subaddress_delimiter,
		.mailbox_first = strcmp(s->alias_order, "mailbox") == 0,
		.rehash_scheme = s->rehash_scheme,
		.rehash = s->rehash,
		.scram = s->scram,
		.scram_store = s->scram_store,
		.scram_iterations = (unsigned int)s->scram_iterations,
		.submission_max_per_hour = s->submission_max_per_hour,
		.submission_max_per_day = s->submission_max_per_day,
	};
}
