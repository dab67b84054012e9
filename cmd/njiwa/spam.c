/* spam: scores that mailboxes have instead of the settings'. */
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/names.h"
#include "common/account/account_spam_admin.h"
#include "common/proto/score.h"

#define SITE "site" /* how the settings' own score is called here */

static void
print_row(void *ctx, const struct account_spam_row *row)
{
	const char *const scores[] = { row->tag, row->junk, row->reject };
	size_t i;

	(void)ctx;
	printf("%s", row->name);
	for (i = 0; i < sizeof scores / sizeof scores[0]; i++)
		printf("\t%s", scores[i][0] ? scores[i] : SITE);
	putchar('\n');
}

static int
list(struct tool *tool, const char *name)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_spam_list(tool->admin, name, print_row, tool, &err);
	return rc < 0 ? tool_fail_err(
			    tool, name[0] ? name : "spam prefs", rc, &err)
		      : EX_OK;
}

int
cmd_spam_list(struct tool *tool)
{
	return list(tool, "");
}

int
cmd_spam_show(struct tool *tool)
{
	return list(tool, tool->operands[0]);
}

int
cmd_spam_remove(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_spam_remove(tool->admin, tool->operands[0], &err);
	return rc < 0 ? tool_fail_err(tool, tool->operands[0], rc, &err)
		      : EX_OK;
}

/* An option's value as the column has it: NULL where it was not said. */
static bool
take_score(struct tool *tool, char letter, const char **ret_score)
{
	const char *text = tool->option[(unsigned char)letter];
	int64_t score;

	*ret_score = text;
	if (text == NULL)
		return true;
	if (strcmp(text, SITE) == 0)
		*ret_score = "";
	else if (!score_parse(slice_from(text), &score) || strlen(text) > 15)
		return false;
	return true;
}

int
cmd_spam_set(struct tool *tool)
{
	struct account_spam_row row = { .name = NULL };
	STR_AUTO name = STR_INIT;
	struct err err = { 0 };
	int rc;

	if (!take_score(tool, 'T', &row.tag) ||
	    !take_score(tool, 'j', &row.junk) ||
	    !take_score(tool, 'r', &row.reject))
		return tool_fail(tool, EX_DATAERR,
		    "a score is a number such as 5 or -1.5, never, or " SITE);
	if (!row.tag && !row.junk && !row.reject)
		return tool_fail(tool, EX_USAGE,
		    "say --tag, --junk or --reject, and a score");
	rc = names_address(tool->operands[0], &name, &err);
	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	row.name = str_cstr(&name);
	rc = account_admin_spam_set(tool->admin, &row, &err);
	return rc < 0 ? tool_fail_err(tool, row.name, rc, &err) : EX_OK;
}
