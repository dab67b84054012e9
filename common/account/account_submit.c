#include "common/account/account_submit.h"
#include "common/account/account_scram.h"
#include "common/account/account_sql_own.h"
#include "common/base/clock.h"
#include "common/base/num.h"

#define CONFLICTS_MAX 10 /* with other processes, in a row */
#define DAY_SECONDS 86400

static const char add[] =
    "UPDATE submission_counts SET recipients = recipients + ? "
    "WHERE login = ? AND what = 'n' AND slot = ?";
static const char take[] =
    "UPDATE submission_counts SET recipients = recipients - ? "
    "WHERE login = ? AND what = 'n' AND slot = ? AND recipients >= ?";
static const char insert[] =
    "INSERT INTO submission_counts (recipients, login, slot, what) "
    "VALUES (?, ?, ?, 'n')";
static const char expire[] = "DELETE FROM submission_counts WHERE slot < ?";
static const char sums[] =
    "SELECT SUM(CASE WHEN slot > ? THEN recipients ELSE 0 END), "
    "SUM(recipients) FROM submission_counts "
    "WHERE login = ? AND what = 'n' AND slot > ?";
static const char tell[] =
    "INSERT INTO submission_counts (login, slot, what, recipients) "
    "VALUES (?, ?, 't', 0)";

/* One login's counters at one moment. */
struct counter {
	struct account_sql *sql;
	struct str login; /* as it is in the table */
	int64_t slot;
	uint64_t hour, day; /* recipients */
	struct err *err;
};

static enum db_fault
run(struct counter *c, const char *text, const struct db_value *values,
    size_t n, uint64_t *ret_affected)
{
	struct sql_run r = { text, values, n, NULL, NULL, 0 };
	enum db_fault fault = sql_link_run(c->sql->link, &r, c->err);

	*ret_affected = fault == DB_OK ? r.affected : 0;
	return fault;
}

/* Adds to the slot's row.  The first one of a slot also removes what nobody
 * asks about any more. */
static enum db_fault
add_to_slot(struct counter *c, uint32_t n)
{
	const struct db_value values[] = { db_number(n),
		db_text(str_slice(&c->login)), db_number(c->slot) };
	const struct db_value old = db_number(c->slot - SUBMIT_SLOTS_DAY);
	uint64_t affected;
	enum db_fault fault = run(c, add, values, 3, &affected);

	if (fault != DB_OK || affected > 0)
		return fault;
	fault = run(c, insert, values, 3, &affected);
	if (fault == DB_EXISTS) /* another was faster */
		return run(c, add, values, 3, &affected);
	if (fault == DB_OK)
		fault = run(c, expire, &old, 1, &affected);
	return fault;
}

static enum db_fault
take_from_slot(struct counter *c, uint32_t n)
{
	const struct db_value values[] = { db_number(n),
		db_text(str_slice(&c->login)), db_number(c->slot),
		db_number(n) };
	uint64_t affected;

	return run(c, take, values, 4, &affected);
}

static uint64_t
number(struct slice text)
{
	uint64_t value = 0;

	text = slice_head(text, slice_find(text, '.')); /* of a DECIMAL */
	(void)num_parse(text, INT64_MAX, &value);       /* NULL is 0 */
	return value;
}

static void
see_sums(void *ctx, const struct db_row *row)
{
	struct counter *c = ctx;

	c->hour = number(account_sql_column(row, 0));
	c->day = number(account_sql_column(row, 1));
}

static enum db_fault
read_sums(struct counter *c)
{
	const struct db_value values[] = {
		db_number(c->slot - SUBMIT_SLOTS_HOUR),
		db_text(str_slice(&c->login)),
		db_number(c->slot - SUBMIT_SLOTS_DAY),
	};
	struct sql_run r = { sums, values, 3, see_sums, c, 0 };

	return sql_link_run(c->sql->link, &r, c->err);
}

/* How many of the n that are in the sum already are too many. */
static uint32_t
excess(uint64_t sum, int64_t limit, uint32_t n)
{
	uint64_t over;

	if (limit == 0 || sum <= (uint64_t)limit)
		return 0;
	over = sum - (uint64_t)limit;
	return over < n ? (uint32_t)over : n;
}

