/* What the back ends of accounts are told: the part of the settings that is
 * about accounts, filled by common/svc/account_settings.h.
 * Never owned: texts live as long as the settings do, and are never NULL. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_CONFIG_H
#define NJIWA_ACCOUNT_ACCOUNT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum account_db_tls {
	ACCOUNT_DB_TLS_OFF,
	ACCOUNT_DB_TLS_ON,    /* encrypted, whoever answers */
	ACCOUNT_DB_TLS_VERIFY /* and the certificate is looked at */
};

/* Where the tables are.  Times are milliseconds. */
struct account_db_config {
	const char *hosts; /* MySQL, separated by blanks; "" is SQLite */
	const char *user;
	const char *password;
	const char *database;
	const char *socket; /* of the host localhost, "" the library's */
	const char *tls_ca; /* file of CA certificates, "" the system's */
	enum account_db_tls tls;
	unsigned int port;
	int64_t connect_timeout;
	int64_t query_timeout;
	const char *sqlite_file;
};

/* The queries: SQL with %u (whole address), %n (local part), %d (domain); in
 * quota_update also %b (octets) and %m (messages).  Columns they give:
 *   user_query      login name, home, uid, gid, quota in MB, domain; perhaps
 *                   also octets and messages, and quota_query is not asked;
 *                   perhaps also whether the account is disabled (anything
 *                   but NULL, "" and 0), and disabled_query is not asked
 *   password_query  login name, password hash, domain
 *   alias_query     action (alias, drop), targets separated by |; perhaps also
 *                   the address, which must then be the one asked for
 *   domain_query    any row: the domain is ours; "": it is in the table
 *                   domains, or has users
 *   domain_alias_query  the domain that this one is another name for; perhaps
 *                   also this one, which must then be the one that was asked
 *                   for; "" for none
 *   disabled_query  any row: the account is disabled; the login name, or no
 *                   name at all; "" for none
 *   quota_query     octets, messages
 *   quota_update    none; "" is the upsert of the table quota
 *   scram_query     salt, iterations, stored key, server key, digest of the
 *                   hash beside which they were made (%u is the login name)
 *   sender_query    addresses, or @domain, that the login name may send as */
#define ACCOUNT_USER_QUERY                                                     \
	"SELECT name, home, uid, gid, quota, domain "                          \
	"FROM users WHERE name = %n AND domain = %d"
#define ACCOUNT_SENDER_QUERY "SELECT sender FROM sender_acl WHERE login = %u"
#define ACCOUNT_ALIAS_QUERY                                                    \
	"SELECT action, aliases, address FROM forwarder WHERE address = %u"
#define ACCOUNT_DOMAIN_ALIAS_QUERY                                             \
	"SELECT target, name FROM domain_aliases WHERE name = %d"
#define ACCOUNT_QUOTA_QUERY                                                    \
	"SELECT bytes, messages FROM quota WHERE username = %u"
#define ACCOUNT_DISABLED_QUERY                                                 \
	"SELECT username FROM disabled_users WHERE username = %u"

struct account_config {
	struct account_db_config db;
	const char *user_query;
	const char *password_query;
	const char *alias_query;
	const char *domain_query;
	const char *domain_alias_query;
	const char *quota_query;
	const char *quota_update;
	const char *disabled_query;
	const char *scram_query;
	const char *sender_query;
	const char *spam_query; /* "" is off: tag, junk, reject */
	const char *host_list;  /* file of local domains, "" for none */
	const char *subaddress_delimiter; /* octets that begin a detail */
	const char *rehash_scheme;        /* crypt prefix for passhash_make */
	bool mailbox_first;               /* before an alias of the same name */
	bool rehash;                      /* replace weaker hashes at a login */
	bool scram;                       /* keys are looked at */
	bool scram_store; /* and made at a login with a password */
	unsigned int scram_iterations;
	/* Recipients of one login; 0 is unlimited. */
	int64_t submission_max_per_hour, submission_max_per_day;
};

#endif
