/* From argv to a verb and its options, and from an error to an exit status. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/njiwa/handlers.h"
#include "cmd/njiwa/options.h"
#include "common/base/secret.h"
#include "common/svc/account_settings.h"

#define WORDS_MAX 3 /* of a verb */

void
tool_say(const struct tool *tool, const char *fmt, ...)
{
	STR_AUTO text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vappendf(&text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", tool->name, str_cstr(&text));
}

int
tool_fail(const struct tool *tool, int status, const char *fmt, ...)
{
	STR_AUTO text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vappendf(&text, fmt, ap);
	va_end(ap);
	tool_say(tool, "%s", str_cstr(&text));
	return status;
}

int
tool_fail_err(
    const struct tool *tool, const char *what, int rc, const struct err *err)
{
	static const struct {
		int code, status;
	} rows[] = {
		{ ENOENT, EX_NOUSER },
		{ EEXIST, EX_CANTCREAT },
		{ ENOTEMPTY, EX_DATAERR },
		{ ELOOP, EX_DATAERR },
		{ EINVAL, EX_DATAERR },
		{ EAGAIN, EX_TEMPFAIL },
		{ EACCES, EX_NOPERM },
		{ EPERM, EX_NOPERM },
		{ ENOSPC, EX_IOERR },
		{ EROFS, EX_IOERR },
	};
	size_t i;

	if (what == NULL || slice_starts(slice_from(err->text), what))
		tool_say(tool, "%s", err->text);
	else
		tool_say(tool, "%s: %s", what, err->text);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].code == -rc)
			return rows[i].status;
	}
	return EX_UNAVAILABLE;
}

static void
complain(void *ctx, const char *line)
{
	tool_say(ctx, "%s", line);
}

static int
load(struct tool *tool, enum settings_secrets secrets)
{
	int rc = settings_load(
	    tool->config, secrets, &tool->settings, complain, tool);

	tool->loaded = rc == 0;
	if (rc < 0)
		return tool_fail(tool, rc == -EACCES ? EX_NOPERM : EX_CONFIG,
		    "%s: %s", settings_path(tool->config), strerror(-rc));
	return rc > 0 ? EX_CONFIG : EX_OK;
}

/* Without secrets first: they may be where only a service can read them, and
 * only a database wants one. */
int
tool_load(struct tool *tool)
{
	int rc;

	if (tool->loaded)
		return EX_OK;
	rc = load(tool, SETTINGS_NO_SECRETS);
	if (rc != EX_OK || tool->settings.mysql_host[0] == '\0')
		return rc;
	tool->loaded = false;
	settings_release(&tool->settings);
	return load(tool, SETTINGS_DATABASE_SECRET);
}

int
tool_open(struct tool *tool)
{
	struct err err = { 0 };
	const char *file;
	int rc = tool_load(tool);

	if (rc != EX_OK || tool->admin)
		return rc;
	file = tool->settings.sqlite_file;
	if (tool->settings.mysql_host[0] == '\0' && !tool->may_make_file &&
	    access(file, F_OK) < 0 && errno == ENOENT)
		return tool_fail(tool, EX_UNAVAILABLE,
		    "%s: not there yet; njiwa db init makes it", file);
	account_settings(&tool->settings, &tool->accounts);
	rc = account_admin_open(&tool->accounts, &tool->admin, &err);
	return rc < 0 ? tool_fail_err(tool, "accounts", rc, &err) : EX_OK;
}

/* The verb that the first words of argv are, and how many they are. */
static const struct verb *
find_verb(int argc, char **argv, int *ret_words)
{
	int i, n;

	for (n = argc < WORDS_MAX ? argc : WORDS_MAX; n > 0; n--) {
		STR_AUTO words = STR_INIT;
		const struct verb *verb;

		for (i = 0; i < n; i++)
			str_appendf(&words, "%s%s", i ? " " : "", argv[i]);
		*ret_words = n;
		for (verb = tool_verbs; verb->words; verb++) {
			if (strcmp(verb->words, str_cstr(&words)) == 0)
				return verb;
		}
	}
	return NULL;
}

/* There is no such verb: its family's usage, or the names of all families. */
static int
unknown_verb(const struct tool *tool, const char *word)
{
	STR_AUTO text = STR_INIT;

	if (word)
		tool_usage_all(tool, word, &text);
	if (text.len) {
		fputs(str_cstr(&text), stderr);
		return EX_USAGE;
	}
	if (word)
		tool_say(tool, "%s: there is no such verb", word);
	tool_usage_all(tool, "", &text);
	fputs(str_cstr(&text), stderr);
	return EX_USAGE;
}

static int
wrong_operands(const struct tool *tool)
{
	STR_AUTO text = STR_INIT;

	tool_usage(tool, tool->verb, &text);
	fputs(str_cstr(&text), stderr);
	return EX_USAGE;
}

/* Runs the verb at argv[0] with what follows it. */
static int
run_verb(struct tool *tool, int argc, char **argv)
{
	const struct verb *verb;
	int words = 0, at;

	verb = find_verb(argc, argv, &words);
	if (verb == NULL)
		return unknown_verb(tool, argc ? argv[0] : NULL);
	tool->verb = verb;
	/* getopt takes the word before the options for the program's name */
	at = options_read(tool, verb, argc - words + 1, argv + words - 1);
	if (at < 0)
		return EX_USAGE;
	tool->operands = argv + words - 1 + at;
	tool->count = argc - words + 1 - at;
	if (tool->option['h']) {
		STR_AUTO text = STR_INIT;

		tool_usage(tool, verb, &text);
		fputs(str_cstr(&text), stdout);
		return EX_OK;
	}
	if (tool->count < verb->min ||
	    (verb->max >= 0 && tool->count > verb->max))
		return wrong_operands(tool);
	tool->config = tool->option['c'];
	return verb->run(tool);
}

/* What was printed must have arrived. */
static int
finish(struct tool *tool, int status)
{
	account_admin_free(tool->admin);
	if (tool->loaded)
		settings_release(&tool->settings);
	secret_wipe();
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EX_OK)
		return tool_fail(tool, EX_IOERR, "cannot write the output");
	return status;
}

int
tool_main(int argc, char **argv)
{
	struct tool tool = { .name = "njiwa" };
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
	int at;

	(void)umask(077); /* hashes and mail are nobody else's to read */
	name = name ? name + 1 : argc > 0 ? argv[0] : "";
	at = argc > 0 ? options_read(&tool, NULL, argc, argv) : 0;
	if (at < 0)
		return EX_USAGE;
	if (strcmp(name, "doveadm") == 0) {
		tool.name = "doveadm";
		if (at < argc && strcmp(argv[at], "pw") != 0)
			return tool_fail(&tool, EX_USAGE,
			    "%s: only pw is known here; see njiwa(8)",
			    argv[at]);
	}
	if (at == argc && tool.option['h'])
		return finish(&tool, cmd_help(&tool));
	return finish(&tool, run_verb(&tool, argc - at, argv + at));
}
