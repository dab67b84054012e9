/* domain: those of the table, and what host_list has. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/names.h"
#include "common/account/account_domain_alias.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"

#define HOST_LIST_MAX (4 << 20) /* octets of the file */

enum { IN_TABLE = 1, IN_FILE = 2 };

struct domain {
	char *name;
	int where; /* IN_ bits */
};

struct domains {
	struct domain *list;
	size_t count, cap;
};

static void
domains_add(struct domains *domains, const char *name, int where)
{
	domains->list = mem_grow(domains->list, &domains->cap,
	    domains->count + 1, sizeof *domains->list);
	domains->list[domains->count++] =
	    (struct domain){ mem_strdup(name), where };
}

static void
domains_release(struct domains *domains)
{
	size_t i;

	for (i = 0; i < domains->count; i++)
		free(domains->list[i].name);
	free(domains->list);
}

static int
compare(const void *a, const void *b)
{
	const struct domain *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* Adds the domains of the file; one that is not there has none.  0, or -errno
 * with err filled. */
static int
read_host_list(const char *path, struct domains *domains, struct err *err)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO name = STR_INIT;
	struct slice rest, line;
	int rc;

	if (path[0] == '\0')
		return 0;
	rc = fileio_read(AT_FDCWD, path, HOST_LIST_MAX, &text, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rest = str_slice(&text);
	while (slice_next(&rest, '\n', &line)) {
		line = slice_trim(slice_head(line, slice_find(line, '\r')));
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		str_set(&name, line);
		domains_add(domains, str_cstr(&name), IN_FILE);
	}
	return 0;
}

static void
from_table(void *ctx, const char *domain)
{
	domains_add(ctx, domain, IN_TABLE);
}

/* Prints each name once, with all places that have it. */
static void
print_domains(struct domains *domains)
{
	static const char *const places[] = { "", "table", "host_list",
		"table,host_list" };
	size_t i;

	if (domains->count)
		qsort(domains->list, domains->count, sizeof *domains->list,
		    compare);
	for (i = 0; i < domains->count; i++) {
		struct domain *domain = &domains->list[i];

		if (i + 1 < domains->count && compare(domain, domain + 1) == 0)
			domain[1].where |= domain->where;
		else
			printf("%s\t%s\n", domain->name, places[domain->where]);
	}
}

int
cmd_domain_list(struct tool *tool)
{
	struct domains domains = { 0 };
	struct err err = { 0 };
	int rc = tool_open(tool), status = EX_OK;

	if (rc != EX_OK)
		return rc;
	rc = account_admin_domain_list(tool->admin, from_table, &domains, &err);
	if (rc < 0)
		status = tool_fail_err(tool, "domains", rc, &err);
	rc = read_host_list(tool->settings.host_list, &domains, &err);
	if (rc < 0)
		status = tool_fail_err(tool, "host_list", rc, &err);
	print_domains(&domains);
	domains_release(&domains);
	return status;
}

int
cmd_domain_add(struct tool *tool)
{
	STR_AUTO name = STR_INIT;
	struct err err = { 0 };
	int rc = names_domain(tool->operands[0], &name, &err);

	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	rc = account_admin_domain_add(tool->admin, str_cstr(&name), &err);
	return rc < 0 ? tool_fail_err(tool, str_cstr(&name), rc, &err) : EX_OK;
}

/* Is name in the file?  Unreadable is no, for the file is not ours. */
static bool
in_host_list(const struct tool *tool, const char *name)
{
	struct domains domains = { 0 };
	struct err err;
	bool found = false;
	size_t i;

	/* what could be read is looked at, nothing depends on the rest */
	(void)read_host_list(tool->settings.host_list, &domains, &err);
	for (i = 0; i < domains.count; i++)
		found |= strcasecmp(domains.list[i].name, name) == 0;
	domains_release(&domains);
	return found;
}

int
cmd_domain_remove(struct tool *tool)
{
	const char *name = tool->operands[0];
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_admin_domain_remove(tool->admin, name, &err);
	if (in_host_list(tool, name))
		tool_say(tool, "%s stays local: %s has it", name,
		    tool->settings.host_list);
	return rc < 0 ? tool_fail_err(tool, name, rc, &err) : EX_OK;
}

int
cmd_domain_alias_add(struct tool *tool)
{
	STR_AUTO name = STR_INIT;
	STR_AUTO target = STR_INIT;
	struct err err = { 0 };
	int rc = names_domain(tool->operands[0], &name, &err);

	if (rc == 0)
		rc = names_domain(tool->operands[1], &target, &err);
	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	rc = tool_open(tool);
	if (rc != EX_OK)
		return rc;
	rc = account_domain_alias_add(tool->admin, str_cstr(&name),
	    str_cstr(&target), in_host_list(tool, str_cstr(&target)), &err);
	return rc < 0 ? tool_fail_err(tool, NULL, rc, &err) : EX_OK;
}

static void
print_alias(void *ctx, const char *domain, const char *target)
{
	(void)ctx;
	printf("%s\t%s\n", domain, target);
}

int
cmd_domain_alias_list(struct tool *tool)
{
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_domain_alias_list(tool->admin, print_alias, NULL, &err);
	return rc < 0 ? tool_fail_err(tool, NULL, rc, &err) : EX_OK;
}

int
cmd_domain_alias_remove(struct tool *tool)
{
	const char *name = tool->operands[0];
	struct err err = { 0 };
	int rc = tool_open(tool);

	if (rc != EX_OK)
		return rc;
	rc = account_domain_alias_remove(tool->admin, name, &err);
	return rc < 0 ? tool_fail_err(tool, name, rc, &err) : EX_OK;
}
