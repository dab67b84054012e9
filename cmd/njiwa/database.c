/* db: the schema. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/njiwa/handlers.h"
#include "common/base/mem.h"

#define DATABASE_FOLDER_MODE 0750

static void
print_applied(void *ctx, const struct account_migration *migration)
{
	(void)ctx;
	printf("%04u\t%s\tapplied\n", migration->number, migration->name);
}

/* ---- aliases that are mailboxes ---- */

#define SHARED_MAX 20 /* addresses that are named */

struct shared {
	const struct tool *tool;
	size_t count;
};

static void
say_shared(void *ctx, const struct account_alias *alias)
{
	struct shared *shared = ctx;

	if (shared->count++ < SHARED_MAX)
		tool_say(shared->tool, "%s is an alias and a mailbox",
		    alias->address);
}

/* What comes of a database whose aliases were to go first. */
static void
warn_of_shared(const struct tool *tool)
{
	struct shared shared = { tool, 0 };
	struct err err = { 0 };

	if (strcmp(tool->settings.alias_order, "mailbox") != 0)
		return;
	if (account_admin_alias_shared(tool->admin, say_shared, &shared, &err) <
	    0)
		tool_say(tool, "aliases: %s", err.text);
	if (shared.count)
		tool_say(tool,
		    "aliases that are not looked at: %zu (alias_order is "
		    "mailbox; with alias they replace the mailbox, as with the "
		    "predecessor)",
		    shared.count);
}

static int
migrate(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_migrate(tool->admin, print_applied, NULL, &err);
	if (rc < 0)
		return tool_fail_err(
		    tool, account_admin_where(tool->admin), rc, &err);
	warn_of_shared(tool);
	return EX_OK;
}

/* Makes the folder of the SQLite file when it is missing.  Its owner, who is
 * the one that the accounts' service runs as, is to own the file too. */
static int
prepare_folder(const struct tool *tool, const char *file, struct stat *ret_st)
{
	char *copy = mem_strdup(file);
	const char *folder = dirname(copy);
	int status = EX_OK;

	if (mkdir(folder, DATABASE_FOLDER_MODE) < 0 && errno != EEXIST)
		status = tool_fail(
		    tool, EX_CANTCREAT, "%s: %s", folder, strerror(errno));
	else if (stat(folder, ret_st) < 0)
		status = tool_fail(
		    tool, EX_NOPERM, "%s: %s", folder, strerror(errno));
	free(copy);
	return status;
}

/* The same with a file that may not be there yet. */
static int
init_file(struct tool *tool)
{
	const char *file = tool->settings.sqlite_file;
	struct stat folder = { 0 }, st;
	bool fresh = stat(file, &st) < 0 || st.st_size == 0;
	int status;

	tool->may_make_file = true;
	status = prepare_folder(tool, file, &folder);
	if (status == EX_OK)
		status = migrate(tool);
	if (status != EX_OK || !fresh || geteuid() != 0)
		return status;
	if (lchown(file, folder.st_uid, folder.st_gid) < 0)
		return tool_fail(
		    tool, EX_NOPERM, "%s: %s", file, strerror(errno));
	return EX_OK;
}

int
cmd_db_init(struct tool *tool)
{
	int rc = tool_load(tool);

	if (rc != EX_OK)
		return rc;
	return tool->settings.mysql_host[0] ? migrate(tool) : init_file(tool);
}

int
cmd_db_migrate(struct tool *tool)
{
	return migrate(tool);
}

static void
print_status(void *ctx, const struct account_migration *migration)
{
	int *missing = ctx;

	*missing += !migration->applied;
	printf("%04u\t%s\t%s\n", migration->number, migration->name,
	    migration->applied ? "applied" : "missing");
}

int
cmd_db_status(struct tool *tool)
{
	struct err err = { 0 };
	int missing = 0, rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_status(tool->admin, print_status, &missing, &err);
	if (rc < 0)
		return tool_fail_err(
		    tool, account_admin_where(tool->admin), rc, &err);
	if (missing)
		return EX_UNAVAILABLE;
	warn_of_shared(tool);
	return EX_OK;
}
