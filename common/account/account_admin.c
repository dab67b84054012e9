#include <errno.h>
#include <stdlib.h>

#include "common/account/account_admin_own.h"
#include "common/base/mem.h"

/* ---- the connection ---- */

static int
errno_of(enum db_fault fault)
{
	switch (fault) {
	case DB_OK:
	case DB_END:
		return 0;
	case DB_TEMPORARY:
	case DB_CONFLICT:
	case DB_LOST:
		return -EAGAIN;
	case DB_EXISTS:
		return -EEXIST;
	case DB_REFUSED:
		break;
	}
	return -EIO;
}

int
account_admin_run(
    struct account_admin *admin, struct sql_run *run, struct err *err)
{
	return errno_of(sql_link_run(admin->link, run, err));
}

int
account_admin_exec(
    struct account_admin *admin, const char *sql, struct err *err)
{
	return errno_of(sql_link_exec(admin->link, sql, err));
}

int
account_admin_begin(struct account_admin *admin, struct err *err)
{
	sql_link_begin_request(admin->link);
	return account_admin_exec(
	    admin, sql_link_driver(admin->link)->begin, err);
}

int
account_admin_end(struct account_admin *admin, int rc, struct err *err)
{
	struct err ignored;

	if (rc == 0)
		return account_admin_exec(admin, "COMMIT", err);
	(void)account_admin_exec(/* the first failure is the one to tell */
	    admin, "ROLLBACK", &ignored);
	return rc;
}

/* Runs a statement that must change a row: -ENOENT when there was none. */
int
account_admin_change(struct account_admin *admin, struct sql_run *run,
    const char *what, struct err *err)
{
	int rc;

	sql_link_begin_request(admin->link);
	rc = account_admin_run(admin, run, err);
	if (rc == 0 && run->affected == 0)
		return err_set(err, ENOENT, "%s: not there", what);
	return rc;
}

static void
count_row(void *ctx, const struct db_row *row)
{
	size_t *count = ctx;

	(void)row;
	++*count;
}

/* Is there a row?  1, 0 or negative. */
int
account_admin_has_row(struct account_admin *admin, const char *sql,
    const struct db_value *values, size_t n, struct err *err)
{
	size_t count = 0;
	struct sql_run run = { sql, values, n, count_row, &count, 0 };
	int rc;

	sql_link_begin_request(admin->link);
	rc = account_admin_run(admin, &run, err);
	return rc < 0 ? rc : count > 0;
}

struct slice
account_admin_column(const struct db_row *row, size_t i)
{
	if (i >= row->count || row->columns[i].ptr == NULL)
		return slice_from("");
	return row->columns[i];
}

static void
name_place(struct account_admin *admin)
{
	const struct account_db_config *db = &admin->config->db;

	if (db->hosts[0])
		str_appendf(&admin->where, "MySQL %s at %s:%u", db->database,
		    db->hosts, db->port);
	else
		str_appendf(&admin->where, "SQLite %s", db->sqlite_file);
}

/* A value that is too long is an error, never cut. */
static int
connect_strict(struct account_admin *admin, struct err *err)
{
	int rc = errno_of(sql_link_connect(admin->link, err));
	const char *strict;

	if (rc < 0)
		return rc;
	strict = sql_link_driver(admin->link)->strict;
	return strict ? account_admin_exec(admin, strict, err) : 0;
}

int
account_admin_open(const struct account_config *config,
    struct account_admin **ret_admin, struct err *err)
{
	struct account_admin *admin = mem_zalloc(1, sizeof *admin);
	int rc;

	admin->config = config;
	admin->link = sql_link_new(&config->db, DB_ADMINISTER);
	name_place(admin);
	rc = connect_strict(admin, err);
	if (rc < 0)
		account_admin_free(admin);
	else
		*ret_admin = admin;
	return rc;
}

void
account_admin_free(struct account_admin *admin)
{
	if (admin == NULL)
		return;
	sql_link_free(admin->link);
	str_release(&admin->where);
	free(admin);
}

const char *
account_admin_where(const struct account_admin *admin)
{
	return str_cstr(&admin->where);
}
