#include "common/base/enc.h"
#include "common/proto/command.h"

#define STRAY_VERB_MAX 12 /* octets of an unknown verb that is shown */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Octets of the line's start that are the row's verb, 0 for another verb. */
static size_t
verb_length(const struct command *row, struct slice line)
{
	size_t n = strlen(row->verb);

	if (!slice_starts_nocase(line, row->verb))
		return 0;
	return line.len == n || is_blank(line.ptr[n]) ? n : 0;
}

static const struct command *
find_row(const struct command *table, size_t n, struct slice line,
    size_t *ret_length)
{
	const struct command *best = NULL;
	size_t i;

	*ret_length = 0;
	for (i = 0; i < n; i++) {
		size_t length = verb_length(&table[i], line);

		if (length > *ret_length) {
			*ret_length = length;
			best = &table[i];
		}
	}
	return best;
}

/* What the row says against running now. */
static enum command_error
check_row(const struct command *row, const struct command_state *state,
    struct slice argument)
{
	if ((row->flags & CMD_PLAIN_ONLY) && state->tls)
		return COMMAND_TLS_ALREADY;
	if ((row->flags & CMD_NEEDS_TLS) && state->tls_wanted && !state->tls)
		return COMMAND_TLS_FIRST;
	if ((row->states & state->state) == 0)
		return COMMAND_BAD_STATE;
	if (row->argument == ARG_NONE && argument.len)
		return COMMAND_ARGUMENT_EXTRA;
	if (row->argument == ARG_NEEDED && argument.len == 0)
		return COMMAND_ARGUMENT_MISSING;
	return COMMAND_OK;
}

enum command_error
command_find(const struct command *table, size_t n,
    const struct command_state *state, struct slice line,
    const struct command **ret_row, struct slice *ret_argument)
{
	size_t length;
	const struct command *row = find_row(table, n, line, &length);

	*ret_row = row;
	*ret_argument = slice_skip(line, length);
	if (row == NULL)
		return COMMAND_UNKNOWN;
	if (row->flags & CMD_RAW)
		*ret_argument = slice_skip(*ret_argument, 1);
	else
		*ret_argument = slice_trim(*ret_argument);
	return check_row(row, state, *ret_argument);
}

/* The first word, when it looks like a verb and not like a secret. */
static struct slice
stray_verb(struct slice line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] >= 'A' && line.ptr[n] <= 'Z')
		n++;
	if (n > STRAY_VERB_MAX || (n < line.len && !is_blank(line.ptr[n])))
		n = 0;
	return slice_head(line, n);
}

void
command_for_log(
    const struct command *row, struct slice line, char *into, size_t max)
{
	STR_AUTO shown = STR_INIT;
	struct slice open = line;

	if (row == NULL)
		open = stray_verb(line);
	else if (row->flags & CMD_SECRET)
		open = slice_head(line, strlen(row->verb));
	/* an octet becomes one to four: enough for the cut below */
	enc_printable(slice_head(open, max), &shown);
	if (open.len < line.len)
		str_append_cstr(&shown, open.len ? " ***" : "***");
	str_truncate(&shown, max);
	memcpy(into, str_cstr(&shown), shown.len + 1);
}
