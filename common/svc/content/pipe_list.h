/* The setting content_commands: programs that read a message, with options.
 * Never runs one and never looks whether it is there. */
#ifndef NJIWA_SVC_CONTENT_PIPE_LIST_H
#define NJIWA_SVC_CONTENT_PIPE_LIST_H

#include "common/proto/milter_list.h"
#include "common/svc/settings.h"

#define PIPES_MAX 8       /* commands of one message */
#define PIPE_WORDS_MAX 32 /* words of a command */
#define PIPE_NAME_MAX 32  /* octets of its name, in the log and a header */
#define PIPE_TIMEOUT_MAX_MS (INT64_C(600) * 1000)
#define PIPE_SIZE_MAX (UINT64_C(2) << 30)

struct pipe_spec {
	char name[PIPE_NAME_MAX + 1]; /* letters, digits, '.', '_', '-'; no word
				       * of filters_mx (chain.h) */
	struct slice words[PIPE_WORDS_MAX];
	size_t count; /* of them */
	int64_t timeout_ms;
	uint64_t max_size; /* octets; a larger message is not shown */
	enum milter_failure failure;
};

/*
 * Parses the list: absolute paths, or { path arguments, name=value, ... }, with
 * blanks or commas between them.  A word in quotes, double or single ones, may
 * have blanks, commas and braces; there are no escapes.  Options are name,
 * timeout, max_size and default_action (as a milter's); what an entry leaves
 * out it has from defaults, and for a name its program's.  No two have the same
 * name.  The slices borrow from text.  The number of commands, or -EINVAL with
 * err filled.
 */
int pipe_list_parse(const char *text, const struct pipe_spec *defaults,
    struct pipe_spec ret_specs[PIPES_MAX], struct err *err);

/* The same of the settings, with their defaults. */
int pipe_list_of(const struct settings *settings,
    struct pipe_spec ret_specs[PIPES_MAX], struct err *err);

#endif
