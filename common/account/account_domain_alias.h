/* Domains that are other names for one of ours, for the tool njiwa; errors as
 * in account_admin.h.  Never makes a ring. */
#ifndef NJIWA_ACCOUNT_ACCOUNT_DOMAIN_ALIAS_H
#define NJIWA_ACCOUNT_ACCOUNT_DOMAIN_ALIAS_H

#include "common/account/account_admin.h"

/* Makes domain another name for target.  -EEXIST when it is one already;
 * -ENOENT when target is no domain of the tables and is_listed does not say
 * that it is local (host_list); -ELOOP when that would lead back to domain. */
int account_domain_alias_add(struct account_admin *admin, const char *domain,
    const char *target, bool is_listed, struct err *err);
int account_domain_alias_remove(
    struct account_admin *admin, const char *domain, struct err *err);

typedef void account_domain_alias_seen(
    void *ctx, const char *domain, const char *target);

/* In alphabetical order. */
int account_domain_alias_list(struct account_admin *admin,
    account_domain_alias_seen *seen, void *ctx, struct err *err);

#endif
