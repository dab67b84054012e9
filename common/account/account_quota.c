#include <errno.h>

#include "common/account/account_sql_own.h"

#define CONFLICTS_MAX 10 /* deadlocks with other processes, in a row */

/* Adds to the row that there is; with none, makes it (which two may do at the
 * same time: the statement adds then).  So a table without a usable key is
 * served as well. */
static enum db_fault
add_built_in(struct account_sql *sql, const struct account_quota_add *add,
    struct err *err)
{
	const struct db_value octets = db_number(add->octets);
	const struct db_value messages = db_number(add->messages);
	const struct db_value name = db_text(slice_from(add->name));
	const struct db_value update[] = { octets, messages, name };
	const struct db_value insert[] = { name, octets, messages, octets,
		messages };
	struct sql_run run = { .values = update, .count = 3 };
	enum db_fault fault = sql_link_connect(sql->link, err);

	if (fault != DB_OK)
		return fault;
	run.sql = sql_link_driver(sql->link)->quota_update;
	fault = sql_link_run(sql->link, &run, err);
	if (fault != DB_OK || run.affected > 0)
		return fault;
	run = (struct sql_run){ .values = insert, .count = 5 };
	run.sql = sql_link_driver(sql->link)->quota_insert;
	return sql_link_run(sql->link, &run, err);
}

static enum db_fault
add_one(struct account_sql *sql, const struct account_quota_add *add,
    struct err *err)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	struct sql_run run = { 0 };

	if (!account_name_parse(slice_from(add->name), &buffer, &name)) {
		(void)err_set(err, EINVAL, "no name"); /* the fault says it */
		return DB_REFUSED;
	}
	if (sql->queries[QUOTA_UPDATE].sql[0] == '\0')
		return add_built_in(sql, add, err);
	name.user = slice_from(add->name); /* case as in the row */
	return account_sql_run(sql, &run, QUOTA_UPDATE, &name, add, err);
}

/* An addition that the database refuses (a name too long for the column) does
 * not take the others with it; any other fault does. */
static enum db_fault
add_each(struct account_sql *sql, struct account_quota_add *adds, size_t n,
    struct err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		enum db_fault fault = add_one(sql, &adds[i], err);

		adds[i].refused = fault == DB_REFUSED;
		if (fault == DB_REFUSED)
			account_sql_notice(
			    sql, "quota of %s: %s", adds[i].name, err->text);
		else if (fault != DB_OK)
			return fault;
	}
	return DB_OK;
}

/* ---- many at once ---- */

/* The values of quota_many; the last addition stands for those that are not
 * there, where nobody looks. */
static void
bind_many(const struct account_quota_add *adds, size_t n,
    struct db_value values[DB_PARAMS_MAX])
{
	struct db_value *octets = values;
	struct db_value *messages = octets + 2 * DB_QUOTA_MANY;
	struct db_value *names = messages + 2 * DB_QUOTA_MANY;
	size_t i;

	for (i = 0; i < DB_QUOTA_MANY; i++) {
		const struct account_quota_add *add = &adds[i < n ? i : n - 1];

		names[i] = db_text(slice_from(add->name));
		octets[2 * i] = messages[2 * i] = names[i];
		octets[2 * i + 1] = db_number(add->octets);
		messages[2 * i + 1] = db_number(add->messages);
	}
}

/* Rows that are there for additions, one for each. */
struct many_rows {
	const struct account_quota_add *adds;
	size_t n;
	bool has[DB_QUOTA_MANY];
	size_t good, bad; /* rows of names that were asked for, and others */
};

static void
see_row(void *ctx, const struct db_row *row)
{
	struct many_rows *rows = ctx;
	struct slice name = slice_trim(account_sql_column(row, 0));
	size_t i;

	for (i = 0; i < rows->n; i++)
		if (!rows->has[i] && slice_is_nocase(name, rows->adds[i].name))
			break;
	if (i < rows->n)
		rows->has[i] = true;
	rows->good += i < rows->n;
	rows->bad += i == rows->n;
}

/* Adds to rows that are there, at most DB_QUOTA_MANY; DB_END, and nothing is
 * added, when one has none of its own: a table may have no key, and an engine
 * that takes nothing back. */
static enum db_fault
add_part(struct account_sql *sql, const struct account_quota_add *adds,
    size_t n, struct err *err)
{
	const struct db_driver *driver = sql_link_driver(sql->link);
	struct many_rows rows = { .adds = adds, .n = n };
	struct db_value values[DB_PARAMS_MAX];
	struct sql_run look = { .sql = driver->quota_rows,
		.values = values + 4 * DB_QUOTA_MANY,
		.count = DB_QUOTA_MANY,
		.seen = see_row,
		.ctx = &rows };
	struct sql_run add = { .sql = driver->quota_many,
		.values = values,
		.count = 5 * DB_QUOTA_MANY };
	enum db_fault fault;

	bind_many(adds, n, values);
	fault = sql_link_run(sql->link, &look, err);
	if (fault == DB_OK && (rows.good != n || rows.bad))
		return DB_END;
	if (fault == DB_OK)
		fault = sql_link_run(sql->link, &add, err);
	return fault;
}

/* Those that cannot be added together are by themselves. */
static enum db_fault
add_many(struct account_sql *sql, struct account_quota_add *adds, size_t n,
    struct err *err)
{
	enum db_fault fault = DB_OK;
	size_t at, part;

	for (at = 0; at < n && fault == DB_OK; at += part) {
		part = n - at < DB_QUOTA_MANY ? n - at : DB_QUOTA_MANY;
		fault = add_part(sql, adds + at, part, err);
		if (fault == DB_END || fault == DB_REFUSED)
			fault = add_each(sql, adds + at, part, err);
	}
	return fault;
}

static bool
has_many(const struct account_sql *sql)
{
	return sql->queries[QUOTA_UPDATE].sql[0] == '\0' &&
	       sql_link_driver(sql->link)->quota_many;
}

static enum db_fault
add_together(struct account_sql *sql, struct account_quota_add *adds, size_t n,
    struct err *err)
{
	enum db_fault fault = sql_link_connect(sql->link, err);
	struct err ignored;

	if (fault == DB_OK)
		fault = sql_link_exec(
		    sql->link, sql_link_driver(sql->link)->begin, err);
	if (fault != DB_OK)
		return fault;
	fault = has_many(sql) ? add_many(sql, adds, n, err)
			      : add_each(sql, adds, n, err);
	if (fault == DB_OK)
		fault = sql_link_exec(sql->link, "COMMIT", err);
	if (fault != DB_OK && fault != DB_LOST)
		(void)sql_link_exec(/* the first fault is the one to tell */
		    sql->link, "ROLLBACK", &ignored);
	return fault;
}

enum account_outcome
account_sql_quota_add(struct account_sql *sql, struct account_quota_add *adds,
    size_t n, struct err *err)
{
	enum db_fault fault = DB_CONFLICT;
	unsigned int tries;

	for (tries = 0; fault == DB_CONFLICT && tries < CONFLICTS_MAX; tries++)
		fault = n == 1 ? add_each(sql, adds, n, err)
			       : add_together(sql, adds, n, err);
	return fault == DB_OK ? ACCOUNT_FOUND : ACCOUNT_TEMPFAIL;
}
