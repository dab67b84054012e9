/* What is known of accounts: the answers to a look-up, users, destinations of
 * mail.  Never asks. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_USER_H
#define NJIWA_ACCOUNT_ACCOUNT_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_NAME_MAX 320      /* octets of local@domain */
#define ACCOUNT_PASSWORD_MAX 1024 /* octets of a password that is looked at */
#define ACCOUNT_TARGETS_MAX 1000  /* destinations of one address */
#define ACCOUNT_ALIAS_DEPTH 20    /* aliases of aliases */

/* The answer to a look-up. */
enum account_outcome {
	ACCOUNT_FOUND,
	ACCOUNT_UNKNOWN,   /* looked, and it is not there */
	ACCOUNT_DENIED,    /* login: wrong password, or no such user */
	ACCOUNT_DROP,      /* forwarder action drop */
	ACCOUNT_NOT_LOCAL, /* the domain is not ours */
	ACCOUNT_TEMPFAIL,  /* could not look: the database, a broken alias */
	ACCOUNT_DISABLED   /* it is there, and was switched off */
};

/* One row of users, with its use of quota.  Strings are owned. */
struct account_user {
	char *name; /* login name: local@domain, as in the row */
	char *home; /* may be "" */
	uint32_t uid, gid;
	uint64_t quota_limit; /* octets; 0 is unlimited */
	int64_t quota_used;   /* octets, never negative */
	int64_t quota_messages;
	bool disabled; /* takes no mail, and nobody logs in */
};

void account_user_release(struct account_user *user);

/* Where a message for an address goes, after all aliases. */
struct account_target {
	bool local;
	struct account_user user; /* local */
	char *detail;  /* local: what stood behind the delimiter of a subaddress
			* (ann+lists), perhaps of an alias; NULL for none */
	char *address; /* not local: where to, as written */
};

void account_target_release(struct account_target *target);

struct account_targets {
	struct account_target *list;
	size_t count;
};

void account_targets_release(struct account_targets *targets);

#endif
