#include <errno.h>

#include "common/account/account_sql_own.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/num.h"

#define MEGABYTE (UINT64_C(1) << 20)
#define UNMIGRATED_MS 1000               /* that a database is taken to be so */
#define QUOTA_MB_MAX (UINT64_C(1) << 40) /* more is unlimited */

/* What domain_query "" means: the table of njiwa, and domains of users; with
 * that of other names for domains, where that is what domain_alias_query asks.
 * The last form serves a predecessor's database that has no such tables. */
#define OWN_DOMAINS                                                            \
	"SELECT NULL, NULL FROM domains WHERE name = ? UNION ALL "             \
	"SELECT NULL, NULL FROM (SELECT 1 AS one FROM users WHERE domain = ? " \
	"LIMIT 1) AS of_users"
static const char own_domains[] = OWN_DOMAINS;
static const char own_domains_and_aliases[] = OWN_DOMAINS
    " UNION ALL SELECT target, name FROM domain_aliases WHERE name = ?";
static const char users_domains[] =
    "SELECT NULL FROM users WHERE domain = ? LIMIT 1";
static const char migrated[] = "SELECT COUNT(*) FROM njiwa_schema";

/* ---- tables that are ours ---- */

/* Was the database not migrated a moment ago?  Then what is refused there is
 * not asked for each recipient.  For who is disabled alone: where an alias goes
 * and whose a domain is must be right at once when tables are put back. */
static bool
is_known_unmigrated(const struct account_sql *sql)
{
	return clock_ms() < sql->unmigrated_till;
}

/* Only a database that never was migrated may lack tables: in one that is being
 * restored, they are missing for a while. */
static bool
is_unmigrated(struct account_sql *sql)
{
	struct sql_run run = { .sql = migrated };
	struct err ignored; /* the caller has one to tell */

	sql->questions++;
	if (sql_link_run(sql->link, &run, &ignored) != DB_REFUSED)
		return false;
	sql->unmigrated_till = clock_ms() + UNMIGRATED_MS;
	return true;
}

/* ---- the user ---- */

/* The rows of a query about one user: the first one that is his counts. */
struct user_rows {
	struct account_sql *sql;
	const struct account_name *name;
	struct account_user user;
	size_t rows;
	bool with_use;      /* the row said what is used, too, */
	bool with_disabled; /* and whether he is disabled */
};

/* What user_query may leave out: the domain; octets, then messages; whether he
 * is disabled. */
#define DOMAIN_COLUMN 5
#define USE_COLUMN 6
#define DISABLED_COLUMN 8

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

/* A name must be his own: a database takes more for equal.  What is none is a
 * yes or a no. */
static bool
says_disabled(const struct user_rows *rows, struct slice text)
{
	text = slice_trim(text);
	if (slice_find(text, '@') < text.len)
		return slice_is_nocase(text, rows->user.name);
	return text.len > 0 && !slice_is(text, "0");
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
	if (row->count <= DISABLED_COLUMN)
		return;
	rows->with_disabled = true;
	rows->user.disabled =
	    says_disabled(rows, account_sql_column(row, DISABLED_COLUMN));
}

static void
see_quota(void *ctx, const struct db_row *row)
{
	struct user_rows *rows = ctx;

	if (rows->rows++ > 0)
		return;
	see_use(rows, row, 0);
}

static void
see_disabled(void *ctx, const struct db_row *row)
{
	struct user_rows *rows = ctx;
	struct slice text = account_sql_column(row, 0);

	/* any row without a name is a yes */
	rows->user.disabled |=
	    slice_find(text, '@') == text.len || says_disabled(rows, text);
}

/* Who is disabled is a table of ours. */
static bool
add_disabled(struct account_sql *sql, const struct account_name *name,
    struct user_rows *rows, struct err *err)
{
	struct sql_run run = { .seen = see_disabled, .ctx = rows };
	enum db_fault fault;

	if (sql->queries[DISABLED_QUERY].sql[0] == '\0')
		return true;
	fault = account_sql_run(sql, &run, DISABLED_QUERY, name, NULL, err);
	if (fault != DB_REFUSED)
		return fault == DB_OK;
	return strcmp(sql->config->disabled_query, ACCOUNT_DISABLED_QUERY) ==
		   0 &&
	       is_unmigrated(sql);
}

/* Asks for what the row did not say. */
static bool
add_missing(struct account_sql *sql, struct user_rows *rows, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	bool looked = true;

	rows->rows = 0;
	if (!account_name_parse(slice_from(rows->user.name), &buffer, &name)) {
		(void)err_set(err, EINVAL, "a user without a name");
		return false;
	}
	name.user = slice_from(rows->user.name); /* case as in the row */
	if (!rows->with_use)
		looked = account_sql_read(
		    sql, QUOTA_QUERY, &name, see_quota, rows, err);
	if (looked && !rows->with_disabled)
		looked = add_disabled(sql, &name, rows, err);
	return looked;
}

static bool
read_user(struct account_sql *sql, const struct account_name *name,
    struct user_rows *rows, struct err *err)
{
	struct sql_run run = { .seen = see_user, .ctx = rows };
	enum db_fault fault = DB_REFUSED;

	if (!sql->is_joined)
		return account_sql_read(
		    sql, USER_QUERY, name, see_user, rows, err);
	if (!is_known_unmigrated(sql))
		fault =
		    account_sql_run(sql, &run, JOINED_QUERY, name, NULL, err);
	if (fault == DB_REFUSED && is_unmigrated(sql)) {
		rows->with_disabled = true; /* nobody is */
		fault = account_sql_run(
		    sql, &run, JOINED_UNMIGRATED, name, NULL, err);
	}
	return fault == DB_OK;
}

