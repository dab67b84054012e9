#include <errno.h>
#include <stdlib.h>

#include "common/account/sql_link.h"
#include "common/base/clock.h"
#include "common/base/driver.h"
#include "common/base/mem.h"
#include "common/base/str.h"

#define HOSTS_MAX 16
#define SLOW_MS 500  /* who waited so long to be refused */
#define REST_MS 1000 /* is not tried again so soon */

struct cached {
	const char *sql;
	struct db_stmt *stmt;
};

struct sql_link {
	const struct account_db_config *config;
	enum db_use use;
	const struct db_driver *driver;
	struct db *db;
	size_t host; /* the one that answered last */
	bool may_repeat;
	struct cached cache[SQL_LINK_STATEMENTS];
	size_t cached;
	int64_t rest;   /* deadline (clock.h): till then nobody is tried, */
	struct err why; /* because of that */
};

struct sql_link *
sql_link_new(const struct account_db_config *config, enum db_use use)
{
	struct sql_link *link = mem_zalloc(1, sizeof *link);

	link->config = config;
	link->use = use;
	link->rest = CLOCK_PAST;
	return link;
}

static void
forget_statements(struct sql_link *link)
{
	while (link->cached > 0)
		link->driver->finish(link->cache[--link->cached].stmt);
}

static void
disconnect(struct sql_link *link)
{
	if (link->db == NULL)
		return;
	forget_statements(link);
	link->driver->close(link->db);
	link->db = NULL;
}

void
sql_link_free(struct sql_link *link)
{
	if (link == NULL)
		return;
	disconnect(link);
	free(link);
}

void
sql_link_begin_request(struct sql_link *link)
{
	link->may_repeat = true;
}

const struct db_driver *
sql_link_driver(const struct sql_link *link)
{
	return link->driver;
}

static size_t
split_hosts(const char *text, struct slice hosts[HOSTS_MAX])
{
	struct slice rest = slice_from(text);
	struct slice host;
	size_t n = 0;

	while (n < HOSTS_MAX && slice_next(&rest, ' ', &host)) {
		host = slice_trim(host);
		if (host.len)
			hosts[n++] = host;
	}
	return n;
}

/* Tries the hosts in turn, beginning with the one that answered last. */
static enum db_fault
connect_hosts(struct sql_link *link, struct err *err)
{
	struct slice hosts[HOSTS_MAX];
	size_t n = split_hosts(link->config->hosts, hosts);
	enum db_fault fault = DB_REFUSED;
	size_t i;

	if (n == 0) /* a file */
		hosts[n++] = slice_from("");
	for (i = 0; i < n && fault != DB_OK; i++) {
		size_t at = (link->host + i) % n;
		STR_AUTO host = STR_INIT;

		str_append(&host, hosts[at]);
		fault = link->driver->attach(
		    link->config, str_cstr(&host), link->use, &link->db, err);
		if (fault == DB_OK)
			link->host = at;
	}
	return fault;
}

/* Whoever has waited meanwhile is not made to wait for another attempt. */
static enum db_fault
connect_patiently(struct sql_link *link, struct err *err)
{
	int64_t began = clock_ms();
	enum db_fault fault;

	if (clock_left(link->rest) > 0) {
		*err = link->why;
		return DB_TEMPORARY;
	}
	fault = connect_hosts(link, err);
	if (fault == DB_OK || clock_ms() - began < SLOW_MS)
		return fault;
	link->rest = clock_deadline(REST_MS);
	link->why = *err;
	return fault;
}

enum db_fault
sql_link_connect(struct sql_link *link, struct err *err)
{
	const struct account_db_config *config = link->config;
	const char *name = config->hosts[0] ? "mysql" : "sqlite";

	if (link->db)
		return DB_OK;
	if (link->driver == NULL)
		link->driver = driver_load(name, DB_DRIVER_SYMBOL, err);
	if (link->driver == NULL)
		return DB_REFUSED;
	return connect_patiently(link, err);
}

bool
sql_link_is_connected(const struct sql_link *link)
{
	return link->db != NULL;
}

/* The prepared statement of sql, from the cache or new. */
static enum db_fault
prepare(struct sql_link *link, const char *sql, struct db_stmt **ret_stmt,
    struct err *err)
{
	enum db_fault fault;
	size_t i;

	for (i = 0; i < link->cached; i++) {
		if (link->cache[i].sql == sql) {
			*ret_stmt = link->cache[i].stmt;
			return DB_OK;
		}
	}
	if (link->cached == SQL_LINK_STATEMENTS)
		forget_statements(link);
	fault = link->driver->prepare(link->db, sql, ret_stmt, err);
	if (fault == DB_OK)
		link->cache[link->cached++] = (struct cached){ sql, *ret_stmt };
	return fault;
}

static enum db_fault
read_rows(struct sql_link *link, struct db_stmt *stmt, struct sql_run *run,
    struct err *err)
{
	enum db_fault fault = DB_OK;
	struct db_row row;

	while (run->seen && fault == DB_OK) {
		fault = link->driver->fetch(stmt, &row, err);
		if (fault == DB_OK)
			run->seen(run->ctx, &row);
	}
	return fault == DB_END ? DB_OK : fault;
}

static enum db_fault
run_once(struct sql_link *link, struct sql_run *run, struct db_stmt **ret_stmt,
    struct err *err)
{
	enum db_fault fault = sql_link_connect(link, err);

	if (fault == DB_OK)
		fault = prepare(link, run->sql, ret_stmt, err);
	if (fault == DB_OK)
		fault =
		    link->driver->run(*ret_stmt, run->values, run->count, err);
	if (fault == DB_LOST)
		disconnect(link);
	return fault;
}

enum db_fault
sql_link_run(struct sql_link *link, struct sql_run *run, struct err *err)
{
	bool repeat = link->may_repeat && link->db;
	struct db_stmt *stmt;
	enum db_fault fault = run_once(link, run, &stmt, err);

	if (fault == DB_LOST && repeat)
		fault = run_once(link, run, &stmt, err);
	link->may_repeat = false;
	if (fault == DB_LOST || link->db == NULL)
		return fault;
	if (fault == DB_OK) {
		fault = read_rows(link, stmt, run, err);
		run->affected = link->driver->affected(stmt);
		link->driver->done(stmt);
	}
	if (fault == DB_LOST)
		disconnect(link);
	return fault;
}

static enum db_fault
exec_once(struct sql_link *link, const char *sql, struct err *err)
{
	enum db_fault fault = sql_link_connect(link, err);

	if (fault == DB_OK)
		fault = link->driver->exec(link->db, sql, err);
	if (fault == DB_LOST)
		disconnect(link);
	return fault;
}

enum db_fault
sql_link_exec(struct sql_link *link, const char *sql, struct err *err)
{
	bool repeat = link->may_repeat && link->db;
	enum db_fault fault = exec_once(link, sql, err);

	if (fault == DB_LOST && repeat)
		fault = exec_once(link, sql, err);
	link->may_repeat = false;
	return fault;
}
