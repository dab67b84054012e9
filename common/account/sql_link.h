/* A database connection that comes late, tries the hosts in turn, keeps its
 * prepared statements and is made anew once when it was lost.
 * Never repeats a statement that is not the first one of its request. */
#ifndef NJIWA_ACCOUNT_SQL_LINK_H
#define NJIWA_ACCOUNT_SQL_LINK_H

#include "common/account/db.h"

#define SQL_LINK_STATEMENTS 48 /* prepared at the same time */

struct sql_link;

/* Loads no driver and connects to nothing yet.  config is borrowed. */
struct sql_link *sql_link_new(
    const struct account_db_config *config, enum db_use use);
void sql_link_free(struct sql_link *link);

/* A request of its own begins: its first statement may find the connection
 * lost, and is then run again on a new one. */
void sql_link_begin_request(struct sql_link *link);

/* Connects when there is no connection: DB_OK, DB_TEMPORARY, or DB_REFUSED
 * when there is no driver.  For a second after an attempt that took long and
 * failed there is none, and its fault is told again. */
enum db_fault sql_link_connect(struct sql_link *link, struct err *err);

/* Is there a connection, as far as is known? */
bool sql_link_is_connected(const struct sql_link *link);

/* The driver, loaded by sql_link_connect; NULL before. */
const struct db_driver *sql_link_driver(const struct sql_link *link);

/* Gets a row; it is borrowed for the call. */
typedef void sql_row_seen(void *ctx, const struct db_row *row);

/* A statement with its values. */
struct sql_run {
	const char *sql; /* the statement stays prepared under this pointer */
	const struct db_value *values;
	size_t count;
	sql_row_seen *seen; /* may be NULL */
	void *ctx;
	uint64_t affected; /* set when it was run */
};

/* Runs it and hands every row over.  DB_OK, or a fault with err filled; the
 * connection is closed after DB_LOST. */
enum db_fault sql_link_run(
    struct sql_link *link, struct sql_run *run, struct err *err);

/* A statement of our own without values: BEGIN, a migration. */
enum db_fault sql_link_exec(
    struct sql_link *link, const char *sql, struct err *err);

static inline struct db_value
db_text(struct slice text)
{
	return (struct db_value){ false, 0, text };
}

static inline struct db_value
db_number(int64_t number)
{
	return (struct db_value){ true, number, { NULL, 0 } };
}

#endif
