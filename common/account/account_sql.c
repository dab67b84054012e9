#include <errno.h>
#include <stdlib.h>

#include "common/account/account_sql_own.h"
#include "common/base/mem.h"

/*
 * What the settings ask for by default, as one question.  The quota is that of
 * the address which was asked for and not of the row's: the tables may be of
 * different collations, and a value fits each.
 */
#define JOINED_COLUMNS                                                         \
	"SELECT users.name, users.home, users.uid, users.gid, users.quota, "   \
	"users.domain, quota.bytes, quota.messages"
#define JOINED_TABLES " FROM users LEFT JOIN quota ON quota.username = %u"
#define JOINED_WHERE " WHERE users.name = %n AND users.domain = %d"

static const char joined_query[] = JOINED_COLUMNS
    ", disabled_users.username" JOINED_TABLES
    " LEFT JOIN disabled_users ON disabled_users.username = %u" JOINED_WHERE;
static const char joined_unmigrated[] =
    JOINED_COLUMNS JOINED_TABLES JOINED_WHERE;

/* ---- life ---- */

static int
compile_all(struct account_sql *sql, struct err *err)
{
	const struct account_config *c = sql->config;
	const struct {
		const char *name, *text;
		enum query_numbers numbers;
	} rows[QUERIES] = {
		[USER_QUERY] = { "user_query", c->user_query, QUERY_TEXTS },
		[PASSWORD_QUERY] = { "password_query", c->password_query,
		    QUERY_TEXTS },
		[ALIAS_QUERY] = { "alias_query", c->alias_query, QUERY_TEXTS },
		[DOMAIN_QUERY] = { "domain_query", c->domain_query,
		    QUERY_TEXTS },
		[DOMAIN_ALIAS_QUERY] = { "domain_alias_query",
		    c->domain_alias_query, QUERY_TEXTS },
		[DISABLED_QUERY] = { "disabled_query", c->disabled_query,
		    QUERY_TEXTS },
		[JOINED_QUERY] = { "user_query", joined_query, QUERY_TEXTS },
		[JOINED_UNMIGRATED] = { "user_query", joined_unmigrated,
		    QUERY_TEXTS },
		[QUOTA_QUERY] = { "quota_query", c->quota_query, QUERY_TEXTS },
		[QUOTA_UPDATE] = { "quota_update", c->quota_update,
		    QUERY_NUMBERS },
		[SCRAM_QUERY] = { "scram_query", c->scram_query, QUERY_TEXTS },
		[SENDER_QUERY] = { "sender_query", c->sender_query,
		    QUERY_TEXTS },
		[SPAM_QUERY] = { "spam_query",
		    c->spam_query ? c->spam_query : "", QUERY_TEXTS },
	};
	struct err why;
	size_t i;

	for (i = 0; i < QUERIES; i++)
		if (query_compile(rows[i].text ? rows[i].text : "",
			rows[i].numbers, &sql->queries[i], &why) < 0)
			return err_set(
			    err, EINVAL, "%s: %s", rows[i].name, why.text);
	return 0;
}

void
account_sql_free(struct account_sql *sql)
{
	size_t i;

	if (sql == NULL)
		return;
	sql_link_free(sql->link);
	for (i = 0; i < QUERIES; i++)
		query_release(&sql->queries[i]);
	host_list_release(&sql->host_list);
	str_release(&sql->sample);
	str_wipe(&sql->scram_secret);
	free(sql);
}

void
account_sql_begin_request(struct account_sql *sql)
{
	sql_link_begin_request(sql->link);
}

bool
account_sql_is_connected(const struct account_sql *sql)
{
	return sql_link_is_connected(sql->link);
}

/* ---- running queries ---- */

/* The values of a query's tokens for name (and the numbers of an addition). */
static void
bind_tokens(const struct query *query, const struct account_name *name,
    const struct account_quota_add *add, struct db_value *values)
{
	static const struct account_quota_add none = { 0 };
	size_t i;

	if (add == NULL)
		add = &none;
	for (i = 0; i < query->count; i++) {
		switch (query->tokens[i]) {
		case QUERY_USER:
			values[i] = db_text(name->user);
			break;
		case QUERY_NAME:
			values[i] = db_text(name->local);
			break;
		case QUERY_DOMAIN:
			values[i] = db_text(name->domain);
			break;
		case QUERY_OCTETS:
			values[i] = db_number(add->octets);
			break;
		case QUERY_MESSAGES:
			values[i] = db_number(add->messages);
			break;
		}
	}
}

