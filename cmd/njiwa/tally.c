/* tally: what addresses and networks have done lately. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/strangers.h"
#include "common/base/mem.h"
#include "common/svc/rates.h"
#include "common/svc/verdict.h"

#define LINES 50 /* that are printed unless all are asked for */

struct lines {
	struct rates_line *list;
	size_t count, cap;
};

static void
see(void *ctx, const struct tally_key *key, struct tally_entry entry)
{
	struct lines *lines = ctx;
	struct rates_line line = { .name = STR_INIT };

	if (!rates_read(key, entry, &line))
		return;
	lines->list = mem_grow(
	    lines->list, &lines->cap, lines->count + 1, sizeof *lines->list);
	lines->list[lines->count++] = line;
}

/* What makes one worth a look. */
static uint64_t
weight_of(const struct rates_line *line)
{
	uint64_t weight = (uint64_t)line->failures + line->today;
	int what;

	for (what = 0; what < RATES; what++)
		weight += line->counts[what];
	return weight;
}

static int
compare(const void *a, const void *b)
{
	uint64_t left = weight_of(a), right = weight_of(b);

	if (left != right)
		return left < right ? 1 : -1;
	return strcmp(str_cstr(&((const struct rates_line *)a)->name),
	    str_cstr(&((const struct rates_line *)b)->name));
}

static void
print(const struct rates_line *line)
{
	printf("%s\t%u\t%u\t%u\t%u\t%u%s\n", str_cstr(&line->name),
	    line->counts[RATE_CONNECTION], line->counts[RATE_MESSAGE],
	    line->counts[RATE_UNKNOWN], line->failures, line->today,
	    line->spared ? "\tspared" : "");
}

static int
open_table(struct tool *tool, struct tally **ret_table)
{
	struct err err = { 0 };
	int rc = tool_load(tool);

	if (rc != EX_OK)
		return rc;
	rc = rates_table(&tool->settings, ret_table, &err);
	return rc < 0 ? tool_fail_err(tool, "tally", rc, &err) : EX_OK;
}

int
cmd_tally_list(struct tool *tool)
{
	struct lines lines = { NULL, 0, 0 };
	struct tally *table;
	int rc = open_table(tool, &table);
	size_t i;

	if (rc != EX_OK)
		return rc;
	tally_each(table, see, &lines);
	tally_close(table);
	if (lines.count)
		qsort(lines.list, lines.count, sizeof *lines.list, compare);
	for (i = 0; i < lines.count; i++) {
		if (i < LINES || tool->option['a'])
			print(&lines.list[i]);
		str_release(&lines.list[i].name);
	}
	free(lines.list);
	return EX_OK;
}

int
cmd_tally_forget(struct tool *tool)
{
	struct tally_key key;
	struct tally *table;
	int rc;

	if (!rates_key(tool->operands[0], false, &key))
		return tool_fail(tool, EX_DATAERR,
		    "%s: neither an address nor a /24 (of IPv6, a /64 or /48)",
		    tool->operands[0]);
	rc = open_table(tool, &table);
	if (rc != EX_OK)
		return rc;
	if (tally_find(table, &key, false).slot == NULL)
		rc = tool_fail(
		    tool, EX_NOUSER, "%s: not seen lately", tool->operands[0]);
	tally_forget(table, &key);
	tally_close(table);
	return rc;
}

static void
explain(struct tally *table, const char *ip, bool network)
{
	struct rates_line line = { .name = STR_INIT };
	struct tally_key key;

	if (!rates_key(ip, network, &key) ||
	    !rates_read(&key, tally_find(table, &key, false), &line))
		return;
	printf("  %s: %u connections in a minute, %u messages and %u unknown "
	       "recipients in an hour, %u failed logins%s\n",
	    str_cstr(&line.name), line.counts[RATE_CONNECTION],
	    line.counts[RATE_MESSAGE], line.counts[RATE_UNKNOWN], line.failures,
	    line.spared ? "; spared, for somebody has logged in" : "");
	str_release(&line.name);
}

/* In the order in which they are looked at. */
static const struct {
	enum rate what;
	const struct reply *reply;
} refusals[] = {
	{ RATE_CONNECTION, &reply_too_often },
	{ RATE_MESSAGE, &reply_too_much },
	{ RATE_UNKNOWN, &reply_too_much },
};

const struct reply *
strangers_print_rates(const struct tool *tool, const struct peer *peer)
{
	const struct reply *reply = NULL;
	struct tally *table;
	struct err err = { 0 };
	size_t i;

	if (rates_table(&tool->settings, &table, &err) < 0) {
		printf("  no rates are known: %s\n", err.text);
		return NULL;
	}
	explain(table, peer->address, false);
	explain(table, peer->address, true);
	for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (reply == NULL && rates_would_refuse(&tool->settings, table,
					 peer, refusals[i].what))
			reply = refusals[i].reply;
	tally_close(table);
	return reply;
}
