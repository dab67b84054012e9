/* The table expires, as Dovecot's plugin of that name has it: since when the
 * first message of a folder with a rule is there. */
#include "common/account/account_sql_own.h"

static const char find[] =
    "SELECT expire_stamp FROM expires WHERE username = ? AND mailbox = ?";
static const char insert[] =
    "INSERT INTO expires (expire_stamp, username, mailbox) VALUES (?, ?, ?)";
static const char update[] =
    "UPDATE expires SET expire_stamp = ? WHERE username = ? AND mailbox = ?";
static const char forget[] =
    "DELETE FROM expires WHERE username = ? AND mailbox = ?";

static void
see_stamp(void *ctx, const struct db_row *row)
{
	bool *known = ctx;
	struct slice stamp = slice_trim(account_sql_column(row, 0));

	*known = stamp.len && !slice_is(stamp, "0");
}

/* values: stamp, name, mailbox. */
static enum db_fault
put(struct account_sql *sql, const struct db_value values[3], struct err *err)
{
	struct sql_run run = { .sql = update, .values = values, .count = 3 };
	enum db_fault fault = sql_link_run(sql->link, &run, err);

	if (fault != DB_OK || run.affected > 0)
		return fault;
	run = (struct sql_run){ .sql = insert, .values = values, .count = 3 };
	return sql_link_run(sql->link, &run, err);
}

static enum db_fault
expire(struct account_sql *sql, const struct db_value values[3],
    const struct account_expiry *expiry, struct err *err)
{
	bool known = false;
	struct sql_run run = { .sql = find,
		.values = values + 1,
		.count = 2,
		.seen = see_stamp,
		.ctx = &known };
	enum db_fault fault;

	if (expiry->added) {
		fault = sql_link_run(sql->link, &run, err);
		if (fault != DB_OK || known)
			return fault;
	}
	if (expiry->saved != 0)
		return put(sql, values, err);
	run =
	    (struct sql_run){ .sql = forget, .values = values + 1, .count = 2 };
	return sql_link_run(sql->link, &run, err);
}

enum account_outcome
account_sql_expire(struct account_sql *sql, struct slice name,
    const struct account_expiry *expiry, struct err *err)
{
	const struct db_value values[3] = { db_number(expiry->saved),
		db_text(name), db_text(expiry->mailbox) };
	enum db_fault fault = expire(sql, values, expiry, err);

	if (fault == DB_LOST) /* as a connection that was idle for long is */
		fault = expire(sql, values, expiry, err);
	return fault == DB_OK ? ACCOUNT_FOUND : ACCOUNT_TEMPFAIL;
}
