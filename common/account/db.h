/* What a database driver (mysql.so, sqlite.so) must do.  Everything else is
 * shared, see sql_link.h.  Never is a value put into the text of a statement,
 * and never does a driver know a table. */
#ifndef NJIWA_ACCOUNT_DB_H
#define NJIWA_ACCOUNT_DB_H

#include "common/account/account_config.h"
#include "common/base/err.h"
#include "common/base/slice.h"

#define DB_COLUMNS_MAX 12       /* of a result; more are not looked at */
#define DB_COLUMN_OCTETS 262144 /* of a value; a longer one is refused */
#define DB_PARAMS_MAX 80
#define DB_QUOTA_MANY 16 /* users that quota_many adds to */

/* What a driver says behind the complaint of a missing table. */
#define DB_HINT_MIGRATE "; run njiwa db migrate"

enum db_fault {
	DB_OK,
	DB_END,       /* no more rows */
	DB_TEMPORARY, /* try again later */
	DB_CONFLICT,  /* rolled back for another's sake: try again now */
	DB_LOST,      /* the connection is gone */
	DB_EXISTS,    /* a unique key has the value already */
	DB_REFUSED    /* wrong SQL, missing table, no right */
};

/* A bound parameter; text with a NULL ptr and no number is SQL NULL. */
struct db_value {
	bool is_number;
	int64_t number;
	struct slice text;
};

/* The columns of a row as texts, borrowed until the next fetch; SQL NULL has
 * ptr NULL. */
struct db_row {
	struct slice columns[DB_COLUMNS_MAX];
	size_t count;
};

enum db_use {
	DB_SERVE,     /* the file of an embedded database must be there */
	DB_ADMINISTER /* it may be made */
};

struct db;
struct db_stmt;

/* Every function fills err unless it gives DB_OK or DB_END. */
struct db_driver {
	const char *name; /* "mysql": folder below sql/ too */
	/* Connects to one host ("" for a socket or a file). */
	enum db_fault (*attach)(const struct account_db_config *config,
	    const char *host, enum db_use use, struct db **ret_db,
	    struct err *err);
	void (*close)(struct db *db);
	enum db_fault (*prepare)(struct db *db, const char *sql,
	    struct db_stmt **ret_stmt, struct err *err);
	void (*finish)(struct db_stmt *stmt);
	/* Binds n values and executes. */
	enum db_fault (*run)(struct db_stmt *stmt,
	    const struct db_value *values, size_t n, struct err *err);
	/* The next row, or DB_END. */
	enum db_fault (*fetch)(
	    struct db_stmt *stmt, struct db_row *ret_row, struct err *err);
	/* Ends a run, all rows read or not. */
	void (*done)(struct db_stmt *stmt);
	/* Rows that the run changed or found for changing. */
	uint64_t (*affected)(const struct db_stmt *stmt);
	/* One statement of our own without parameters or result. */
	enum db_fault (*exec)(struct db *db, const char *sql, struct err *err);
	const char *begin;  /* of a transaction that writes */
	const char *strict; /* refuse values too long; NULL: always so */
	/* Our own statements that the dialects do not share. */
	const char *quota_update; /* octets, messages, name */
	/* name, octets, messages, octets, messages */
	const char *quota_insert;
	/* As quota_update for DB_QUOTA_MANY at once: names and octets in
	 * turn, names and messages in turn, names.  NULL: nothing is gained.
	 * And the names of those that have a row: names. */
	const char *quota_many;
	const char *quota_rows;
};

/* The name of the struct db_driver that each driver exports. */
#define DB_DRIVER_SYMBOL "njiwa_db_driver"

#endif