enum db_fault
account_sql_run(struct account_sql *sql, struct sql_run *run,
    enum account_query which, const struct account_name *name,
    const struct account_quota_add *add, struct err *err)
{
	const struct query *query = &sql->queries[which];
	struct db_value values[QUERY_PARAMS_MAX];

	bind_tokens(query, name, add, values);
	run->sql = query->sql;
	run->values = values;
	run->count = query->count;
	sql->questions++;
	return sql_link_run(sql->link, run, err);
}

bool
account_sql_read(struct account_sql *sql, enum account_query which,
    const struct account_name *name, sql_row_seen *seen, void *ctx,
    struct err *err)
{
	struct sql_run run = { .seen = seen, .ctx = ctx };

	return account_sql_run(sql, &run, which, name, NULL, err) == DB_OK;
}

void
account_sql_notice(struct account_sql *sql, const char *fmt, ...)
{
	STR_AUTO text = STR_INIT;
	va_list ap;

	if (sql->notice == NULL)
		return;
	va_start(ap, fmt);
	str_vappendf(&text, fmt, ap);
	va_end(ap);
	sql->notice(sql->notice_ctx, str_cstr(&text));
}

struct slice
account_sql_column(const struct db_row *row, size_t i)
{
	if (i >= row->count || row->columns[i].ptr == NULL)
		return slice_from("");
	return row->columns[i];
}

/* Is that column's text what was asked for?  Blanks around it were always the
 * table's own affair. */
static bool
column_is(const struct db_row *row, size_t i, struct slice asked)
{
	return slice_equal_nocase(
	    slice_trim(account_sql_column(row, i)), asked);
}

/* Is the row of the domain that was asked for?  A query that does not say is
 * trusted with ASCII alone. */
static bool
is_of_domain(const struct db_row *row, const struct account_name *name,
    size_t domain_column)
{
	if (name->domain.len == 0)
		return true;
	if (row->count <= domain_column)
		return slice_is_ascii(name->domain);
	return column_is(row, domain_column, name->domain);
}

char *
account_sql_login_name(const struct db_row *row,
    const struct account_name *name, size_t domain_column)
{
	struct slice text = slice_trim(account_sql_column(row, 0));
	bool whole = slice_find(text, '@') < text.len;
	struct str full = STR_INIT;

	if (!whole && (!column_is(row, 0, name->local) ||
			  !is_of_domain(row, name, domain_column)))
		return NULL;
	str_append(&full, text);
	if (!whole && name->domain.len) {
		str_append_char(&full, '@');
		str_append(&full, name->domain);
	}
	return str_take(&full);
}

static void
pass_notice(void *ctx, const char *text)
{
	account_sql_notice(ctx, "%s", text);
}

int
account_sql_new(const struct account_config *config, account_notice *notice,
    void *ctx, struct account_sql **ret_sql, struct err *err)
{
	struct account_sql *sql = mem_zalloc(1, sizeof *sql);
	int rc;

	sql->config = config;
	sql->notice = notice;
	sql->notice_ctx = ctx;
	sql->link = sql_link_new(&config->db, DB_SERVE);
	sql->source = (struct account_source){
		.domain = account_sql_find_domain,
		.user = account_sql_find_user,
		.alias = account_sql_find_alias,
		.forms = idna_find_forms,
		.notice = pass_notice,
		.ctx = sql,
		.delimiters = config->subaddress_delimiter,
		.mailbox_first = config->mailbox_first,
		.users_make_domains = config->domain_query[0] == '\0',
	};
	sql->is_joined =
	    strcmp(config->user_query, ACCOUNT_USER_QUERY) == 0 &&
	    strcmp(config->quota_query, ACCOUNT_QUOTA_QUERY) == 0 &&
	    strcmp(config->disabled_query, ACCOUNT_DISABLED_QUERY) == 0;
	rc = compile_all(sql, err);
	if (rc < 0)
		account_sql_free(sql);
	else
		*ret_sql = sql;
	return rc;
}

static void
pass_trace(void *ctx, const char *text)
{
	struct account_sql *sql = ctx;

	sql->trace(sql->trace_ctx, text);
}

void
account_sql_trace(struct account_sql *sql, account_notice *trace, void *ctx)
{
	sql->trace = trace;
	sql->trace_ctx = ctx;
	sql->source.trace = trace ? pass_trace : NULL;
}

uint64_t
account_sql_questions(const struct account_sql *sql)
{
	return sql->questions;
}

enum account_outcome
account_sql_resolve(struct account_sql *sql, struct slice address,
    struct account_targets *ret_targets, struct err *err)
{
	return account_expand(&sql->source, address, ret_targets, err);
}

enum account_outcome
account_sql_lookup(struct account_sql *sql, struct slice name,
    struct account_user *ret_user, struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name parsed;

	if (!account_name_parse(name, &buffer, &parsed))
		return ACCOUNT_UNKNOWN;
	return account_sql_find_user(sql, &parsed, ret_user, err);
}
