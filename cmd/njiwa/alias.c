/* alias: where mail for an address goes instead. */
#include <stdio.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/names.h"
#include "common/account/account.h"

/* The operands behind the address, as the column has them. */
static int
join_targets(const struct tool *tool, struct str *out, struct err *err)
{
	int i;

	for (i = 1; i < tool->count; i++) {
		STR_AUTO target = STR_INIT;
		int rc = names_address(tool->operands[i], &target, err);

		if (rc < 0)
			return rc;
		str_appendf(out, "%s%s", i > 1 ? " | " : "", str_cstr(&target));
	}
	return 0;
}

/* Targets or -x, one of them. */
static bool
complete(const struct tool *tool)
{
	bool drop = tool->option['x'] != NULL;

	if (tool->count - 1 > ACCOUNT_TARGETS_MAX) {
		tool_say(tool, "an alias has at most %d targets",
		    ACCOUNT_TARGETS_MAX);
		return false;
	}
	if (drop == (tool->count > 1)) {
		tool_say(tool, drop ? "either targets or --drop"
				    : "where is the mail to go?  Name targets, "
				      "or say --drop");
		return false;
	}
	return true;
}

/* An address, or @DOMAIN for what nothing else of the domain gets. */
static int
read_address(const char *text, struct str *out, struct err *err)
{
	STR_AUTO domain = STR_INIT;
	int rc;

	if (text[0] != '@')
		return names_address(text, out, err);
	rc = names_domain(text + 1, &domain, err);
	if (rc == 0)
		str_appendf(out, "@%s", str_cstr(&domain));
	return rc;
}

int
cmd_alias_add(struct tool *tool)
{
	STR_AUTO address = STR_INIT;
	STR_AUTO targets = STR_INIT;
	struct account_alias alias;
	struct err err = { 0 };
	int rc;

	if (!complete(tool))
		return EX_USAGE;
	rc = read_address(tool->operands[0], &address, &err);
	if (rc == 0)
		rc = join_targets(tool, &targets, &err);
	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	alias = (struct account_alias){ str_cstr(&address),
		tool->option['x'] ? "drop" : "alias", str_cstr(&targets) };
	rc = account_admin_alias_add(tool->admin, &alias, &err);
	return rc < 0 ? tool_fail_err(tool, alias.address, rc, &err) : EX_OK;
}

static void
print_alias(void *ctx, const struct account_alias *alias)
{
	const struct tool *tool = ctx;
	const char *at = strrchr(alias->address, '@');

	if (tool->count && (!at || strcasecmp(at + 1, tool->operands[0]) != 0))
		return;
	printf("%s\t%s\t%s\n", alias->address, alias->action, alias->targets);
}

int
cmd_alias_list(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_alias_list(tool->admin, print_alias, tool, &err);
	return rc < 0 ? tool_fail_err(tool, "aliases", rc, &err) : EX_OK;
}

int
cmd_alias_remove(struct tool *tool)
{
	const char *address = tool->operands[0];
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_alias_remove(tool->admin, address, &err);
	return rc < 0 ? tool_fail_err(tool, address, rc, &err) : EX_OK;
}
