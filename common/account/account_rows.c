#include <errno.h>
#include <stdlib.h>

#include "common/account/account_admin_own.h"
#include "common/base/mem.h"

/* ---- domains ---- */

static const char add_domain[] = "INSERT INTO domains (name) VALUES (?)";
static const char remove_domain[] = "DELETE FROM domains WHERE name = ?";
static const char list_domains[] = "SELECT name FROM domains";
static const char list_user_domains[] = "SELECT DISTINCT domain FROM users";
static const char has_users[] = "SELECT 1 FROM users WHERE domain = ? LIMIT 1";

int
account_admin_domain_add(
    struct account_admin *admin, const char *domain, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct db_value value;
	struct sql_run run = { add_domain, &value, 1, NULL, NULL, 0 };
	struct slice name;
	int rc = account_admin_parse_domain(domain, &buffer, &name, err);

	if (rc < 0)
		return rc;
	value = db_text(name);
	rc = account_admin_run(admin, &run, err);
	if (rc == -EEXIST)
		return err_set(err, EEXIST, "%s: is there already", domain);
	return rc;
}

int
account_admin_domain_remove(
    struct account_admin *admin, const char *domain, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct db_value value;
	struct sql_run run = { remove_domain, &value, 1, NULL, NULL, 0 };
	struct slice name;
	int rc = account_admin_parse_domain(domain, &buffer, &name, err);

	if (rc < 0)
		return rc;
	value = db_text(name);
	rc = account_admin_has_row(admin, has_users, &value, 1, err);
	if (rc > 0)
		return err_set(err, ENOTEMPTY, "%s: has users", domain);
	return rc < 0 ? rc : account_admin_change(admin, &run, domain, err);
}

struct names {
	char **list;
	size_t count, cap;
};

static void
see_name(void *ctx, const struct db_row *row)
{
	struct names *names = ctx;
	struct slice name = account_admin_column(row, 0);

	names->list = mem_grow(
	    names->list, &names->cap, names->count + 1, sizeof *names->list);
	names->list[names->count++] = mem_strndup(name.ptr, name.len);
}

