#include <errno.h>

#include "common/account/account_sql_own.h"
#include "common/base/mem.h"
#include "common/base/num.h"

#define MEGABYTE (UINT64_C(1) << 20)
#define QUOTA_MB_MAX (UINT64_C(1) << 40) /* more is unlimited */

/* What domain_query "" means: the table of njiwa, and domains of users.  The
 * second form serves a predecessor's database that has no such table. */
static const char own_domains[] =
    "SELECT 1 FROM domains WHERE name = ? UNION ALL "
    "SELECT 1 FROM users WHERE domain = ? LIMIT 1";
static const char users_domains[] =
    "SELECT 1 FROM users WHERE domain = ? LIMIT 1";
static const char migrated[] = "SELECT COUNT(*) FROM njiwa_schema";

/* ---- the user ---- */

/* The rows of a query about one user: the first one that is his counts. */
struct user_rows {
	struct account_sql *sql;
	const struct account_name *name;
	struct account_user user;
	size_t rows;
	bool with_use; /* the row said what is used, too */
};

/* What user_query may leave out: the domain; octets, then messages. */
#define DOMAIN_COLUMN 5
#define USE_COLUMN 6

static uint64_t
quota_limit(struct user_rows *rows, struct slice text)
{
	uint64_t mb = 0;

	text = slice_trim(text);
	if (text.len == 0)
		return 0;
	if (num_parse(text, QUOTA_MB_MAX, &mb))
		return mb * MEGABYTE;
	account_sql_notice(rows->sql,
	    "user %s: quota \"%.*s\" is no number of MB: taken as unlimited",
	    rows->user.name, SLICE_FMT(text));
	return 0;
}

/* A uid or gid; what is none is 0, which first_valid_uid looks after. */
static uint32_t
id_number(struct slice text)
{
	uint64_t value = 0;

	(void)num_parse(text, UINT32_MAX - 1, &value); /* 0 if not */
	return (uint32_t)value;
}

static char *
column_copy(const struct db_row *row, size_t i)
{
	struct slice text = account_sql_column(row, i);

	return mem_strndup(text.ptr, text.len);
}

static int64_t
natural(struct slice text)
{
	uint64_t value = 0;

	(void)num_parse(text, INT64_MAX, &value); /* a negative one is 0 */
	return (int64_t)value;
}

static void
see_use(struct user_rows *rows, const struct db_row *row, size_t column)
{
	rows->user.quota_used = natural(account_sql_column(row, column));
	rows->user.quota_messages =
	    natural(account_sql_column(row, column + 1));
}

static void
see_user(void *ctx, const struct db_row *row)
{
	struct user_rows *rows = ctx;

	if (rows->rows > 0)
		return;
	rows->user.name =
	    account_sql_login_name(row, rows->name, DOMAIN_COLUMN);
	if (rows->user.name == NULL)
		return;
	rows->rows++;
	rows->user.home = column_copy(row, 1);
	rows->user.uid = id_number(account_sql_column(row, 2));
	rows->user.gid = id_number(account_sql_column(row, 3));
	rows->user.quota_limit = quota_limit(rows, account_sql_column(row, 4));
	rows->with_use = row->count > USE_COLUMN + 1;
	if (rows->with_use)
		see_use(rows, row, USE_COLUMN);
}

static void
see_quota(void *ctx, const struct db_row *row)
{
	struct user_rows *rows = ctx;

	if (rows->rows++ > 0)
		return;
	see_use(rows, row, 0);
}

static bool
add_quota_use(struct account_sql *sql, struct user_rows *rows, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;

	rows->rows = 0;
	if (!account_name_parse(slice_from(rows->user.name), &buffer, &name)) {
		(void)err_set(err, EINVAL, "a user without a name");
		return false;
	}
	name.user = slice_from(rows->user.name); /* case as in the row */
	return account_sql_read(sql, QUOTA_QUERY, &name, see_quota, rows, err);
}

enum account_outcome
account_sql_find_user(void *ctx, const struct account_name *name,
    struct account_user *ret_user, struct err *err)
{
	struct account_sql *sql = ctx;
	struct user_rows rows = { sql, name, { 0 }, 0, false };

	if (!account_sql_read(sql, USER_QUERY, name, see_user, &rows, err)) {
		account_user_release(&rows.user);
		return ACCOUNT_TEMPFAIL;
	}
	if (rows.rows == 0)
		return ACCOUNT_UNKNOWN;
	if (!rows.with_use && !add_quota_use(sql, &rows, err)) {
		account_user_release(&rows.user);
		return ACCOUNT_TEMPFAIL;
	}
	*ret_user = rows.user;
	return ACCOUNT_FOUND;
}

