#include "common/account/account_sql_own.h"
#include "common/account/greylist.h"
#include "common/base/clock.h"
#include "common/base/num.h"

#define CONFLICTS_MAX 10  /* with other processes, in a row */
#define DAY 86400         /* seconds: what is in use is written to no oftener */
#define EXPIRE_CHANCE 128 /* one in so many new rows takes old ones away: */
#define EXPIRE_ROWS 1024  /* so many at least, if there are; in a moment */

/* The row of the network has neither sender nor recipient. */
static const char look_up[] =
    "SELECT sender, recipient, first_seen, expires, passed FROM greylist "
    "WHERE network = ? AND ((sender = ? AND recipient = ?) "
    "OR (sender = '' AND recipient = ''))";
static const char insert[] =
    "INSERT INTO greylist (first_seen, expires, passed, network, sender, "
    "recipient) VALUES (?, ?, ?, ?, ?, ?)";
static const char begin_again[] =
    "UPDATE greylist SET first_seen = ?, expires = ?, passed = 0 "
    "WHERE network = ? AND sender = ? AND recipient = ?";
static const char pass[] =
    "UPDATE greylist SET passed = 1, expires = ? "
    "WHERE network = ? AND sender = ? AND recipient = ? AND passed = 0";
static const char prolong[] =
    "UPDATE greylist SET expires = ? "
    "WHERE network = ? AND sender = ? AND recipient = ?";
static const char count_network[] =
    "UPDATE greylist SET passed = CASE WHEN expires < ? THEN 1 "
    "ELSE passed + 1 END, expires = ? "
    "WHERE network = ? AND sender = '' AND recipient = ''";
static const char expire[] = "DELETE FROM greylist WHERE expires < ?";
static const char expired_row[] =
    "SELECT expires FROM greylist WHERE expires < ? "
    "ORDER BY expires LIMIT 1 OFFSET ?";
static const char crowded_row[] =
    "SELECT first_seen FROM greylist WHERE network = ? AND passed = 0 "
    "ORDER BY first_seen DESC LIMIT 1 OFFSET ?";
static const char crowd_out[] =
    "DELETE FROM greylist WHERE network = ? AND passed = 0 "
    "AND first_seen <= ?";

struct row {
	bool there;
	int64_t first_seen, expires, passed;
};

/* A question on its way. */
struct asked {
	struct account_sql *sql;
	const struct greylist_question *q;
	int64_t now;
	struct row triplet, network;
	struct err *err;
};

static int64_t
number_of(const struct db_row *row, size_t i)
{
	uint64_t value = 0;

	(void)num_parse(/* else it is as old as can be */
	    account_sql_column(row, i), INT64_MAX, &value);
	return (int64_t)value;
}

static void
see(void *ctx, const struct db_row *row)
{
	struct asked *a = ctx;
	bool network = account_sql_column(row, 1).len == 0;
	struct row *to = network ? &a->network : &a->triplet;
	struct row r = { false, number_of(row, 2), number_of(row, 3),
		number_of(row, 4) };

	/* what waits since tomorrow would wait till the day after */
	r.there = r.expires >= a->now && (r.passed || r.first_seen <= a->now);
	*to = r;
}

static enum db_fault
run(struct asked *a, const char *statement, const struct db_value *values,
    size_t n, uint64_t *ret_affected)
{
	struct sql_run sql = { statement, values, n, NULL, NULL, 0 };
	enum db_fault fault = sql_link_run(a->sql->link, &sql, a->err);

	if (ret_affected)
		*ret_affected = sql.affected;
	return fault;
}

static struct db_value
text_of(struct slice text)
{
	return db_text(text.len ? text : slice_from(""));
}

/* ---- the steps ---- */

/* One that the very same message makes at the same time may be first. */
static enum db_fault
begin(struct asked *a)
{
	const struct greylist_question *q = a->q;
	const struct db_value values[] = { db_number(a->now),
		db_number(a->now + (int64_t)q->window), text_of(q->network),
		text_of(q->sender), text_of(q->recipient) };
	const struct db_value all[] = { values[0], values[1], db_number(0),
		values[2], values[3], values[4] };
	enum db_fault fault = DB_OK;
	uint64_t found = 0;

	if (a->triplet.expires) /* it was there, too long ago */
		fault = run(a, begin_again, values, 5, &found);
	if (fault == DB_OK && found == 0)
		fault = run(a, insert, all, 6, NULL);
	return fault == DB_EXISTS ? DB_OK : fault;
}

static enum db_fault
count(struct asked *a)
{
	int64_t expires = a->now + (int64_t)a->q->expire;
	const struct db_value values[] = { db_number(a->now),
		db_number(expires), text_of(a->q->network) };
	const struct db_value all[] = { values[0], values[1], db_number(1),
		values[2], text_of(slice_from("")), text_of(slice_from("")) };
	uint64_t found = 0;
	enum db_fault fault = run(a, count_network, values, 3, &found);

	if (fault != DB_OK || found)
		return fault;
	fault = run(a, insert, all, 6, NULL);
	return fault == DB_EXISTS ? run(a, count_network, values, 3, NULL)
				  : fault;
}

