#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "common/account/account_admin_own.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/base/num.h"

#define MIGRATIONS_MAX 512
#define MIGRATION_OCTETS (1 << 20) /* of one file */
#define NUMBER_DIGITS 4            /* of NNNN_name.sql */

/* Which migrations a database has seen. */
static const char make_schema_table[] =
    "CREATE TABLE IF NOT EXISTS njiwa_schema ("
    "number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL)";
static const char list_applied[] = "SELECT number FROM njiwa_schema";
static const char note_applied[] =
    "INSERT INTO njiwa_schema (number, name) VALUES (?, ?)";

struct migrations {
	struct str folder;
	struct account_migration list[MIGRATIONS_MAX];
	char *files[MIGRATIONS_MAX];
	char *names[MIGRATIONS_MAX];
	size_t count;
};

static void
migrations_release(struct migrations *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		free(m->files[i]);
		free(m->names[i]);
	}
	str_release(&m->folder);
	free(m);
}

/* NNNN_name.sql in number and name; false for other files. */
static bool
parse_file_name(const char *file, uint64_t *ret_number, struct slice *ret_name)
{
	struct slice rest = slice_from(file);
	const char suffix[] = ".sql";
	size_t end = sizeof suffix - 1;

	if (rest.len <= NUMBER_DIGITS + 1 + end ||
	    strcmp(file + rest.len - end, suffix) != 0 ||
	    rest.ptr[NUMBER_DIGITS] != '_' ||
	    !num_parse(slice_head(rest, NUMBER_DIGITS), UINT32_MAX, ret_number))
		return false;
	rest.len -= end;
	*ret_name = slice_skip(rest, NUMBER_DIGITS + 1);
	return true;
}

static int
is_migration(const struct dirent *entry)
{
	uint64_t number;
	struct slice name;

	return parse_file_name(entry->d_name, &number, &name);
}

static void
add_file(struct migrations *m, const char *file)
{
	uint64_t number = 0;
	struct slice name = { "", 0 };
	size_t i = m->count++;

	(void)parse_file_name(file, &number, &name); /* is_migration did */
	m->files[i] = mem_strdup(file);
	m->names[i] = mem_strndup(name.ptr, name.len);
	m->list[i] = (struct account_migration){ (unsigned int)number,
		m->names[i], false };
}

/* The files below sql/ for this driver, in order. */
static int
find_files(struct account_admin *admin, struct migrations *m, struct err *err)
{
	const char *base = secure_getenv("NJIWA_SQLDIR");
	struct dirent **entries;
	int n, i;

	str_appendf(&m->folder, "%s/%s", base ? base : NJIWA_SQL_DIR,
	    sql_link_driver(admin->link)->name);
	n = scandir(str_cstr(&m->folder), &entries, is_migration, alphasort);
	if (n < 0)
		return err_sys(err, errno, "%s", str_cstr(&m->folder));
	for (i = 0; i < n; i++) {
		if (m->count < MIGRATIONS_MAX)
			add_file(m, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return n ? 0
		 : err_set(
		       err, ENOENT, "%s: no migrations", str_cstr(&m->folder));
}

static void
see_applied(void *ctx, const struct db_row *row)
{
	struct migrations *m = ctx;
	uint64_t number = 0;
	size_t i;

	(void)num_parse(/* 0 is no migration */
	    account_admin_column(row, 0), UINT32_MAX, &number);
	for (i = 0; i < m->count; i++)
		if (m->list[i].number == number)
			m->list[i].applied = true;
}

static int
load(struct account_admin *admin, struct migrations **ret_migrations,
    struct err *err)
{
	struct migrations *m = mem_zalloc(1, sizeof *m);
	struct sql_run run = { list_applied, NULL, 0, see_applied, m, 0 };
	struct err ignored;
	int rc = find_files(admin, m, err);

	/* a database without the table has seen nothing */
	if (rc == 0 && account_admin_run(admin, &run, &ignored) == -EAGAIN)
		rc = err_set(err, EAGAIN, "%s", ignored.text);
	if (rc < 0)
		migrations_release(m);
	else
		*ret_migrations = m;
	return rc;
}

/* Cuts the next statement off *rest: up to a ; at the end of a line, without
 * lines of comment. */
static bool
next_statement(struct slice *rest, struct str *statement)
{
	struct slice line;

	str_clear(statement);
	while (slice_next(rest, '\n', &line)) {
		if (slice_starts(line, "--") || slice_trim(line).len == 0)
			continue;
		str_append(statement, line);
		if (line.ptr[line.len - 1] == ';') {
			str_truncate(statement, statement->len - 1);
			return true;
		}
		str_append_char(statement, '\n');
	}
	return statement->len > 0;
}

/* What is there already was made by a run that was cut off: MySQL ends a
 * transaction at each CREATE. */
static int
run_statements(struct account_admin *admin, struct slice text, struct err *err)
{
	STR_AUTO statement = STR_INIT;
	int rc = 0;

	while (rc == 0 && next_statement(&text, &statement)) {
		rc = account_admin_exec(admin, str_cstr(&statement), err);
		if (rc == -EEXIST)
			rc = 0;
	}
	return rc;
}

static int
apply(struct account_admin *admin, const struct migrations *m, size_t i,
    struct err *err)
{
	const struct db_value values[] = { db_number(m->list[i].number),
		db_text(slice_from(m->names[i])) };
	struct sql_run note = { note_applied, values, 2, NULL, NULL, 0 };
	STR_AUTO path = STR_INIT;
	STR_AUTO text = STR_INIT;
	int rc;

	str_appendf(&path, "%s/%s", str_cstr(&m->folder), m->files[i]);
	rc = fileio_read(
	    AT_FDCWD, str_cstr(&path), MIGRATION_OCTETS, &text, err);
	if (rc == 0)
		rc = account_admin_begin(admin, err);
	if (rc < 0)
		return rc;
	rc = run_statements(admin, str_slice(&text), err);
	if (rc == 0)
		rc = account_admin_run(admin, &note, err);
	if (rc == -EEXIST)
		rc = 0; /* somebody did the same at the same time */
	return account_admin_end(admin, rc, err);
}

int
account_admin_migrate(struct account_admin *admin, account_migration_seen *seen,
    void *ctx, struct err *err)
{
	struct migrations *m = NULL;
	size_t i;
	int rc = load(admin, &m, err);

	if (rc != 0)
		return rc;
	/* with that table and without the others it would be taken for one
	 * that is being restored */
	rc = account_admin_exec(admin, make_schema_table, err);
	for (i = 0; i < m->count && rc == 0; i++) {
		if (m->list[i].applied)
			continue;
		rc = apply(admin, m, i, err);
		m->list[i].applied = rc == 0;
		if (rc == 0 && seen)
			seen(ctx, &m->list[i]);
	}
	migrations_release(m);
	return rc;
}

int
account_admin_status(struct account_admin *admin, account_migration_seen *seen,
    void *ctx, struct err *err)
{
	struct migrations *m = NULL;
	size_t i;
	int rc = load(admin, &m, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < m->count; i++)
		seen(ctx, &m->list[i]);
	migrations_release(m);
	return 0;
}
