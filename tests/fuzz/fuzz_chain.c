/* The settings of the chain of filters: commands, a newline, the order.  What
 * is taken runs each filter once. */
#include <stdint.h>
#include <stdlib.h>

#include "common/svc/content/chain.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_commands(const struct chain *chain)
{
	size_t i, k;

	for (i = 0; i < chain->ncommands; i++) {
		const struct pipe_spec *spec = &chain->commands[i];

		if (spec->count == 0 || spec->count > PIPE_WORDS_MAX ||
		    spec->name[0] == '\0' || spec->timeout_ms <= 0 ||
		    spec->words[0].ptr[0] != '/')
			abort();
		for (k = 0; k < i; k++)
			if (strcmp(spec->name, chain->commands[k].name) == 0)
				abort();
	}
}

static void
check_chain(const struct chain *chain)
{
	size_t i, k;

	for (i = 0; i < chain->count; i++) {
		const struct chain_step *step = &chain->steps[i];

		if (step->kind == CHAIN_COMMAND &&
		    step->command >= chain->ncommands)
			abort();
		for (k = 0; k < i; k++)
			if (chain->steps[k].kind == step->kind &&
			    chain->steps[k].command == step->command)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size);
	size_t at = slice_find(all, '\n');
	STR_AUTO commands = STR_INIT;
	STR_AUTO order = STR_INIT;
	struct settings settings = { .content_command_timeout = 1,
		.content_command_default_action = "accept" };
	struct chain chain;
	struct err err = { 0, "" };

	str_append(&commands, slice_head(all, at));
	str_append(&order, slice_skip(all, at + 1));
	settings.content_commands = str_cstr(&commands);
	settings.filters_mx = str_cstr(&order);
	if (chain_of(&settings, "mx", &chain, &err) < 0 && chain.count)
		abort();
	check_commands(&chain);
	check_chain(&chain);
	return 0;
}
