/* quota: how full mailboxes are. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/mailbox.h"
#include "common/base/mem.h"
#include "common/base/num.h"

/* A user whose mail is to be counted. */
struct counted {
	char *name, *home;
	int64_t uid, gid;
};

/* All of them: the rows are read before the database is asked again. */
struct counting {
	struct counted *list;
	size_t count, cap;
};

static void
keep_row(void *ctx, const struct account_row *row)
{
	struct counting *counting = ctx;

	counting->list = mem_grow(counting->list, &counting->cap,
	    counting->count + 1, sizeof *counting->list);
	counting->list[counting->count++] = (struct counted){ mem_strdup(
								  row->name),
		mem_strdup(row->home ? row->home : ""), row->uid, row->gid };
}

static void
counting_release(struct counting *counting)
{
	size_t i;

	for (i = 0; i < counting->count; i++) {
		free(counting->list[i].name);
		free(counting->list[i].home);
	}
	free(counting->list);
}

/* Calls seen for the users that are named, or for all.  The worst status. */
static int
each_user(struct tool *tool, account_row_seen *seen, void *ctx)
{
	struct err err = { 0 };
	int i, rc, status = EX_OK;

	if (tool->count == 0) {
		rc = account_admin_user_list(tool->admin, "", seen, ctx, &err);
		return rc < 0 ? tool_fail_err(tool, "users", rc, &err) : EX_OK;
	}
	for (i = 0; i < tool->count; i++) {
		rc = account_admin_user_show(
		    tool->admin, tool->operands[i], seen, ctx, &err);
		if (rc < 0)
			status =
			    tool_fail_err(tool, tool->operands[i], rc, &err);
	}
	return status;
}

/* Counts one mailbox anew.  A message that comes between the count and the row
 * is missing from it until the next time. */
static int
recalc(struct tool *tool, const struct counted *user)
{
	struct account_row row = { .name = user->name,
		.home = user->home,
		.uid = user->uid,
		.gid = user->gid };
	struct mailbox_place place;
	struct mailbox_use use = { 0 };
	struct err err = { 0 };
	int rc = mailbox_find(&tool->settings, &row, &place, &err);

	if (rc == 0)
		rc = mailbox_count(&place, &use, &err);
	mailbox_release(&place);
	if (rc == 0)
		rc = account_admin_quota_set(tool->admin, user->name,
		    (int64_t)use.octets, (int64_t)use.messages, &err);
	if (rc < 0)
		return tool_fail_err(tool, user->name, rc, &err);
	printf("%s\t%llu\t%llu\n", user->name, (unsigned long long)use.octets,
	    (unsigned long long)use.messages);
	return EX_OK;
}

int
cmd_quota_recalc(struct tool *tool)
{
	struct counting users = { 0 };
	size_t i;
	int status;

	if ((tool->option['a'] != NULL) == (tool->count > 0))
		return tool_fail(
		    tool, EX_USAGE, "name users, or say --all for all of them");
	status = tool_open(tool);
	if (status != EX_OK)
		return status;
	status = each_user(tool, keep_row, &users);
	for (i = 0; i < users.count; i++) {
		int one = recalc(tool, &users.list[i]);

		status = one == EX_OK ? status : one;
	}
	counting_release(&users);
	return status;
}

int
cmd_quota_set(struct tool *tool)
{
	const char *megabytes = tool->operands[1];
	struct err err = { 0 };
	uint64_t number;
	int rc;

	if (!num_parse(slice_from(megabytes), UINT64_MAX >> 20, &number))
		return tool_fail(
		    tool, EX_DATAERR, "%s: not a number of MB", megabytes);
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	rc = account_admin_limit_set(
	    tool->admin, tool->operands[0], megabytes, &err);
	return rc < 0 ? tool_fail_err(tool, tool->operands[0], rc, &err)
		      : EX_OK;
}

static void
print_use(void *ctx, const struct account_row *row)
{
	const struct tool *tool = ctx;
	uint64_t limit = 0;

	if (row->quota && row->quota[0] &&
	    !num_parse(slice_from(row->quota), UINT64_MAX >> 20, &limit))
		tool_say(tool, "%s: quota \"%s\" is no number: unlimited",
		    row->name, row->quota);
	printf("%s\t%lld\t%lld\t%llu\n", row->name, (long long)row->used,
	    (long long)row->messages, (unsigned long long)limit << 20);
}

int
cmd_quota_show(struct tool *tool)
{
	int status = tool_open(tool);

	return status == EX_OK ? each_user(tool, print_use, tool) : status;
}
