/* Which filters look at a message that comes by a profile, in which order: the
 * settings filters_mx, filters_submission, filters_lmtp.  Never asks one. */
#ifndef NJIWA_SVC_CONTENT_CHAIN_H
#define NJIWA_SVC_CONTENT_CHAIN_H

#include "common/svc/content/pipe_list.h"

enum chain_kind {
	CHAIN_MILTERS,
	CHAIN_CLAMD,
	CHAIN_SPAM, /* spamd or spam_command */
	CHAIN_COMMAND
};

#define CHAIN_MAX (CHAIN_COMMAND + PIPES_MAX)

struct chain_step {
	enum chain_kind kind;
	size_t command; /* of CHAIN_COMMAND: its number in the list */
};

struct chain {
	struct chain_step steps[CHAIN_MAX];
	size_t count;
	struct pipe_spec commands[PIPES_MAX]; /* all of the setting */
	size_t ncommands;
};

/*
 * The chain of a profile: words milters, clamd, spam, commands (those that are
 * not named), or a command's name, each once; what is not configured stays in
 * it and does nothing.  Slices borrow from the settings.  0, or -EINVAL with
 * err filled for a word that makes no sense; the chain is then empty.
 */
int chain_of(const struct settings *settings, const char *profile,
    struct chain *ret_chain, struct err *err);

/* Is a filter of that kind in it? */
bool chain_has(const struct chain *chain, enum chain_kind kind);

#endif
