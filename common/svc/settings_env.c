/* The environment: NJIWA_<NAME> and the predecessor's variables.  Secrets are
 * moved out of it into the arena. */
#include <stdlib.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/svc/settings_load.h"

#define PREFIX "NJIWA_"
#define SECRETS_MAX 8 /* variables that hold secrets */

/* "NAME=value" of the secrets that were taken, in the arena. */
static const char *taken[SECRETS_MAX + 1];

const char *const *
settings_secret_env(void)
{
	return taken;
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
	const char *near = is_other(rest) ? NULL : settings_nearest(rest);

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
		bool match = strncmp(*entry, PREFIX, strlen(PREFIX)) == 0;

		/* an entry that is taken is no longer at this place */
		if (match != ours || strchr(*entry, '=') == NULL ||
		    !take_entry(load, *entry, ours))
			entry++;
	}
}

/* Sets the secrets that were taken, now or by an earlier load. */
static void
set_taken(struct loading *load, bool ours)
{
	size_t i;

	for (i = 0; taken[i]; i++) {
		bool match = strncmp(taken[i], PREFIX, strlen(PREFIX)) == 0;
		struct slice name = slice_from(taken[i]);
		const struct setting *row;

		name = slice_head(name, slice_find(name, '='));
		row = match == ours ? row_of_variable(name, ours) : NULL;
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
	set_taken(load, false);
	set_taken(load, true); /* ours have the last word */
}
