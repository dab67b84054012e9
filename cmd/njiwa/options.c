/* Options: the table of all, what getopt wants of it, and the usage. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/njiwa/options.h"
#include "common/base/secret.h"

/* All options there are; a verb names those that it takes. */
struct choice {
	char letter;
	const char *name;
	const char *value; /* what it is called in the usage; NULL: none */
	const char *help;
};

static const struct choice choices[] = {
	{ 'c', "config", "FILE", "the settings" },
	{ 'h', "help", NULL, "this text" },
	{ 'a', "all", NULL, "all there are" },
	{ 'd', "home", "FOLDER", "home folder of the row" },
	{ 'e', "gecos", "TEXT", "the user's name or a remark" },
	{ 'G', "gid", "GID", "owner of the mail, where mail_gid is -1" },
	{ 'i', "password-stdin", NULL, "the password is on standard input" },
	{ 'j', "junk", "SCORE", "from which mail is junk; never, or site" },
	{ 'l', "list", NULL, "lists the schemes" },
	{ 'n', "changed", NULL, "only those that are not the default" },
	{ 'p', "password", "PASSWORD", "the password, for all to see" },
	{ 'q', "quota", "MB", "limit of the mailbox; 0: none" },
	{ 'r', "reject", "SCORE", "from which mail is refused, likewise" },
	{ 's', "scheme", "SCHEME", "kind of the hash" },
	{ 't', "test", "HASH", "checks the password against it" },
	{ 'T', "tag", "SCORE", "from which mail is marked, likewise" },
	{ 'u', "user", "ADDRESS", "ignored, for scripts of doveadm" },
	{ 'U', "uid", "UID", "owner of the mail, where mail_uid is -1" },
	{ 'V', "verify", NULL, "checks the new hash" },
	{ 'x', "drop", NULL, "refuses mail for the address" },
};

#define CHOICES (sizeof choices / sizeof choices[0])

/* Does the verb take the option? */
static bool
takes(const struct verb *verb, char letter)
{
	return letter == 'c' || letter == 'h' ||
	       (verb && strchr(verb->options, letter));
}

static void
append_pattern(
    const struct tool *tool, const struct verb *verb, struct str *out)
{
	size_t i;

	str_appendf(out, "%s %s", tool->name, verb->words);
	for (i = 0; i < CHOICES; i++) {
		const struct choice *choice = &choices[i];

		if (!strchr(verb->options, choice->letter))
			continue;
		str_appendf(out, " [-%c%s%s]", choice->letter,
		    choice->value ? " " : "",
		    choice->value ? choice->value : "");
	}
	if (verb->operands[0])
		str_appendf(out, " %s", verb->operands);
	str_append_char(out, '\n');
}

void
tool_usage(const struct tool *tool, const struct verb *verb, struct str *out)
{
	size_t i;

	str_append_cstr(out, "usage: ");
	append_pattern(tool, verb, out);
	str_appendf(out, "%s\n", verb->help);
	for (i = 0; i < CHOICES; i++) {
		const struct choice *choice = &choices[i];

		if (takes(verb, choice->letter))
			str_appendf(out, "  -%c, --%s%s%s\n\t%s\n",
			    choice->letter, choice->name,
			    choice->value ? " " : "",
			    choice->value ? choice->value : "", choice->help);
	}
}

/* Do the verb's words begin with words, whole ones? */
static bool
begins_with(const struct verb *verb, const char *words)
{
	size_t n = strlen(words);

	return strncmp(verb->words, words, n) == 0 &&
	       (n == 0 || verb->words[n] == '\0' || verb->words[n] == ' ');
}

void
tool_usage_all(const struct tool *tool, const char *words, struct str *out)
{
	const struct verb *verb;

	for (verb = tool_verbs; verb->words; verb++) {
		if (strcmp(verb->words, words) == 0) {
			tool_usage(tool, verb, out);
			return;
		}
	}
	for (verb = tool_verbs; verb->words; verb++) {
		if (!begins_with(verb, words))
			continue;
		append_pattern(tool, verb, out);
		str_appendf(out, "\t%s\n", verb->help);
	}
}

/* getopt's two descriptions of the options that the verb takes; none yet:
 * those of the program itself. */
struct grammar {
	char letters[3 * CHOICES + 3];
	struct option names[CHOICES + 1];
};

static void
describe(const struct verb *verb, struct grammar *grammar)
{
	struct option *name = grammar->names;
	char *letter = grammar->letters;
	size_t i;

	if (verb == NULL)
		*letter++ = '+'; /* up to the first word */
	*letter++ = ':';
	for (i = 0; i < CHOICES; i++) {
		const struct choice *choice = &choices[i];

		if (!takes(verb, choice->letter))
			continue;
		*letter++ = choice->letter;
		if (choice->value)
			*letter++ = ':';
		*name++ = (struct option){ choice->name,
			choice->value ? required_argument : no_argument, NULL,
			choice->letter };
	}
}

/* Moves a password from the command line to where it is safe. */
static const char *
hide(char *value)
{
	const char *kept = secret_store(slice_from(value));

	explicit_bzero(value, strlen(value));
	return kept;
}

int
options_read(struct tool *tool, const struct verb *verb, int argc, char **argv)
{
	struct grammar grammar = { 0 };
	int letter;

	describe(verb, &grammar);
	optind = 0;
	opterr = 0;
	while ((letter = getopt_long(
		    argc, argv, grammar.letters, grammar.names, NULL)) != -1) {
		if (letter == '?' || letter == ':') {
			tool_say(tool,
			    letter == ':' ? "%s needs a value"
					  : "%s: no such option here",
			    argv[optind - 1]);
			return -1;
		}
		tool->option[letter] = optarg ? optarg : "";
		if (letter == 'p' && optarg)
			tool->option[letter] = hide(optarg);
		if (tool->option[letter] == NULL) {
			tool_say(tool, "the password is too long");
			return -1;
		}
	}
	return optind;
}
