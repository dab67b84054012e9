/* mysql.so: MySQL and MariaDB by libmariadb, prepared statements alone.
 * Never reads an option file and never sends a local file. */
#include <errno.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <errmsg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/account/db.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/str.h"

#define COLUMN_START 512 /* octets that a column has at first */
#define MS_PER_S 1000
#define HOST_MAX 256

/* Server faults that libmariadb's header does not name. */
#define ER_CONVERSION_IMPOSSIBLE 3854 /* MySQL 8: no such character there */
#define ER_COLLATION_IMPOSSIBLE 3988

extern const struct db_driver njiwa_db_driver;

struct db {
	MYSQL *handle;
};

struct column {
	char *room;
	unsigned long size, len;
	my_bool null, cut;
};

struct db_stmt {
	MYSQL_STMT *stmt;
	unsigned int columns;
	struct column column[DB_COLUMNS_MAX];
	bool nothing; /* the value cannot be in the column: no rows */
};

struct fault_row {
	unsigned int code;
	enum db_fault fault;
};

/* clang-format off */
static const struct fault_row faults[] = {
	{ CR_SERVER_GONE_ERROR,           DB_LOST },
	{ CR_SERVER_LOST,                 DB_LOST },
	{ CR_COMMANDS_OUT_OF_SYNC,        DB_LOST },
	{ CR_STMT_CLOSED,                 DB_LOST },
	{ CR_NO_PREPARE_STMT,             DB_LOST },
	{ ER_UNKNOWN_STMT_HANDLER,        DB_LOST },
	{ ER_SERVER_SHUTDOWN,             DB_LOST },
	{ ER_CONNECTION_KILLED,           DB_LOST },
	{ ER_NORMAL_SHUTDOWN,             DB_LOST },
	{ ER_DUP_ENTRY,                   DB_EXISTS },
	{ ER_DUP_KEYNAME,                 DB_EXISTS },
	{ ER_DUP_FIELDNAME,               DB_EXISTS },
	{ ER_TABLE_EXISTS_ERROR,          DB_EXISTS },
	{ ER_CON_COUNT_ERROR,             DB_TEMPORARY },
	{ ER_OUT_OF_RESOURCES,            DB_TEMPORARY },
	{ ER_LOCK_WAIT_TIMEOUT,           DB_TEMPORARY },
	{ ER_LOCK_DEADLOCK,               DB_CONFLICT },
	{ ER_TOO_MANY_USER_CONNECTIONS,   DB_TEMPORARY },
	{ ER_USER_LIMIT_REACHED,          DB_TEMPORARY },
	{ ER_OPTION_PREVENTS_STATEMENT,   DB_TEMPORARY }, /* read-only now */
	{ ER_QUERY_INTERRUPTED,           DB_TEMPORARY },
	{ ER_CANT_AGGREGATE_2COLLATIONS,  DB_END }, /* not in that charset */
	{ ER_CONVERSION_IMPOSSIBLE,       DB_END },
	{ ER_COLLATION_IMPOSSIBLE,        DB_END },
};
/* clang-format on */