/* Is this the first time today that the login has had none? */
static enum db_fault
tell_once(struct counter *c, bool *ret_first)
{
	int64_t now = (int64_t)clock_now().tv_sec;
	const struct db_value values[] = { db_text(str_slice(&c->login)),
		db_number(now / DAY_SECONDS * SUBMIT_SLOTS_DAY) };
	uint64_t affected;
	enum db_fault fault = run(c, tell, values, 2, &affected);

	*ret_first = fault == DB_OK;
	return fault == DB_EXISTS ? DB_OK : fault;
}

/* Adds first and looks then: the row is locked, and of two who ask at the same
 * time one sees what the other has. */
static enum db_fault
reserve_in(struct counter *c, uint32_t wanted, struct account_reserved *ret)
{
	const struct account_config *config = c->sql->config;
	uint32_t hour, day, over;
	enum db_fault fault = add_to_slot(c, wanted);

	if (fault == DB_OK)
		fault = read_sums(c);
	if (fault != DB_OK)
		return fault;
	hour = excess(c->hour, config->submission_max_per_hour, wanted);
	day = excess(c->day, config->submission_max_per_day, wanted);
	over = hour > day ? hour : day;
	if (over)
		fault = take_from_slot(c, over);
	ret->granted = wanted - over;
	ret->slot = c->slot;
	if (fault == DB_OK && ret->granted == 0)
		fault = tell_once(c, &ret->tell);
	return fault;
}

/* All of it in one transaction, or nothing. */
static enum db_fault
reserve(struct counter *c, uint32_t wanted, struct account_reserved *ret)
{
	struct sql_link *link = c->sql->link;
	enum db_fault fault = sql_link_connect(link, c->err);
	struct err ignored;

	if (fault == DB_OK)
		fault =
		    sql_link_exec(link, sql_link_driver(link)->begin, c->err);
	if (fault != DB_OK)
		return fault;
	fault = reserve_in(c, wanted, ret);
	if (fault == DB_OK)
		fault = sql_link_exec(link, "COMMIT", c->err);
	if (fault != DB_OK && fault != DB_LOST)
		(void)sql_link_exec(/* the first fault is the one to tell */
		    link, "ROLLBACK", &ignored);
	return fault;
}

static void
counter_init(struct counter *c, struct account_sql *sql, struct slice login,
    struct err *err)
{
	*c = (struct counter){ .sql = sql, .err = err };
	account_scram_name(login, &c->login);
	c->slot = (int64_t)clock_now().tv_sec / SUBMIT_SLOT_SECONDS;
}

enum account_outcome
account_sql_reserve(struct account_sql *sql, struct slice login,
    uint32_t wanted, struct account_reserved *ret_reserved, struct err *err)
{
	struct account_reserved reserved = { wanted, 0, false };
	enum db_fault fault = DB_CONFLICT;
	struct counter c;
	unsigned int tries;

	counter_init(&c, sql, login, err);
	if (sql->config->submission_max_per_hour == 0 &&
	    sql->config->submission_max_per_day == 0)
		fault = DB_OK;
	for (tries = 0; fault == DB_CONFLICT && tries < CONFLICTS_MAX; tries++)
		fault = reserve(&c, wanted, &reserved);
	str_release(&c.login);
	if (fault != DB_OK)
		return ACCOUNT_TEMPFAIL;
	*ret_reserved = reserved;
	return ACCOUNT_FOUND;
}

enum account_outcome
account_sql_give_back(struct account_sql *sql, struct slice login,
    const struct account_reserved *reserved, struct err *err)
{
	enum db_fault fault = DB_CONFLICT;
	struct counter c;
	unsigned int tries;

	counter_init(&c, sql, login, err);
	c.slot = reserved->slot;
	for (tries = 0; fault == DB_CONFLICT && tries < CONFLICTS_MAX; tries++)
		fault = take_from_slot(&c, reserved->granted);
	str_release(&c.login);
	return fault == DB_OK ? ACCOUNT_FOUND : ACCOUNT_TEMPFAIL;
}