enum account_outcome
account_sql_find_user(void *ctx, const struct account_name *name,
    struct account_user *ret_user, struct err *err)
{
	struct account_sql *sql = ctx;
	struct user_rows rows = { .sql = sql, .name = name };

	if (!read_user(sql, name, &rows, err)) {
		account_user_release(&rows.user);
		return ACCOUNT_TEMPFAIL;
	}
	if (rows.rows == 0)
		return ACCOUNT_UNKNOWN;
	if (!(rows.with_use && rows.with_disabled) &&
	    !add_missing(sql, &rows, err)) {
		account_user_release(&rows.user);
		return ACCOUNT_TEMPFAIL;
	}
	*ret_user = rows.user;
	return ACCOUNT_FOUND;
}

/* ---- the domain ---- */

static bool
is_default_domain_alias(const struct account_sql *sql)
{
	return strcmp(sql->config->domain_alias_query,
		   ACCOUNT_DOMAIN_ALIAS_QUERY) == 0;
}

/* Rows about a domain: that it is ours, or what it is another name for. */
struct domain_rows {
	struct slice domain;
	struct str *alias_of;
	size_t ours;
};

static void
see_domain(void *ctx, const struct db_row *row)
{
	struct domain_rows *rows = ctx;

	(void)row;
	rows->ours++;
}

/* Columns: the target, and perhaps the domain that has it. */
static void
see_domain_alias(void *ctx, const struct db_row *row)
{
	struct domain_rows *rows = ctx;
	struct slice target = slice_trim(account_sql_column(row, 0));

	if (target.len == 0 || rows->alias_of->len)
		return;
	if (row->count > 1 &&
	    !slice_equal_nocase(
		slice_trim(account_sql_column(row, 1)), rows->domain))
		return;
	str_append(rows->alias_of, target);
	rows->ours++;
}

/* Of the tables that are ours: NULL is what a domain has that is no alias. */
static void
see_own_domain(void *ctx, const struct db_row *row)
{
	if (row->count > 0 && row->columns[0].ptr)
		see_domain_alias(ctx, row);
	else
		see_domain(ctx, row);
}

static enum db_fault
ask_own(struct account_sql *sql, const char *text, size_t params,
    struct domain_rows *rows, struct err *err)
{
	const struct db_value value = db_text(rows->domain);
	const struct db_value values[] = { value, value, value };
	struct sql_run run = { text, values, params, see_own_domain, rows, 0 };

	sql->questions++;
	return sql_link_run(sql->link, &run, err);
}

static bool
find_own_domain(struct account_sql *sql, bool with_aliases,
    struct domain_rows *rows, struct err *err)
{
	enum db_fault fault =
	    with_aliases ? ask_own(sql, own_domains_and_aliases, 3, rows, err)
			 : ask_own(sql, own_domains, 2, rows, err);

	if (fault != DB_REFUSED)
		return fault == DB_OK;
	if (!is_unmigrated(sql))
		return false;
	return ask_own(sql, users_domains, 1, rows, err) == DB_OK;
}

/* The same by queries of the site's own. */
static bool
find_by_queries(struct account_sql *sql, const struct account_name *name,
    struct domain_rows *rows, struct err *err)
{
	struct sql_run run = { .seen = see_domain_alias, .ctx = rows };
	enum db_fault fault;

	if (rows->ours == 0 && sql->queries[DOMAIN_QUERY].sql[0] &&
	    !account_sql_read(sql, DOMAIN_QUERY, name, see_domain, rows, err))
		return false;
	if (rows->ours == 0 && sql->queries[DOMAIN_QUERY].sql[0] == '\0' &&
	    !find_own_domain(sql, false, rows, err))
		return false;
	if (sql->queries[DOMAIN_ALIAS_QUERY].sql[0] == '\0')
		return true;
	fault = account_sql_run(sql, &run, DOMAIN_ALIAS_QUERY, name, NULL, err);
	if (fault != DB_REFUSED)
		return fault == DB_OK;
	return is_default_domain_alias(sql) && is_unmigrated(sql);
}

enum account_outcome
account_sql_find_domain(void *ctx, const struct account_name *name,
    struct str *alias_of, struct err *err)
{
	struct account_sql *sql = ctx;
	struct domain_rows rows = { name->domain, alias_of, 0 };
	bool looked;
	int listed = host_list_has(
	    &sql->host_list, sql->config->host_list, name->domain, err);

	if (listed < 0)
		return ACCOUNT_TEMPFAIL;
	rows.ours = (size_t)listed;
	if (sql->queries[DOMAIN_QUERY].sql[0] == '\0' &&
	    is_default_domain_alias(sql))
		looked = find_own_domain(sql, true, &rows, err);
	else
		looked = find_by_queries(sql, name, &rows, err);
	if (!looked)
		return ACCOUNT_TEMPFAIL;
	return rows.ours ? ACCOUNT_FOUND : ACCOUNT_UNKNOWN;
}

/* ---- the alias ---- */

#define ALIAS_COLUMN 2 /* what alias_query may leave out */

/* Rows of an alias: their targets come together, a drop goes before them. */
struct alias_rows {
	struct slice name;
	struct str *targets;
	bool found, drop, bad;
};

static void
see_alias(void *ctx, const struct db_row *row)
{
	struct alias_rows *rows = ctx;
	struct slice action = slice_trim(account_sql_column(row, 0));
	struct slice name = slice_trim(account_sql_column(row, ALIAS_COLUMN));

	if (row->count > ALIAS_COLUMN && !slice_equal_nocase(name, rows->name))
		return; /* a database takes more for equal */
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
	struct alias_rows rows = { name->user, targets, false, false, false };

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
