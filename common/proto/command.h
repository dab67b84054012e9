/* Verbs as rows: the dispatcher alone checks state, argument, TLS, login, and
 * what may be shown in a log; the rest derives from the table too.
 * Never formats a reply: it says what is wrong, the protocol says it. */
#ifndef NJIWA_PROTO_COMMAND_H
#define NJIWA_PROTO_COMMAND_H

#include <stdint.h>
#include "common/base/slice.h"

enum command_argument {
	ARG_NONE, /* any argument is an error */
	ARG_OPTIONAL,
	ARG_NEEDED
};

enum {
	CMD_SECRET = 1 << 0,     /* its argument never reaches a log */
	CMD_NEEDS_TLS = 1 << 1,  /* where the profile wants TLS before it */
	CMD_PLAIN_ONLY = 1 << 2, /* not after TLS (STARTTLS, STLS) */
	CMD_BREAKS_PIPELINE = 1 << 3, /* must be the last of a group */
	CMD_HIDDEN = 1 << 4,          /* not in HELP */
	CMD_RAW = 1 << 5, /* the argument is all behind one blank (PASS) */
	CMD_OWN = 1 << 8  /* from here on the protocol's own */
};

/* Runs a verb; ctx is the protocol's session. */
typedef void command_handler(void *ctx, struct slice argument);

struct command {
	const char *verb; /* upper case; may hold one blank ("UID FETCH") */
	uint32_t states;  /* bits in which it is allowed */
	enum command_argument argument;
	uint32_t flags;
	command_handler *handler;
};

/* Why a line was not run. */
enum command_error {
	COMMAND_OK,
	COMMAND_UNKNOWN,
	COMMAND_BAD_STATE,
	COMMAND_ARGUMENT_MISSING,
	COMMAND_ARGUMENT_EXTRA,
	COMMAND_TLS_FIRST,
	COMMAND_TLS_ALREADY
};

/* What the dispatcher has to know of the connection. */
struct command_state {
	uint32_t state; /* one bit */
	bool tls;
	bool tls_wanted; /* the profile wants TLS first */
};

/*
 * Finds the row of a line (without its line end): the verb is its first word,
 * in any case, the argument the rest without blanks around it (but CMD_RAW).
 * Of "UID" and "UID FETCH" the longer one wins.  The row is in *ret_row (NULL
 * when unknown) even when it may not run.  TLS is complained about before the
 * state, the state before the argument.
 */
enum command_error command_find(const struct command *table, size_t n,
    const struct command_state *state, struct slice line,
    const struct command **ret_row, struct slice *ret_argument);

/* The line as a log may show it: printable, at most max octets, the argument
 * of a secret verb replaced by "***".  Of a line without a row, which may be a
 * password gone astray, only a verb in capitals is shown.  into has room for
 * max + 1. */
void command_for_log(
    const struct command *row, struct slice line, char *into, size_t max);

#endif
