/* What each kind of child finds in its environment: everything of ours but
 * what was meant for us, and each secret only where it is needed. */
#ifndef NJIWA_CMD_INIT_ENVIRONMENT_H
#define NJIWA_CMD_INIT_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#define ENVIRONMENT_EXTRA_MAX 8 /* variables that one start may add */

enum audience {
	AUDIENCE_PROTOCOL, /* the programs that serve a connection */
	AUDIENCE_ACCOUNTS, /* njiwa-accountd */
	AUDIENCE_COMMAND,  /* commands of timers */
	AUDIENCES
};

/* NULL-terminated, with room behind for ENVIRONMENT_EXTRA_MAX more. */
struct environment {
	const char **vars;
	size_t count;
};

struct environments {
	struct environment of[AUDIENCES];
	char *config, *log; /* "NJIWA_CONFIG=...", "NJIWA_LOG=...", or NULL */
};

/*
 * Makes them from the process's environment, once.  taken are the secrets that
 * were in it (settings_secret_env).  With accounts_alone only njiwa-accountd
 * gets the database's password; without it the protocol programs, which then
 * start one of their own, do too.  config and log, NULL for none, become
 * NJIWA_CONFIG and NJIWA_LOG.
 */
void environments_make(struct environments *ret_environments,
    const char *const *taken, bool accounts_alone, const char *config,
    const char *log);
void environments_release(struct environments *environments);

/* Adds a variable, "NAME=value", borrowed, for the next start. */
void environment_add(struct environment *environment, const char *text);

/* Back to count variables, as they were before environment_add. */
void environment_cut(struct environment *environment, size_t count);

#endif
