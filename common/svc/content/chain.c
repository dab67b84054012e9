#include <errno.h>

#include "common/svc/content/chain.h"

static const struct {
	const char *name;
	enum chain_kind kind;
} words[] = {
	{ "milters", CHAIN_MILTERS },
	{ "clamd", CHAIN_CLAMD },
	{ "spam", CHAIN_SPAM },
};

/* The setting of a profile, and what it is called. */
static const char *
setting_of(
    const struct settings *settings, const char *profile, const char **ret_name)
{
	bool mx = strcmp(profile, "mx") == 0;

	if (mx || strcmp(profile, "lmtp") == 0) {
		*ret_name = mx ? "filters_mx" : "filters_lmtp";
		return mx ? settings->filters_mx : settings->filters_lmtp;
	}
	*ret_name = "filters_submission"; /* also as submissions */
	return settings->filters_submission;
}

static bool
has_step(const struct chain *chain, struct chain_step step)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if (chain->steps[i].kind == step.kind &&
		    chain->steps[i].command == step.command)
			return true;
	return false;
}

bool
chain_has(const struct chain *chain, enum chain_kind kind)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if (chain->steps[i].kind == kind)
			return true;
	return false;
}

/* The next word, without blanks and commas; false at the end. */
static bool
next_word(struct slice *rest, struct slice *ret_word)
{
	size_t n = 0;

	while (rest->len && strchr(" \t,", rest->ptr[0]))
		*rest = slice_skip(*rest, 1);
	while (n < rest->len && !strchr(" \t,", rest->ptr[n]))
		n++;
	*ret_word = slice_head(*rest, n);
	*rest = slice_skip(*rest, n);
	return n > 0;
}

/* The step that a word stands for; false for another word. */
static bool
find_step(
    const struct chain *chain, struct slice word, struct chain_step *ret_step)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!slice_is(word, words[i].name))
			continue;
		*ret_step = (struct chain_step){ words[i].kind, 0 };
		return true;
	}
	for (i = 0; i < chain->ncommands; i++) {
		if (!slice_is(word, chain->commands[i].name))
			continue;
		*ret_step = (struct chain_step){ CHAIN_COMMAND, i };
		return true;
	}
	return false;
}

static int
add_step(struct chain *chain, struct chain_step step, struct slice word,
    struct err *err)
{
	if (has_step(chain, step))
		return err_set(
		    err, EINVAL, "%.*s stands there twice", SLICE_FMT(word));
	chain->steps[chain->count++] = step;
	return 0;
}

/* Is the command in the text by its own name? */
static bool
is_named(const char *text, const char *name)
{
	struct slice rest = slice_from(text), word;

	while (next_word(&rest, &word))
		if (slice_is(word, name))
			return true;
	return false;
}

static int
add_others(
    struct chain *chain, const char *text, struct slice word, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < chain->ncommands && rc == 0; i++)
		if (!is_named(text, chain->commands[i].name))
			rc = add_step(chain,
			    (struct chain_step){ CHAIN_COMMAND, i }, word, err);
	return rc;
}

static int
add_word(
    struct chain *chain, const char *text, struct slice word, struct err *err)
{
	struct chain_step step;

	if (slice_is(word, "commands"))
		return add_others(chain, text, word, err);
	if (!find_step(chain, word, &step))
		return err_set(
		    err, EINVAL, "there is no %.*s", SLICE_FMT(word));
	return add_step(chain, step, word, err);
}

int
chain_of(const struct settings *settings, const char *profile,
    struct chain *ret_chain, struct err *err)
{
	const char *name, *text = setting_of(settings, profile, &name);
	struct slice rest = slice_from(text), word;
	struct err why = { 0, "" };
	int rc = 0;

	ret_chain->count = ret_chain->ncommands = 0;
	if (settings->content_commands[0])
		rc = pipe_list_of(settings, ret_chain->commands, err);
	if (rc > 0)
		ret_chain->ncommands = (size_t)rc;
	while (rc >= 0 && next_word(&rest, &word))
		if (add_word(ret_chain, text, word, &why) < 0)
			rc = err_set(err, EINVAL, "%s: %s", name, why.text);
	if (rc < 0)
		ret_chain->count = ret_chain->ncommands = 0;
	return rc < 0 ? rc : 0;
}
