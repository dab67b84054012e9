#include <stdint.h>

#include "common/proto/command.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHOWN_MAX 40

/* clang-format off */
static const struct command table[] = {
	{ "NOOP",      3, ARG_OPTIONAL, 0,                    NULL },
	{ "MAIL",      2, ARG_NEEDED,   CMD_NEEDS_TLS,        NULL },
	{ "QUIT",      3, ARG_NONE,     0,                    NULL },
	{ "STARTTLS",  2, ARG_NONE,     CMD_PLAIN_ONLY,       NULL },
	{ "PASS",      1, ARG_NEEDED,   CMD_SECRET | CMD_RAW, NULL },
	{ "UID",       3, ARG_OPTIONAL, 0,                    NULL },
	{ "UID FETCH", 3, ARG_NEEDED,   CMD_SECRET,           NULL },
};
/* clang-format on */

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* A log line is printable, bounded, and silent about a secret. */
static void
check_log(const struct command *row, struct slice line)
{
	char shown[SHOWN_MAX + 1];
	size_t i;

	command_for_log(row, line, shown, SHOWN_MAX);
	want(strlen(shown) <= SHOWN_MAX);
	for (i = 0; shown[i]; i++)
		want(shown[i] >= ' ' && shown[i] <= '~');
	if (row && (row->flags & CMD_SECRET))
		want(strlen(shown) <= strlen(row->verb) + strlen(" ***"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = slice_of((const char *)data, size), argument;
	struct command_state state = { 1, false, false };
	const struct command *row;
	enum command_error error;

	if (size == 0)
		return 0;
	state.state = data[0] & 1 ? 1 : 2;
	state.tls = data[0] & 2;
	state.tls_wanted = data[0] & 4;
	line = slice_skip(line, 1);
	error = command_find(table, sizeof table / sizeof table[0], &state,
	    line, &row, &argument);
	want((error == COMMAND_UNKNOWN) == (row == NULL));
	want(argument.len <= line.len);
	if (error == COMMAND_OK) {
		want(row->states & state.state);
		want(row->argument != ARG_NONE || argument.len == 0);
		want(row->argument != ARG_NEEDED || argument.len > 0);
	}
	check_log(row, line);
	return 0;
}