/* ---- the domain ---- */

static void
count_row(void *ctx, const struct db_row *row)
{
	size_t *count = ctx;

	(void)row;
	++*count;
}

static enum db_fault
count_rows(struct account_sql *sql, const char *text, struct slice domain,
    size_t *ret_count, struct err *err)
{
	const struct db_value values[2] = { db_text(domain), db_text(domain) };
	size_t params = text == own_domains ? 2 : text == users_domains;
	struct sql_run run = { text, values, params, count_row, ret_count, 0 };

	*ret_count = 0;
	return sql_link_run(sql->link, &run, err);
}

/* Only a database that never was migrated may lack tables: in one that is being
 * restored, they are missing for a while. */
static bool
is_unmigrated(struct account_sql *sql)
{
	struct err ignored; /* the caller has one to tell */
	size_t rows;

	return count_rows(sql, migrated, slice_from(""), &rows, &ignored) ==
	       DB_REFUSED;
}

static bool
find_own_domain(struct account_sql *sql, struct slice domain, size_t *ret_rows,
    struct err *err)
{
	enum db_fault fault =
	    count_rows(sql, own_domains, domain, ret_rows, err);

	if (fault != DB_REFUSED)
		return fault == DB_OK;
	if (!is_unmigrated(sql))
		return false;
	return count_rows(sql, users_domains, domain, ret_rows, err) == DB_OK;
}

enum account_outcome
account_sql_find_domain(
    void *ctx, const struct account_name *name, struct err *err)
{
	struct account_sql *sql = ctx;
	size_t rows = 0;
	bool looked;
	int listed = host_list_has(
	    &sql->host_list, sql->config->host_list, name->domain, err);

	if (listed < 0)
		return ACCOUNT_TEMPFAIL;
	if (listed)
		return ACCOUNT_FOUND;
	if (sql->queries[DOMAIN_QUERY].sql[0])
		looked = account_sql_read(
		    sql, DOMAIN_QUERY, name, count_row, &rows, err);
	else
		looked = find_own_domain(sql, name->domain, &rows, err);
	if (!looked)
		return ACCOUNT_TEMPFAIL;
	return rows ? ACCOUNT_FOUND : ACCOUNT_UNKNOWN;
}

/* ---- the alias ---- */

/* Rows of an alias: their targets come together, a drop goes before them. */
struct alias_rows {
	struct str *targets;
	bool found, drop, bad;
};

static void
see_alias(void *ctx, const struct db_row *row)
{
	struct alias_rows *rows = ctx;
	struct slice action = slice_trim(account_sql_column(row, 0));

	rows->found = true;
	if (slice_is_nocase(action, "drop"))
		rows->drop = true;
	else if (!slice_is_nocase(action, "alias"))
		rows->bad = true;
	if (rows->targets->len)
		str_append_char(rows->targets, '|');
	str_append(rows->targets, account_sql_column(row, 1));
}

/* The predecessor's first published tables were without that of aliases. */
static bool
read_aliases(struct account_sql *sql, const struct account_name *name,
    struct alias_rows *rows, struct err *err)
{
	struct sql_run run = { .seen = see_alias, .ctx = rows };
	enum db_fault fault =
	    account_sql_run(sql, &run, ALIAS_QUERY, name, NULL, err);

	if (fault != DB_REFUSED)
		return fault == DB_OK;
	return strcmp(sql->config->alias_query, ACCOUNT_ALIAS_QUERY) == 0 &&
	       is_unmigrated(sql);
}

enum account_outcome
account_sql_find_alias(void *ctx, const struct account_name *name,
    struct str *targets, struct err *err)
{
	struct account_sql *sql = ctx;
	struct alias_rows rows = { targets, false, false, false };

	if (sql->queries[ALIAS_QUERY].sql[0] == '\0')
		return ACCOUNT_UNKNOWN;
	if (!read_aliases(sql, name, &rows, err))
		return ACCOUNT_TEMPFAIL;
	if (rows.bad) {
		(void)err_set(err, EINVAL, /* TEMPFAIL says it */
		    "alias %.*s: its action is neither alias nor drop",
		    SLICE_FMT(name->user));
		return ACCOUNT_TEMPFAIL;
	}
	if (rows.drop)
		return ACCOUNT_DROP;
	return rows.found ? ACCOUNT_FOUND : ACCOUNT_UNKNOWN;
}