static enum db_fault
fault_of(unsigned int code)
{
	size_t i;

	for (i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if (faults[i].code == code)
			return faults[i].fault;
	/* The client library's own: network, memory, TLS, authentication. */
	return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR ? DB_TEMPORARY
							    : DB_REFUSED;
}

static enum db_fault
fail(unsigned int code, const char *text, struct err *err)
{
	(void)err_set(err, EIO, "MySQL: %s (%u)%s", text, code, /* see fault */
	    code == ER_NO_SUCH_TABLE ? DB_HINT_MIGRATE : "");
	return fault_of(code);
}

static enum db_fault
fail_stmt(MYSQL_STMT *stmt, struct err *err)
{
	return fail(mysql_stmt_errno(stmt), mysql_stmt_error(stmt), err);
}

/* ---- connection ---- */

static unsigned int
seconds(int64_t ms)
{
	return (unsigned int)((ms + MS_PER_S - 1) / MS_PER_S);
}

static void
set_tls(MYSQL *handle, const struct account_db_config *config)
{
	my_bool enforce = config->tls != ACCOUNT_DB_TLS_OFF;
	my_bool verify = config->tls == ACCOUNT_DB_TLS_VERIFY;

	(void)mysql_optionsv(handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
	(void)mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	if (enforce && config->tls_ca[0])
		(void)mysql_optionsv(handle, MYSQL_OPT_SSL_CA, config->tls_ca);
}

/* mysql_optionsv fails for options it does not know alone. */
static void
set_options(MYSQL *handle, const struct account_db_config *config)
{
	unsigned int connect_s = seconds(config->connect_timeout);
	unsigned int query_s = seconds(config->query_timeout);
	unsigned int local_infile = 0;
	my_bool reconnect = 0;

	(void)mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	(void)mysql_optionsv(handle, MYSQL_OPT_READ_TIMEOUT, &query_s);
	(void)mysql_optionsv(handle, MYSQL_OPT_WRITE_TIMEOUT, &query_s);
	(void)mysql_optionsv(handle, MYSQL_OPT_LOCAL_INFILE, &local_infile);
	(void)mysql_optionsv(handle, MYSQL_OPT_RECONNECT, &reconnect);
	(void)mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	set_tls(handle, config);
}

/* host, host:port, [v6]:port or [v6]; false when the port is none. */
static bool
split_host(const char *host, char *name, unsigned int *port)
{
	struct slice rest = slice_from(host);
	struct slice bare;
	uint64_t number;
	size_t end;

	if (rest.len && rest.ptr[0] == '[') {
		end = slice_find(rest, ']');
		bare = slice_skip(slice_head(rest, end), 1);
		rest = slice_skip(rest, end + 1);
	} else {
		end = slice_find(rest, ':');
		if (slice_find(slice_skip(rest, end + 1), ':') <
		    slice_skip(rest, end + 1).len)
			end = rest.len; /* an IPv6 address without brackets */
		bare = slice_head(rest, end);
		rest = slice_skip(rest, end);
	}
	if (rest.len) {
		if (rest.ptr[0] != ':' ||
		    !num_parse(slice_skip(rest, 1), UINT16_MAX, &number))
			return false;
		*port = (unsigned int)number;
	}
	return snprintf(name, HOST_MAX, "%.*s", SLICE_FMT(bare)) < HOST_MAX;
}

static void
my_close(struct db *db)
{
	if (db == NULL)
		return;
	mysql_close(db->handle);
	free(db);
}

/* The library keeps a copy of the password for reconnects of its own, which
 * are off. */
static enum db_fault
connect_to(struct db *db, const struct account_db_config *config,
    const char *host, struct err *err)
{
	char name[HOST_MAX];
	unsigned int port = config->port;
	bool local = strcmp(host, "localhost") == 0;
	unsigned int way = local ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	const char *path = local && config->socket[0] ? config->socket : NULL;

	if (!split_host(host, name, &port)) {
		(void)err_set(err, EINVAL, "not a host: %s", host);
		return DB_REFUSED;
	}
	(void)mysql_optionsv(db->handle, MYSQL_OPT_PROTOCOL, &way);
	if (!mysql_real_connect(db->handle, name, config->user,
		config->password, config->database, port, path,
		CLIENT_FOUND_ROWS))
		return fail(
		    mysql_errno(db->handle), mysql_error(db->handle), err);
	if (db->handle->passwd)
		explicit_bzero(db->handle->passwd, strlen(db->handle->passwd));
	return DB_OK;
}

static enum db_fault
my_attach(const struct account_db_config *config, const char *host,
    enum db_use use, struct db **ret_db, struct err *err)
{
	struct db *db = mem_zalloc(1, sizeof *db);
	enum db_fault fault;

	(void)use; /* a server makes no files */
	db->handle = mysql_init(NULL);
	if (db->handle == NULL)
		mem_exhausted();
	set_options(db->handle, config);
	fault = connect_to(db, config, host, err);
	if (fault == DB_OK) {
		*ret_db = db;
		return DB_OK;
	}
	my_close(db);
	/* Whatever keeps us out now, it may let us in later. */
	return DB_TEMPORARY;
}

static enum db_fault
my_exec(struct db *db, const char *sql, struct err *err)
{
	if (mysql_query(db->handle, sql) == 0)
		return DB_OK;
	return fail(mysql_errno(db->handle), mysql_error(db->handle), err);
}

/* ---- statements ---- */

static void
my_finish(struct db_stmt *stmt)
{
	size_t i;

	(void)mysql_stmt_close(stmt->stmt); /* nothing to do about it */
	for (i = 0; i < DB_COLUMNS_MAX; i++)
		free(stmt->column[i].room);
	free(stmt);
}

static enum db_fault
my_prepare(
    struct db *db, const char *sql, struct db_stmt **ret_stmt, struct err *err)
{
	struct db_stmt *stmt = mem_zalloc(1, sizeof *stmt);
	enum db_fault fault = DB_OK;

	stmt->stmt = mysql_stmt_init(db->handle);
	if (stmt->stmt == NULL)
		mem_exhausted();
	if (mysql_stmt_prepare(stmt->stmt, sql, strlen(sql)) != 0) {
		fault = fail_stmt(stmt->stmt, err);
	} else if (mysql_stmt_field_count(stmt->stmt) > DB_COLUMNS_MAX) {
		(void)err_set(
		    err, EINVAL, "more than %d columns", DB_COLUMNS_MAX);
		fault = DB_REFUSED;
	}
	if (fault != DB_OK) {
		my_finish(stmt);
		return fault == DB_END ? DB_REFUSED : fault;
	}
	stmt->columns = mysql_stmt_field_count(stmt->stmt);
	*ret_stmt = stmt;
	return DB_OK;
}

static void
bind_value(MYSQL_BIND *bind, const struct db_value *value, unsigned long *len)
{
	union {
		const void *from;
		void *to;
	} buffer;

	if (value->is_number) {
		buffer.from = &value->number;
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
	} else if (value->text.ptr == NULL) {
		buffer.from = NULL;
		bind->buffer_type = MYSQL_TYPE_NULL;
	} else {
		buffer.from = value->text.ptr;
		bind->buffer_type = MYSQL_TYPE_STRING;
	}
	*len = value->text.len;
	bind->buffer = buffer.to; /* only read by the library */
	bind->buffer_length = *len;
	bind->length = len;
}

static bool
bind_columns(struct db_stmt *stmt)
{
	MYSQL_BIND binds[DB_COLUMNS_MAX] = { 0 };
	unsigned int i;

	for (i = 0; i < stmt->columns; i++) {
		struct column *column = &stmt->column[i];

		if (column->room == NULL) {
			column->room = mem_alloc(COLUMN_START);
			column->size = COLUMN_START;
		}
		binds[i].buffer_type = MYSQL_TYPE_STRING;
		binds[i].buffer = column->room;
		binds[i].buffer_length = column->size;
		binds[i].length = &column->len;
		binds[i].is_null = &column->null;
		binds[i].error = &column->cut;
	}
	return mysql_stmt_bind_result(stmt->stmt, binds) == 0;
}

static enum db_fault
my_run(struct db_stmt *stmt, const struct db_value *values, size_t n,
    struct err *err)
{
	MYSQL_BIND binds[DB_PARAMS_MAX] = { 0 };
	unsigned long lens[DB_PARAMS_MAX];
	enum db_fault fault;
	size_t i;

	stmt->nothing = false;
	if (n != mysql_stmt_param_count(stmt->stmt) || n > DB_PARAMS_MAX) {
		(void)err_set(err, EINVAL, "a ? in a comment of the query?");
		return DB_REFUSED;
	}
	for (i = 0; i < n; i++)
		bind_value(&binds[i], &values[i], &lens[i]);
	if ((n == 0 || mysql_stmt_bind_param(stmt->stmt, binds) == 0) &&
	    mysql_stmt_execute(stmt->stmt) == 0 &&
	    (stmt->columns == 0 ||
		(bind_columns(stmt) &&
		    mysql_stmt_store_result(stmt->stmt) == 0)))
		return DB_OK;
	fault = fail_stmt(stmt->stmt, err);
	if (fault != DB_END)
		return fault;
	stmt->nothing = true;
	return DB_OK;
}

/* Reads a column again that was longer than its room. */
static bool
refetch(struct db_stmt *stmt, unsigned int i)
{
	struct column *column = &stmt->column[i];
	MYSQL_BIND bind = { 0 };

	free(column->room);
	column->size = column->len;
	column->room = mem_alloc(column->size);
	bind.buffer_type = MYSQL_TYPE_STRING;
	bind.buffer = column->room;
	bind.buffer_length = column->size;
	bind.length = &column->len;
	bind.is_null = &column->null;
	bind.error = &column->cut;
	return mysql_stmt_fetch_column(stmt->stmt, &bind, i, 0) == 0;
}

static enum db_fault
read_row(struct db_stmt *stmt, struct db_row *row, struct err *err)
{
	bool moved = false;
	unsigned int i;

	row->count = stmt->columns;
	for (i = 0; i < stmt->columns; i++) {
		struct column *column = &stmt->column[i];

		row->columns[i] = (struct slice){ NULL, 0 };
		if (column->null)
			continue;
		if (column->len > DB_COLUMN_OCTETS) {
			(void)err_set(err, EFBIG, "MySQL: a value too long");
			return DB_REFUSED;
		}
		if (column->len > column->size) {
			moved = true;
			if (!refetch(stmt, i))
				return fail_stmt(stmt->stmt, err);
		}
		row->columns[i] = slice_of(column->room, column->len);
	}
	/* The next rows go where this one went.  Some releases of the library
	 * clear the lengths then, so it comes last. */
	if (moved && !bind_columns(stmt))
		return fail_stmt(stmt->stmt, err);
	return DB_OK;
}

static enum db_fault
my_fetch(struct db_stmt *stmt, struct db_row *ret_row, struct err *err)
{
	if (stmt->columns == 0 || stmt->nothing)
		return DB_END;
	switch (mysql_stmt_fetch(stmt->stmt)) {
	case 0:
	case MYSQL_DATA_TRUNCATED:
		return read_row(stmt, ret_row, err);
	case MYSQL_NO_DATA:
		return DB_END;
	default:
		return fail_stmt(stmt->stmt, err);
	}
}

static void
my_done(struct db_stmt *stmt)
{
	(void)mysql_stmt_free_result(stmt->stmt); /* the next run says it */
}

static uint64_t
my_affected(const struct db_stmt *stmt)
{
	return mysql_stmt_affected_rows(stmt->stmt);
}

#define TIMES_4(text) text text text text
#define TIMES_16(text) TIMES_4(TIMES_4(text))
#define ADD_BY_NAME(column)                                                    \
	column                                                                 \
	    " = GREATEST(0, CAST(" column " AS SIGNED) + "                     \
	    "CAST(CASE username " TIMES_16("WHEN ? THEN ? ") "END AS SIGNED))"
_Static_assert(DB_QUOTA_MANY == 16, "TIMES_16");

/* clang-format off */
#define OF_MANY " WHERE username IN (?, ?, ?, ?" TIMES_4(", ?, ?, ?") ")"

static const char quota_many[] =
	"UPDATE quota SET " ADD_BY_NAME("bytes") ", " ADD_BY_NAME("messages")
	OF_MANY;
static const char quota_rows[] = "SELECT username FROM quota" OF_MANY;
/* clang-format on */

__attribute__((visibility("default")))
const struct db_driver njiwa_db_driver = {
	.name = "mysql",
	.attach = my_attach,
	.close = my_close,
	.prepare = my_prepare,
	.finish = my_finish,
	.run = my_run,
	.fetch = my_fetch,
	.done = my_done,
	.affected = my_affected,
	.exec = my_exec,
	.begin = "BEGIN",
	.strict = "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
	.quota_update = "UPDATE quota SET "
			"bytes = GREATEST(0, CAST(bytes AS SIGNED) + ?), "
			"messages = GREATEST(0, CAST(messages AS SIGNED) + ?) "
			"WHERE username = ?",
	.quota_insert = "INSERT INTO quota (username, bytes, messages) "
			"VALUES (?, GREATEST(0, ?), GREATEST(0, ?)) "
			"ON DUPLICATE KEY UPDATE "
			"bytes = GREATEST(0, CAST(bytes AS SIGNED) + ?), "
			"messages = GREATEST(0, CAST(messages AS SIGNED) + ?)",
	.quota_many = quota_many,
	.quota_rows = quota_rows,
};