static int
compare_names(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Two queries, not a UNION: the tables may have different collations. */
int
account_admin_domain_list(struct account_admin *admin,
    account_domain_seen *seen, void *ctx, struct err *err)
{
	struct names names = { NULL, 0, 0 };
	struct sql_run own = { list_domains, NULL, 0, see_name, &names, 0 };
	struct sql_run of_users = { list_user_domains, NULL, 0, see_name,
		&names, 0 };
	size_t i;
	int rc = account_admin_run(admin, &own, err);

	if (rc == 0)
		rc = account_admin_run(admin, &of_users, err);
	if (names.count)
		qsort(
		    names.list, names.count, sizeof *names.list, compare_names);
	for (i = 0; i < names.count && rc == 0; i++)
		if (i == 0 || strcasecmp(names.list[i], names.list[i - 1]) != 0)
			seen(ctx, names.list[i]);
	for (i = 0; i < names.count; i++)
		free(names.list[i]);
	free(names.list);
	return rc;
}

/* ---- aliases ---- */

static const char add_alias[] =
    "INSERT INTO forwarder (address, action, aliases) VALUES (?, ?, ?)";
static const char remove_alias[] = "DELETE FROM forwarder WHERE address = ?";
static const char list_aliases[] =
    "SELECT address, action, aliases FROM forwarder ORDER BY address, id";

static int
check_targets(const struct account_alias *alias, struct err *err)
{
	struct slice rest = slice_from(alias->targets);
	struct slice target;
	bool drop = strcmp(alias->action, "drop") == 0;
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	size_t n = 0;

	if (!drop && strcmp(alias->action, "alias") != 0)
		return err_set(
		    err, EINVAL, "%s: neither alias nor drop", alias->action);
	for (; !drop && slice_next(&rest, '|', &target); n++) {
		target = slice_trim(target);
		if (!account_name_parse(target, &buffer, &name) ||
		    name.local.len == 0 || name.domain.len == 0)
			return err_set(
			    err, EINVAL, "%.*s: no address", SLICE_FMT(target));
	}
	if (n > ACCOUNT_TARGETS_MAX)
		return err_set(
		    err, EINVAL, "more than %d targets", ACCOUNT_TARGETS_MAX);
	return 0;
}

/* An address, or "@domain" for the catch-all. */
static int
parse_address(
    const char *text, struct str *buffer, struct slice *ret, struct err *err)
{
	struct account_name name;
	struct slice domain;
	int rc;

	if (text[0] == '@') {
		rc = account_admin_parse_domain(text + 1, buffer, &domain, err);
		if (rc == 0) /* the @ of what was parsed is before it */
			*ret = slice_of(domain.ptr - 1, domain.len + 1);
		return rc;
	}
	rc = account_admin_parse_name(text, buffer, &name, err);
	if (rc == 0)
		*ret = name.user;
	return rc;
}

int
account_admin_alias_add(struct account_admin *admin,
    const struct account_alias *alias, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct slice address = { "", 0 };
	struct db_value values[3];
	struct sql_run out = { remove_alias, values, 1, NULL, NULL, 0 };
	struct sql_run in = { add_alias, values, 3, NULL, NULL, 0 };
	int rc = parse_address(alias->address, &buffer, &address, err);

	if (rc == 0)
		rc = check_targets(alias, err);
	if (rc == 0)
		rc = account_admin_begin(admin, err);
	if (rc < 0)
		return rc;
	values[0] = db_text(address);
	values[1] = db_text(slice_from(alias->action));
	values[2] = db_text(slice_from(alias->targets));
	rc = account_admin_run(admin, &out, err);
	if (rc == 0)
		rc = account_admin_run(admin, &in, err);
	return account_admin_end(admin, rc, err);
}

int
account_admin_alias_remove(
    struct account_admin *admin, const char *address, struct err *err)
{
	const struct db_value value = db_text(slice_from(address));
	struct sql_run run = { remove_alias, &value, 1, NULL, NULL, 0 };

	return account_admin_change(admin, &run, address, err);
}

struct alias_seen {
	account_alias_seen *seen;
	void *ctx;
};

static void
see_alias(void *ctx, const struct db_row *row)
{
	const struct alias_seen *to = ctx;
	STR_AUTO address = STR_INIT;
	STR_AUTO action = STR_INIT;
	STR_AUTO targets = STR_INIT;

	str_append(&address, account_admin_column(row, 0));
	str_append(&action, account_admin_column(row, 1));
	str_append(&targets, account_admin_column(row, 2));
	to->seen(to->ctx, &(struct account_alias){ str_cstr(&address),
			      str_cstr(&action), str_cstr(&targets) });
}

int
account_admin_alias_list(struct account_admin *admin, account_alias_seen *seen,
    void *ctx, struct err *err)
{
	struct alias_seen to = { seen, ctx };
	struct sql_run run = { list_aliases, NULL, 0, see_alias, &to, 0 };

	return account_admin_run(admin, &run, err);
}

/* ---- aliases that are mailboxes ---- */

static const char list_shared[] =
    "SELECT address FROM forwarder WHERE EXISTS (SELECT 1 FROM users WHERE "
    "users.domain = SUBSTR(forwarder.address, "
    "INSTR(forwarder.address, '@') + 1) AND "
    "users.name = SUBSTR(forwarder.address, 1, "
    "INSTR(forwarder.address, '@') - 1)) ORDER BY address";

static void
see_address(void *ctx, const struct db_row *row)
{
	const struct alias_seen *to = ctx;
	STR_AUTO address = STR_INIT;

	str_append(&address, account_admin_column(row, 0));
	to->seen(
	    to->ctx, &(struct account_alias){ str_cstr(&address), "", "" });
}

int
account_admin_alias_shared(struct account_admin *admin,
    account_alias_seen *seen, void *ctx, struct err *err)
{
	struct alias_seen to = { seen, ctx };
	struct sql_run run = { list_shared, NULL, 0, see_address, &to, 0 };

	return account_admin_run(admin, &run, err);
}
