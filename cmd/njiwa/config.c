/* config: the settings themselves. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/njiwa/doc.h"
#include "cmd/njiwa/handlers.h"
#include "common/account/query.h"
#include "common/proto/milter_list.h"
#include "common/svc/content/chain.h"
#include "common/svc/settings_table.h"

#define SHOW_COLUMNS 78 /* lines are folded where a blank allows it */

static void
complain(void *ctx, const char *line)
{
	tool_say(ctx, "%s", line);
}

/* Compiles the queries, as those who use them will. */
static int
check_queries(const struct tool *tool)
{
	const struct settings *settings = &tool->settings;
	size_t i;
	int mistakes = 0;

	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		STR_AUTO text = STR_INIT;
		struct query query = { 0 };
		struct err err = { 0 };

		settings_print(settings, row, &text);
		if (row->type != SETTING_QUERY || text.len == 0)
			continue;
		if (query_compile(str_cstr(&text),
			strchr(row->choices, 'b') ? QUERY_NUMBERS : QUERY_TEXTS,
			&query, &err) < 0) {
			tool_say(tool, "%s: %s", row->name, err.text);
			mistakes++;
		} else {
			query_release(&query);
		}
	}
	return mistakes;
}

/* Reads the lists of the filters, as those who ask them will. */
static int
check_filters(const struct tool *tool)
{
	static const char *const profiles[] = { "mx", "submission", "lmtp" };
	const struct settings *settings = &tool->settings;
	const struct milter_spec defaults = { .connect_ms = 0 };
	struct milter_spec milters[MILTERS_MAX];
	struct chain chain;
	struct err err = { 0, "" };
	int mistakes = 0;
	size_t i;

	if (milter_list_parse(settings->milters, &defaults, milters, &err) <
	    0) {
		tool_say(tool, "%s", err.text);
		mistakes++;
	}
	if (pipe_list_of(settings, chain.commands, &err) < 0) {
		tool_say(tool, "%s", err.text);
		return mistakes + 1; /* which words are commands is not known */
	}
	for (i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
		if (chain_of(settings, profiles[i], &chain, &err) < 0) {
			tool_say(tool, "%s", err.text);
			mistakes++;
		}
	return mistakes;
}

int
cmd_config_check(struct tool *tool)
{
	const char *path = settings_path(tool->option['c']);
	int rc = settings_load(tool->config, SETTINGS_CHECK_SECRETS,
	    &tool->settings, complain, tool);

	tool->loaded = true;
	if (rc < 0)
		return tool_fail(tool, rc == -EACCES ? EX_NOPERM : EX_CONFIG,
		    "%s: %s", path, strerror(-rc));
	rc += check_queries(tool);
	rc += check_filters(tool);
	if (rc > 0)
		return tool_fail(
		    tool, EX_CONFIG, "%d mistake%s", rc, rc > 1 ? "s" : "");
	/* without a file there may be mistakes in the environment alone */
	printf("%s: %sno mistakes\n", path,
	    access(path, F_OK) < 0 ? "not there; what is set without it has "
				   : "");
	return EX_OK;
}

/* Prints "name = value", folded into lines that the file may have. */
static void
print_folded(const char *name, struct slice value)
{
	size_t column = strlen(name) + 2;
	struct slice word;

	printf("%s =", name);
	while (value.len && slice_next(&value, ' ', &word)) {
		bool room = column + word.len + 1 <= SHOW_COLUMNS;

		/* a runs of blanks would be lost at a fold */
		if (!room && word.len && word.ptr[0] != '#' &&
		    word.ptr[0] != ';') {
			printf("\n   ");
			column = 3;
		}
		printf(" %.*s", SLICE_FMT(word));
		column += word.len + 1;
	}
	printf("\n");
}

static void
print_setting(const struct tool *tool, const struct setting *row)
{
	STR_AUTO text = STR_INIT;

	settings_print(&tool->settings, row, &text);
	if (tool->option['n'] && strcmp(str_cstr(&text), row->initial) == 0)
		return;
	if (row->type == SETTING_SECRET && text.len)
		printf("# %s = %s\n", row->name, str_cstr(&text));
	else
		print_folded(row->name, str_slice(&text));
}

static int
show_named(const struct tool *tool)
{
	int i, status = EX_OK;

	for (i = 0; i < tool->count; i++) {
		struct slice name = slice_from(tool->operands[i]);
		const struct setting *row = settings_find(name);
		const char *near = settings_nearest(name);

		if (row)
			print_setting(tool, row);
		else
			status = tool_fail(tool, EX_USAGE,
			    "%s: there is no such setting%s%s%s",
			    tool->operands[i], near ? "; did you mean " : "",
			    near ? near : "", near ? "?" : "");
	}
	return status;
}

int
cmd_config_show(struct tool *tool)
{
	int rc = settings_load(tool->config, SETTINGS_CHECK_SECRETS,
	    &tool->settings, complain, tool);
	size_t i;
	int status;

	tool->loaded = true;
	if (rc < 0)
		return tool_fail(tool, rc == -EACCES ? EX_NOPERM : EX_CONFIG,
		    "%s: %s", settings_path(tool->config), strerror(-rc));
	status = show_named(tool);
	for (i = 0; tool->count == 0 && i < settings_count; i++)
		print_setting(tool, &settings_table[i]);
	return rc > 0 ? EX_CONFIG : status;
}

int
cmd_config_doc(struct tool *tool)
{
	STR_AUTO page = STR_INIT;

	(void)tool;
	doc_settings(&page);
	fputs(str_cstr(&page), stdout);
	return EX_OK;
}
