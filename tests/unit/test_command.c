#include <string.h>

#include "common/proto/command.h"
#include "tests/unit/unit.h"

enum { ST_FRESH = 1, ST_GREETED = 2, ST_ANY = 3 };

static const struct command table[] = {
	/* clang-format off */
	{ "NOOP",      ST_ANY,     ARG_OPTIONAL, 0,              NULL },
	{ "MAIL",      ST_GREETED, ARG_NEEDED,   CMD_NEEDS_TLS,  NULL },
	{ "QUIT",      ST_ANY,     ARG_NONE,     0,              NULL },
	{ "STARTTLS",  ST_GREETED, ARG_NONE,     CMD_PLAIN_ONLY, NULL },
	{ "AUTH",      ST_GREETED, ARG_NEEDED,   CMD_SECRET,     NULL },
	{ "PASS",      ST_ANY,     ARG_NEEDED, CMD_SECRET | CMD_RAW, NULL },
	{ "UID",       ST_ANY,     ARG_OPTIONAL, 0,              NULL },
	{ "UID FETCH", ST_ANY,     ARG_NEEDED,   0,              NULL },
	/* clang-format on */
};

static const struct command_state fresh = { ST_FRESH, false, false },
				  greeted = { ST_GREETED, false, false },
				  wanting = { ST_GREETED, false, true },
				  secured = { ST_GREETED, true, true },
				  eager = { ST_FRESH, false, true };

static void
finds(void **state)
{
	static const struct {
		const char *line;
		const struct command_state *state;
		enum command_error error;
		const char *verb; /* NULL: no row */
		const char *argument;
	} rows[] = {
		/* clang-format off */
		{ "NOOP",         &fresh,   COMMAND_OK, "NOOP", "" },
		{ "noop",         &fresh,   COMMAND_OK, "NOOP", "" },
		{ "NoOp \t x y ", &fresh,   COMMAND_OK, "NOOP", "x y" },
		{ "NOOPX",        &fresh,   COMMAND_UNKNOWN, NULL, "NOOPX" },
		{ "NOO",          &fresh,   COMMAND_UNKNOWN, NULL, "NOO" },
		{ " NOOP",        &fresh,   COMMAND_UNKNOWN, NULL, " NOOP" },
		{ "",             &fresh,   COMMAND_UNKNOWN, NULL, "" },
		{ " ",            &fresh,   COMMAND_UNKNOWN, NULL, " " },
		{ "QUIT",         &fresh,   COMMAND_OK, "QUIT", "" },
		{ "QUIT  ",       &fresh,   COMMAND_OK, "QUIT", "" },
		{ "QUIT now",     &fresh,   COMMAND_ARGUMENT_EXTRA, "QUIT", "now" },
		{ "MAIL FROM:<>", &fresh,   COMMAND_BAD_STATE, "MAIL", "FROM:<>" },
		{ "MAIL",         &fresh,   COMMAND_BAD_STATE, "MAIL", "" },
		{ "MAIL",         &greeted, COMMAND_ARGUMENT_MISSING, "MAIL", "" },
		{ "MAIL  ",       &greeted, COMMAND_ARGUMENT_MISSING, "MAIL", "" },
		{ "MAIL FROM:<>", &greeted, COMMAND_OK, "MAIL", "FROM:<>" },
		{ "MAIL FROM:<>", &wanting, COMMAND_TLS_FIRST, "MAIL", "FROM:<>" },
		{ "MAIL FROM:<>", &eager,   COMMAND_TLS_FIRST, "MAIL", "FROM:<>" },
		{ "MAIL FROM:<>", &secured, COMMAND_OK, "MAIL", "FROM:<>" },
		{ "STARTTLS",     &wanting, COMMAND_OK, "STARTTLS", "" },
		{ "STARTTLS",     &secured, COMMAND_TLS_ALREADY, "STARTTLS", "" },
		{ "PASS  a b ",   &fresh,   COMMAND_OK, "PASS", " a b " },
		{ "PASS ",        &fresh,   COMMAND_ARGUMENT_MISSING, "PASS", "" },
		{ "uid fetch 1",  &fresh,   COMMAND_OK, "UID FETCH", "1" },
		{ "UID FETCHX 1", &fresh,   COMMAND_OK, "UID", "FETCHX 1" },
		{ "UID",          &fresh,   COMMAND_OK, "UID", "" },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		const struct command *row = &table[0];
		struct slice argument = { NULL, 0 };
		enum command_error error =
		    command_find(table, UNIT_COUNT(table), rows[i].state,
			slice_from(rows[i].line), &row, &argument);

		UNIT_CHECK(i, error == rows[i].error);
		UNIT_CHECK(i, (row == NULL) == (rows[i].verb == NULL));
		if (row)
			UNIT_CHECK(i, strcmp(row->verb, rows[i].verb) == 0);
		UNIT_CHECK(i, slice_is(argument, rows[i].argument));
	}
}

/* A NUL in a line is an octet like another and ends nothing. */
static void
finds_no_nul(void **state)
{
	static const char line[] = "QUIT\0";
	const struct command *row;
	struct slice argument;

	(void)state;
	assert_int_equal(command_find(table, UNIT_COUNT(table), &fresh,
			     slice_of(line, 5), &row, &argument),
	    COMMAND_UNKNOWN);
}

static void
logs(void **state)
{
	static const struct {
		int row; /* -1: none */
		const char *line;
		size_t max;
		const char *shown;
	} rows[] = {
		{ 0, "noop  x\r\xff", 40, "noop  x\\x0d\\xff" },
		{ 1, "MAIL FROM:<a@b>", 40, "MAIL FROM:<a@b>" },
		{ 1, "MAIL FROM:<a@b>", 15, "MAIL FROM:<a@b>" },
		{ 1, "MAIL FROM:<a@b>", 14, "MAIL FROM:<a@b" },
		{ 1, "MAIL FROM:<a@b>", 0, "" },
		{ 4, "auth PLAIN AGEAYg==", 40, "auth ***" },
		{ 4, "AUTH", 40, "AUTH" },
		{ 4, "AUTH PLAIN AGEAYg==", 6, "AUTH *" },
		{ 5, "PASS secret", 40, "PASS ***" },
		{ -1, "GET / HTTP/1.1", 40, "GET ***" },
		{ -1, "GET", 40, "GET" },
		{ -1, "c2VjcmV0", 40, "***" },
		{ -1, "get x", 40, "***" },
		{ -1, "GET1 x", 40, "***" },
		{ -1, "ABCDEFGHIJKL", 40, "ABCDEFGHIJKL" },
		{ -1, "ABCDEFGHIJKLM", 40, "***" },
		{ -1, "", 40, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		char into[41];

		memset(into, 'x', sizeof into);
		command_for_log(rows[i].row < 0 ? NULL : &table[rows[i].row],
		    slice_from(rows[i].line), into, rows[i].max);
		UNIT_CHECK(i, strcmp(into, rows[i].shown) == 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(finds_no_nul),
		cmocka_unit_test(logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