/* The second try.  Of several at a time one counts for the network. */
static enum db_fault
let_in(struct asked *a)
{
	const struct db_value values[] = {
		db_number(a->now + (int64_t)a->q->expire),
		text_of(a->q->network),
		text_of(a->q->sender),
		text_of(a->q->recipient),
	};
	uint64_t changed = 0;
	enum db_fault fault = run(a, pass, values, 4, &changed);

	return fault == DB_OK && changed ? count(a) : fault;
}

/* A row that is in use lives on. */
static enum db_fault
keep(struct asked *a, const struct row *row)
{
	int64_t expires = a->now + (int64_t)a->q->expire;
	struct slice none = { "", 0 };
	bool network = row == &a->network;
	const struct db_value values[] = {
		db_number(expires),
		text_of(a->q->network),
		text_of(network ? none : a->q->sender),
		text_of(network ? none : a->q->recipient),
	};

	if (row->expires > expires - DAY)
		return DB_OK;
	return run(a, prolong, values, 4, NULL);
}

static void
see_number(void *ctx, const struct db_row *row)
{
	*(int64_t *)ctx = number_of(row, 0);
}

/* The only number that a statement finds, or that given. */
static int64_t
find_number(
    struct asked *a, const char *statement, struct db_value of, int64_t skip)
{
	const struct db_value values[] = { of, db_number(skip) };
	int64_t found = -1;
	struct sql_run sql = { statement, values, 2, see_number, &found, 0 };

	if (sql_link_run(a->sql->link, &sql, a->err) != DB_OK)
		return -1;
	return found;
}

/* Not all at once: whoever was flooded would stand still once more. */
static void
clean_expired(struct asked *a)
{
	int64_t last =
	    find_number(a, expired_row, db_number(a->now), EXPIRE_ROWS - 1);
	const struct db_value until = db_number(last < 0 ? a->now : last + 1);

	(void)run(a, expire, &until, 1, NULL); /* another one will do it */
}

/* Of one network so many may wait; the oldest make room. */
static void
clean_network(struct asked *a)
{
	const struct db_value network = text_of(a->q->network);
	int64_t last =
	    find_number(a, crowded_row, network, GREYLIST_WAITING_MAX);
	const struct db_value values[] = { network, db_number(last) };

	if (last >= 0)
		(void)run(a, crowd_out, values, 2, NULL); /* likewise */
}

/* What is of no use any more goes, now and then. */
static void
clean(struct asked *a)
{
	struct err ignored;
	struct err *err = a->err;

	if (clock_now().tv_nsec / 1000 % EXPIRE_CHANCE != 0)
		return;
	a->err = &ignored;
	clean_expired(a);
	clean_network(a);
	a->err = err;
}

static enum db_fault
decide(struct asked *a, uint64_t *ret_wait)
{
	const struct greylist_question *q = a->q;
	const struct row *known = &a->triplet;
	int64_t left = known->first_seen + (int64_t)q->delay - a->now;
	enum db_fault fault;

	*ret_wait = 0;
	if (q->automatic && a->network.there &&
	    a->network.passed >= (int64_t)q->automatic)
		return keep(a, &a->network);
	if (known->there && known->passed)
		return keep(a, known);
	if (known->there && left <= 0)
		return let_in(a);
	*ret_wait = q->delay;
	if (known->there && left < (int64_t)q->delay)
		*ret_wait = (uint64_t)left;
	if (known->there)
		return DB_OK;
	fault = begin(a);
	if (fault == DB_OK)
		clean(a);
	return fault;
}

static enum db_fault
ask_once(struct asked *a, uint64_t *ret_wait)
{
	const struct db_value values[] = { text_of(a->q->network),
		text_of(a->q->sender), text_of(a->q->recipient) };
	struct sql_run sql = { look_up, values, 3, see, a, 0 };
	enum db_fault fault;

	a->triplet = a->network = (struct row){ false, 0, 0, 0 };
	fault = sql_link_run(a->sql->link, &sql, a->err);
	return fault == DB_OK ? decide(a, ret_wait) : fault;
}

enum account_outcome
account_sql_greylist(struct account_sql *sql,
    const struct greylist_question *question, int64_t now, uint64_t *ret_wait,
    struct err *err)
{
	struct asked a = { .sql = sql, .q = question, .now = now, .err = err };
	enum db_fault fault = DB_CONFLICT;
	uint64_t wait = 0;
	unsigned tries;

	for (tries = 0; fault == DB_CONFLICT && tries < CONFLICTS_MAX; tries++)
		fault = ask_once(&a, &wait);
	if (fault != DB_OK)
		return ACCOUNT_TEMPFAIL;
	*ret_wait = wait;
	return ACCOUNT_FOUND;
}
