/* sender: whom a user may send as, beside the addresses whose mail he gets. */
#include <stdio.h>
#include <strings.h>

#include "cmd/njiwa/handlers.h"

int
cmd_sender_add(struct tool *tool)
{
	struct err err = { 0 };
	int i, rc = tool_open(tool);

	for (i = 1; i < tool->count && rc == EX_OK; i++) {
		rc = account_admin_sender_add(
		    tool->admin, tool->operands[0], tool->operands[i], &err);
		if (rc < 0)
			rc = tool_fail_err(tool, tool->operands[i], rc, &err);
	}
	return rc;
}

int
cmd_sender_remove(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_sender_remove(
	    tool->admin, tool->operands[0], tool->operands[1], &err);
	return rc < 0 ? tool_fail_err(tool, tool->operands[1], rc, &err)
		      : EX_OK;
}

static void
print_sender(void *ctx, const char *login, const char *sender)
{
	const struct tool *tool = ctx;

	if (tool->count == 0 || strcasecmp(login, tool->operands[0]) == 0)
		printf("%s\t%s\n", login, sender);
}

int
cmd_sender_list(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_sender_list(tool->admin, print_sender, tool, &err);
	return rc < 0 ? tool_fail_err(tool, "senders", rc, &err) : EX_OK;
}
