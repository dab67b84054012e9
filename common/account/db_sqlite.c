/* sqlite.so: the embedded database.  Never creates the file while serving. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sqlite3.h>

#include "common/account/db.h"
#include "common/base/mem.h"

extern const struct db_driver njiwa_db_driver;

struct db {
	sqlite3 *handle;
};

struct db_stmt {
	sqlite3 *handle;
	sqlite3_stmt *stmt;
	bool has_row;   /* step() stands on a row */
	bool row_waits; /* which nobody has read yet */
	uint64_t affected;
};

/* Files of their own may be read by nobody else: they hold hashes. */
static const char *const serve_setup[] = {
	"PRAGMA foreign_keys = OFF",
	"PRAGMA synchronous = NORMAL",
	NULL,
};

static const char *const administer_setup[] = {
	"PRAGMA foreign_keys = OFF",
	"PRAGMA journal_mode = WAL",
	"PRAGMA synchronous = FULL",
	NULL,
};

static enum db_fault
fault_of(int code)
{
	if (code == SQLITE_READONLY_DBMOVED)
		return DB_LOST;
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_NOMEM:
	case SQLITE_PROTOCOL:
	case SQLITE_INTERRUPT:
		return DB_TEMPORARY;
	case SQLITE_CONSTRAINT:
		return DB_EXISTS;
	default:
		return DB_REFUSED;
	}
}

static enum db_fault
fail(sqlite3 *handle, int code, struct err *err)
{
	const char *text =
	    handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
	bool table = strncmp(text, "no such table", 13) == 0;

	(void)err_set(err, EIO, "SQLite: %s%s", text, /* the fault says it */
	    table ? DB_HINT_MIGRATE : "");
	return fault_of(code);
}

static enum db_fault
lite_exec(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? DB_OK
			       : fail(db->handle,
				     sqlite3_extended_errcode(db->handle), err);
}

static void
lite_close(struct db *db)
{
	if (db == NULL)
		return;
	(void)sqlite3_close(db->handle); /* all statements are finished */
	free(db);
}

static enum db_fault
set_up(struct db *db, const struct account_db_config *config, enum db_use use,
    struct err *err)
{
	const char *const *sql =
	    use == DB_SERVE ? serve_setup : administer_setup;
	enum db_fault fault = DB_OK;
	int64_t wait = config->query_timeout;

	(void)sqlite3_busy_timeout(/* fails for no valid handle */
	    db->handle, wait < INT_MAX ? (int)wait : INT_MAX);
	(void)sqlite3_extended_result_codes(db->handle, 1); /* likewise */
	(void)sqlite3_db_config(
	    db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* hint */
	while (fault == DB_OK && *sql)
		fault = lite_exec(db, *sql++, err);
	return fault;
}

static enum db_fault
lite_attach(const struct account_db_config *config, const char *host,
    enum db_use use, struct db **ret_db, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	struct db *db = mem_zalloc(1, sizeof *db);
	enum db_fault fault;
	int rc;

	(void)host;
	if (use == DB_ADMINISTER)
		flags |= SQLITE_OPEN_CREATE;
	rc = sqlite3_open_v2(config->sqlite_file, &db->handle, flags, NULL);
	if (rc != SQLITE_OK) {
		fault = fail(db->handle, rc, err);
		(void)err_set(err, ENOENT, /* the better text */
		    "%s: %s (njiwa db init makes it)", config->sqlite_file,
		    sqlite3_errmsg(db->handle));
		lite_close(db);
		return fault;
	}
	fault = set_up(db, config, use, err);
	if (fault == DB_OK)
		*ret_db = db;
	else
		lite_close(db);
	return fault;
}

static enum db_fault
lite_prepare(
    struct db *db, const char *sql, struct db_stmt **ret_stmt, struct err *err)
{
	sqlite3_stmt *made = NULL;
	struct db_stmt *stmt;
	int rc = sqlite3_prepare_v3(
	    db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL);

