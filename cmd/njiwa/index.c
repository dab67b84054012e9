/* index: what is kept of a user's mailboxes for the next session. */
#include <errno.h>
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/mailbox.h"
#include "common/svc/indexing.h"

typedef int index_deed(
    struct tool *tool, const struct mailbox_place *place, const char *path);

struct job {
	struct tool *tool;
	index_deed *deed;
	int status;
};

/* Would a session use it? */
static const char *
use_of(const struct tool *tool, int state)
{
	if (!tool->settings.index)
		return "no, the setting index says so";
	switch (state) {
	case 0:
		return "yes";
	case -ENOENT:
		return "no, there is none yet";
	case -ESTALE:
		return "no, it is of before the last boot";
	case -EBADMSG:
		return "no, it is damaged or of another version";
	case -EMEDIUMTYPE:
		return "no, it is on a network's file system";
	default:
		return strerror(-state);
	}
}

static int
show(struct tool *tool, const struct mailbox_place *place, const char *path)
{
	struct index_facts facts;
	struct err err = { 0 };
	int rc = mailbox_index_look(place, path, &facts, &err);

	if (rc < 0)
		return tool_fail_err(tool, path, rc, &err);
	printf("place: %s\n", path);
	printf("octets: %llu\n", (unsigned long long)facts.octets);
	printf("mailboxes: %llu\n", (unsigned long long)facts.mailboxes);
	printf("messages: %llu\n", (unsigned long long)facts.messages);
	printf("texts: %llu\n", (unsigned long long)facts.texts);
	printf("text octets: %llu\n", (unsigned long long)facts.text_octets);
	printf("boot: %s\n", facts.boot);
	printf("version: %u\n", (unsigned)facts.version);
	printf("used: %s\n", use_of(tool, facts.state));
	return EX_OK;
}

static int
drop(struct tool *tool, const struct mailbox_place *place, const char *path)
{
	struct err err = { 0 };
	int rc = mailbox_index_drop(place, path, &err);

	return rc < 0 ? tool_fail_err(tool, path, rc, &err) : EX_OK;
}

static void
work(void *ctx, const struct account_row *row)
{
	struct job *job = ctx;
	struct tool *tool = job->tool;
	STR_AUTO path = STR_INIT;
	struct mailbox_place place;
	struct err err = { 0 };
	int rc = mailbox_find(&tool->settings, row, &place, &err);

	if (rc == 0)
		rc = indexing_find(
		    &tool->settings, row->name, str_cstr(&place.path), &path);
	if (rc < 0 && err.text[0] == '\0')
		(void)err_set(&err, EINVAL, "cannot be a folder's name");
	if (rc < 0)
		job->status = tool_fail_err(tool, row->name, rc, &err);
	else
		job->status = job->deed(tool, &place, str_cstr(&path));
	mailbox_release(&place);
}

static int
run(struct tool *tool, index_deed *deed)
{
	const char *name = tool->operands[0];
	struct job job = { tool, deed, EX_OK };
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_user_show(tool->admin, name, work, &job, &err);
	return rc < 0 ? tool_fail_err(tool, name, rc, &err) : job.status;
}

int
cmd_index_show(struct tool *tool)
{
	return run(tool, show);
}

int
cmd_index_drop(struct tool *tool)
{
	return run(tool, drop);
}
