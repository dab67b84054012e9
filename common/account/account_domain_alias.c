#include <errno.h>

#include "common/account/account_admin_own.h"
#include "common/account/account_domain_alias.h"

static const char add_alias[] =
    "INSERT INTO domain_aliases (name, target) VALUES (?, ?)";
static const char remove_alias[] = "DELETE FROM domain_aliases WHERE name = ?";
static const char list_aliases[] =
    "SELECT name, target FROM domain_aliases ORDER BY name";
static const char get_target[] =
    "SELECT target FROM domain_aliases WHERE name = ?";
static const char has_domain[] = "SELECT 1 FROM domains WHERE name = ?";
static const char has_users[] = "SELECT 1 FROM users WHERE domain = ? LIMIT 1";

static void
see_target(void *ctx, const struct db_row *row)
{
	str_set(ctx, account_admin_column(row, 0));
}

/* What domain stands for, "" for nothing. */
static int
read_target(struct account_admin *admin, struct slice domain,
    struct str *target, struct err *err)
{
	const struct db_value value = db_text(domain);
	struct sql_run run = { get_target, &value, 1, see_target, target, 0 };

	str_clear(target);
	return account_admin_run(admin, &run, err);
}

/* Follows target to its end: an end that is local and is not domain. */
static int
check_chain(struct account_admin *admin, struct slice domain,
    struct slice target, struct err *err)
{
	STR_AUTO at = STR_INIT;
	STR_AUTO next = STR_INIT;
	int steps, rc = 0;

	str_append(&at, target);
	for (steps = 0; rc == 0 && steps < ACCOUNT_DOMAINS_MAX - 1; steps++) {
		if (slice_equal_nocase(str_slice(&at), domain))
			return err_set(err, ELOOP, "%.*s leads back to %.*s",
			    SLICE_FMT(target), SLICE_FMT(domain));
		rc = read_target(admin, str_slice(&at), &next, err);
		if (rc < 0 || next.len == 0)
			return rc;
		str_set(&at, str_slice(&next));
	}
	return err_set(err, ELOOP, "%.*s stands for another domain too often",
	    SLICE_FMT(target));
}

/* Is it a domain of the tables?  1, 0 or negative. */
static int
is_local(struct account_admin *admin, struct slice domain, struct err *err)
{
	const struct db_value value = db_text(domain);
	int rc = account_admin_has_row(admin, has_domain, &value, 1, err);

	if (rc == 0)
		rc = account_admin_has_row(admin, has_users, &value, 1, err);
	if (rc == 0)
		rc = account_admin_has_row(admin, get_target, &value, 1, err);
	return rc;
}

/* Writes the row, the target being good. */
static int
insert_alias(
    struct account_admin *admin, const struct db_value *values, struct err *err)
{
	struct sql_run run = { add_alias, values, 2, NULL, NULL, 0 };
	int rc = account_admin_run(admin, &run, err);

	if (rc == -EEXIST)
		return err_set(err, EEXIST, "%.*s: stands for another already",
		    SLICE_FMT(values[0].text));
	return rc;
}

int
account_domain_alias_add(struct account_admin *admin, const char *domain,
    const char *target, bool is_listed, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	STR_AUTO target_buffer = STR_INIT;
	struct slice name, other;
	struct db_value values[2];
	int rc = account_admin_parse_domain(domain, &buffer, &name, err);

	if (rc == 0)
		rc = account_admin_parse_domain(
		    target, &target_buffer, &other, err);
	if (rc == 0)
		rc = check_chain(admin, name, other, err);
	if (rc < 0)
		return rc;
	rc = is_listed ? 1 : is_local(admin, other, err);
	if (rc == 0)
		return err_set(err, ENOENT, "%s: no local domain", target);
	values[0] = db_text(name);
	values[1] = db_text(other);
	return rc < 0 ? rc : insert_alias(admin, values, err);
}

int
account_domain_alias_remove(
    struct account_admin *admin, const char *domain, struct err *err)
{
	const struct db_value value = db_text(slice_from(domain));
	struct sql_run run = { remove_alias, &value, 1, NULL, NULL, 0 };

	return account_admin_change(admin, &run, domain, err);
}

struct alias_seen {
	account_domain_alias_seen *seen;
	void *ctx;
};

static void
see_alias(void *ctx, const struct db_row *row)
{
	const struct alias_seen *to = ctx;
	STR_AUTO domain = STR_INIT;
	STR_AUTO target = STR_INIT;

	str_append(&domain, account_admin_column(row, 0));
	str_append(&target, account_admin_column(row, 1));
	to->seen(to->ctx, str_cstr(&domain), str_cstr(&target));
}

int
account_domain_alias_list(struct account_admin *admin,
    account_domain_alias_seen *seen, void *ctx, struct err *err)
{
	struct alias_seen to = { seen, ctx };
	struct sql_run run = { list_aliases, NULL, 0, see_alias, &to, 0 };

	return account_admin_run(admin, &run, err);
}
