/* The environment: NJIWA_<NAME> and the predecessor's variables.  Secrets are
 * moved out of it into the arena; <VARIABLE>_FILE names the file of one. */
#include <stdlib.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/svc/settings_load.h"

#define PREFIX "NJIWA_"
#define FILE_SUFFIX "_FILE"
#define SECRETS_MAX 8 /* variables that hold secrets */

/* "NAME=value" of the secrets that were taken, in the arena. */
static const char *taken[SECRETS_MAX + 1];

const char *const *
settings_secret_env(void)
{
	return taken;
}

static bool
is_ours(const char *entry)
{
	return strncmp(entry, PREFIX, strlen(PREFIX)) == 0;
}

/* Of "NAME=value". */
static struct slice
name_of(const char *entry)
{
	struct slice text = slice_from(entry);

	return slice_head(text, slice_find(text, '='));
}

/* The row that a variable sets, by njiwa's name or by the predecessor's. */
static const struct setting *
row_of_variable(struct slice name, bool ours)
{
	size_t i;

	if (ours)
		return settings_find(slice_skip(name, strlen(PREFIX)));
	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];

		if (row->env && slice_is(name, row->env))
			return row;
	}
	return NULL;
}

/* The secret whose file the variable called name says, and its own variable;
 * NULL when it is none of those. */
static const struct setting *
row_of_file(struct slice name, bool ours, struct slice *ret_secret)
{
	size_t suffix = strlen(FILE_SUFFIX);
	const struct setting *row;

	if (name.len <= suffix ||
	    !slice_is(slice_skip(name, name.len - suffix), FILE_SUFFIX))
		return NULL;
	*ret_secret = slice_head(name, name.len - suffix);
	row = row_of_variable(*ret_secret, ours);
	return row && row->type == SETTING_SECRET ? row : NULL;
}

/* Variables of ours that are no settings. */
static bool
is_other(struct slice rest)
{
	static const char *const others[] = { "CONFIG", "LIBDIR", "SQLDIR",
		"LIBEXEC_DIR", "BUILD" };
	size_t i;

	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (slice_is(rest, others[i]))
			return true;
	return false;
}

/* Anything else may exist; only what is all but a setting is a mistake. */
static void
complain_unknown(struct loading *load, const char *name)
{
	STR_AUTO problem = STR_INIT;
	struct slice rest = slice_skip(slice_from(name), strlen(PREFIX));
	struct slice secret;
	const char *near = is_other(rest) ? NULL : settings_nearest(rest);

	if (row_of_file(slice_from(name), true, &secret))
		return;

	if (near == NULL)
		return;
	str_appendf(
	    &problem, "there is no such setting; did you mean %s?", near);
	loading_complain(load, name, str_cstr(&problem));
}

/* Moves a secret out of the environment; where says the variable's name. */
static void
take_secret(struct loading *load, const char *where, char *entry)
{
	char *value = entry + strlen(where) + 1;
	const char *kept = secret_store(slice_from(entry));
	size_t i = 0;

	explicit_bzero(value, strlen(value));
	(void)unsetenv(where); /* only a bad name fails */
	while (i < SECRETS_MAX && taken[i])
		i++;
	if (kept == NULL || i == SECRETS_MAX)
		loading_complain(
		    load, where, "too much for the secrets' memory");
	else
		taken[i] = kept;
}

/* What a variable of the predecessor says.  Where a port is wanted Kubernetes
 * and docker --link put tcp://HOST:PORT. */
static const char *
value_of_old(const struct setting *row, const char *text)
{
	static const char address[] = "tcp://";
	const char *colon = strrchr(text, ':');

	if (row->type == SETTING_INT && colon > text + strlen(address) &&
	    strncmp(text, address, strlen(address)) == 0)
		return colon + 1;
	return text;
}

/* Sets what one "NAME=value" says.  True when it left the environment. */
static bool
take_entry(struct loading *load, char *entry, bool ours)
{
	struct slice name =
	    slice_head(slice_from(entry), (size_t)(strchr(entry, '=') - entry));
	const struct setting *row = row_of_variable(name, ours);
	const char *value = entry + name.len + 1;
	STR_AUTO where = STR_INIT;

	/* the predecessor takes an empty variable for none */
	if (!ours && (row == NULL || value[0] == '\0'))
		return false;
	str_append(&where, name);
	if (row == NULL) {
		complain_unknown(load, str_cstr(&where));
		return false;
	}
	if (row->type == SETTING_SECRET) {
		take_secret(load, str_cstr(&where), entry);
		return true;
	}
	loading_set(load, row, str_cstr(&where),
	    ours ? value : value_of_old(row, value));
	return false;
}

/* One pass over the environment, by one kind of names. */
static void
take_variables(struct loading *load, bool ours)
{
	char **entry = environ;

	while (entry && *entry) {
		/* an entry that is taken is no longer at this place */
		if (is_ours(*entry) != ours || strchr(*entry, '=') == NULL ||
		    !take_entry(load, *entry, ours))
			entry++;
	}
}

/* Is the secret's own variable set, now or by an earlier load? */
static bool
is_taken(struct slice name)
{
	size_t i;

	for (i = 0; taken[i]; i++)
		if (slice_equal(name_of(taken[i]), name))
			return true;
	return false;
}

/* Sets the secret whose file "NAME=path" says, if it is one. */
static void
set_file(struct loading *load, const char *entry, bool ours)
{
	struct slice secret, name = name_of(entry);
	const struct setting *row = row_of_file(name, ours, &secret);
	const char *path = entry + name.len + 1;
	STR_AUTO where = STR_INIT;
	STR_AUTO text = STR_INIT;

	if (row == NULL || (!ours && path[0] == '\0'))
		return;
	str_append(&where, name);
	str_appendf(&text, "file:%s", path);
	if (is_taken(secret))
		loading_complain(load, str_cstr(&where),
		    "the variable without " FILE_SUFFIX " is set as well");
	else
		loading_set(load, row, str_cstr(&where), str_cstr(&text));
}

/* Sets the secrets that are in files.  A file's name is no secret: it stays for
 * the programs that we start, each of which reads what it needs. */
static void
set_files(struct loading *load, bool ours)
{
	char **entry;

	for (entry = environ; entry && *entry; entry++)
		if (strchr(*entry, '=') && is_ours(*entry) == ours)
			set_file(load, *entry, ours);
}

/* Sets the secrets that were taken, now or by an earlier load. */
static void
set_taken(struct loading *load, bool ours)
{
	size_t i;

	for (i = 0; taken[i]; i++) {
		struct slice name = name_of(taken[i]);
		const struct setting *row = NULL;

		if (is_ours(taken[i]) == ours)
			row = row_of_variable(name, ours);
		if (row)
			loading_set(
			    load, row, row->name, taken[i] + name.len + 1);
	}
}

void
loading_environment(struct loading *load)
{
	take_variables(load, false);
	take_variables(load, true);
	set_files(load, false);
	set_taken(load, false);
	set_files(load, true); /* ours have the last word */
	set_taken(load, true);
}