	if (rc != SQLITE_OK)
		return fail(db->handle, rc, err);
	if (made == NULL) {
		(void)err_set(err, EINVAL, "SQLite: an empty query");
		return DB_REFUSED;
	}
	stmt = mem_zalloc(1, sizeof *stmt);
	stmt->handle = db->handle;
	stmt->stmt = made;
	*ret_stmt = stmt;
	return DB_OK;
}

static void
lite_finish(struct db_stmt *stmt)
{
	(void)sqlite3_finalize(stmt->stmt); /* repeats an older failure */
	free(stmt);
}

static int
bind(sqlite3_stmt *stmt, int at, const struct db_value *value)
{
	if (value->is_number)
		return sqlite3_bind_int64(stmt, at, value->number);
	if (value->text.ptr == NULL)
		return sqlite3_bind_null(stmt, at);
	return sqlite3_bind_text(
	    stmt, at, value->text.ptr, (int)value->text.len, SQLITE_TRANSIENT);
}

static void
lite_done(struct db_stmt *stmt)
{
	(void)sqlite3_reset(stmt->stmt);          /* repeats an older failure */
	(void)sqlite3_clear_bindings(stmt->stmt); /* cannot fail */
	stmt->has_row = stmt->row_waits = false;
}

static enum db_fault
lite_run(struct db_stmt *stmt, const struct db_value *values, size_t n,
    struct err *err)
{
	enum db_fault fault;
	int rc = SQLITE_OK;
	size_t i;

	stmt->affected = 0;
	for (i = 0; i < n && rc == SQLITE_OK; i++)
		rc = bind(stmt->stmt, (int)i + 1, &values[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt->stmt);
	stmt->has_row = stmt->row_waits = rc == SQLITE_ROW;
	if (rc == SQLITE_DONE)
		stmt->affected = (uint64_t)sqlite3_changes(stmt->handle);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return DB_OK;
	fault = fail(stmt->handle, rc, err);
	lite_done(stmt); /* else it cannot be run again */
	return fault;
}

static enum db_fault
read_row(const struct db_stmt *stmt, struct db_row *row, struct err *err)
{
	int n = sqlite3_column_count(stmt->stmt);
	int i;

	row->count = 0;
	for (i = 0; i < n && i < DB_COLUMNS_MAX; i++) {
		const unsigned char *text = sqlite3_column_text(stmt->stmt, i);
		int len = sqlite3_column_bytes(stmt->stmt, i);

		if (len > DB_COLUMN_OCTETS) {
			(void)err_set(err, EFBIG, "SQLite: a value too long");
			return DB_REFUSED;
		}
		row->columns[row->count++] =
		    slice_of((const char *)text, text ? (size_t)len : 0);
	}
	return DB_OK;
}

static enum db_fault
lite_fetch(struct db_stmt *stmt, struct db_row *ret_row, struct err *err)
{
	int rc = SQLITE_ROW;

	if (!stmt->has_row)
		return DB_END;
	if (!stmt->row_waits)
		rc = sqlite3_step(stmt->stmt);
	stmt->row_waits = false;
	if (rc == SQLITE_ROW)
		return read_row(stmt, ret_row, err);
	stmt->has_row = false;
	return rc == SQLITE_DONE ? DB_END : fail(stmt->handle, rc, err);
}

static uint64_t
lite_affected(const struct db_stmt *stmt)
{
	return stmt->affected;
}

__attribute__((visibility("default")))
const struct db_driver njiwa_db_driver = {
	.name = "sqlite",
	.attach = lite_attach,
	.close = lite_close,
	.prepare = lite_prepare,
	.finish = lite_finish,
	.run = lite_run,
	.fetch = lite_fetch,
	.done = lite_done,
	.affected = lite_affected,
	.exec = lite_exec,
	.begin = "BEGIN IMMEDIATE",
	.quota_update = "UPDATE quota SET bytes = MAX(0, bytes + ?), "
			"messages = MAX(0, messages + ?) WHERE username = ?",
	.quota_insert = "INSERT INTO quota (username, bytes, messages) "
			"VALUES (?, MAX(0, ?), MAX(0, ?)) "
			"ON CONFLICT (username) DO UPDATE SET "
			"bytes = MAX(0, bytes + ?), "
			"messages = MAX(0, messages + ?)",
};
