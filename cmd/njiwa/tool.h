/* The administrator's tool: one call, one verb of the table in verbs.c.
 * Never prints a password or a hash that was not asked for. */
#ifndef NJIWA_CMD_NJIWA_TOOL_H
#define NJIWA_CMD_NJIWA_TOOL_H

#include <sysexits.h>
#include "common/account/account_admin.h"
#include "common/svc/settings.h"

#define TOOL_LETTERS 128 /* options are ASCII letters */

struct tool;

/* A verb: its words, what must follow them, and which options it takes. */
struct verb {
	const char *words;    /* "user add" */
	const char *operands; /* as the help shows them */
	int min, max;         /* how many of them; max -1: any number */
	const char *options;  /* letters of the options' table */
	int (*run)(struct tool *tool); /* gives the exit status */
	const char *help;
};

/* The table, ended by a row without words. */
extern const struct verb tool_verbs[];

/* One call of the program. */
struct tool {
	const char *name;   /* what we were called */
	const char *config; /* -c, or NULL */
	const struct verb *verb;
	const char *option[TOOL_LETTERS]; /* values; "" for those without */
	char **operands;
	int count; /* of the operands */
	bool loaded;
	bool may_make_file; /* of SQLite */
	struct settings settings;
	struct account_config accounts;
	struct account_admin *admin;
};

/* Runs what argv says; the exit status (sysexits.h). */
int tool_main(int argc, char **argv);

/* Says "NAME: text" on standard error. */
void tool_say(const struct tool *tool, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, and gives status. */
int tool_fail(const struct tool *tool, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Says err's text about what (may be NULL); the exit status that fits rc, a
 * negative errno. */
int tool_fail_err(
    const struct tool *tool, const char *what, int rc, const struct err *err);

/* Reads the settings unless that was done; EX_OK, or a status when they cannot
 * be used, and then it has been said. */
int tool_load(struct tool *tool);

/* Connects to the accounts as well. */
int tool_open(struct tool *tool);

/* The usage of one verb and its options, or of all verbs that begin with
 * words ("" for all), appended to out. */
void tool_usage(
    const struct tool *tool, const struct verb *verb, struct str *out);
void tool_usage_all(
    const struct tool *tool, const char *words, struct str *out);

#endif
