#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/init/environment.h"
#include "common/base/mem.h"
#include "common/base/str.h"

/* NJIWA_CONFIG, NJIWA_LOG, what a start adds, and the NULL. */
#define OWN_MAX (2 + ENVIRONMENT_EXTRA_MAX + 1)

enum {
	TO_PROTOCOL = 1 << AUDIENCE_PROTOCOL,
	TO_ACCOUNTS = 1 << AUDIENCE_ACCOUNTS
};

static const struct secret_row {
	const char *name;
	unsigned audiences;
} secrets[] = {
	{ "MYSQL_PASS", TO_ACCOUNTS },
	{ "NJIWA_MYSQL_PASSWORD", TO_ACCOUNTS },
	{ "SSL_KEY_PASSWORD", TO_PROTOCOL },
	{ "NJIWA_TLS_KEY_PASSWORD", TO_PROTOCOL },
};

/* What whoever started us said to us alone; ours are set a start. */
static const char *const dropped[] = { "LISTEN_PID", "LISTEN_FDS",
	"LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
	"PROTO", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPREMOTEHOST",
	"TCPREMOTEINFO", "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST" };

static bool
is_dropped(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
		if (slice_is(name, dropped[i]))
			return true;
	return false;
}

static size_t
count_environ(void)
{
	size_t n = 0;

	while (environ && environ[n])
		n++;
	return n;
}

/* Who gets the secret "NAME=value"; nobody when it is not in the table. */
static unsigned
audiences_of(struct slice secret, bool accounts_alone)
{
	struct slice name = slice_head(secret, slice_find(secret, '='));
	size_t i;

	for (i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		if (!slice_is(name, secrets[i].name))
			continue;
		if (secrets[i].audiences == TO_ACCOUNTS && !accounts_alone)
			return TO_ACCOUNTS | TO_PROTOCOL;
		return secrets[i].audiences;
	}
	return 0;
}

static void
add_secret(
    struct environments *environments, const char *secret, unsigned audiences)
{
	size_t a;

	for (a = 0; a < AUDIENCES; a++)
		if (audiences & (1U << a))
			environment_add(&environments->of[a], secret);
}

/* Adds "name=value" to all; the text, which is the environments', or NULL. */
static char *
add_own(struct environments *environments, const char *name, const char *value)
{
	STR_AUTO text = STR_INIT;
	char *owned;
	size_t a;

	if (value == NULL)
		return NULL;
	str_appendf(&text, "%s=%s", name, value);
	owned = str_take(&text);
	for (a = 0; a < AUDIENCES; a++)
		environment_add(&environments->of[a], owned);
	return owned;
}

void
environments_make(struct environments *ret_environments,
    const char *const *taken, bool accounts_alone, const char *config,
    const char *log)
{
	size_t i, a, room = count_environ() + OWN_MAX;

	for (i = 0; taken[i]; i++)
		room++;
	for (a = 0; a < AUDIENCES; a++)
		ret_environments->of[a] =
		    (struct environment){ mem_zalloc(room, sizeof(char *)), 0 };
	for (i = 0; taken[i]; i++)
		add_secret(ret_environments, taken[i],
		    audiences_of(slice_from(taken[i]), accounts_alone));
	if (config)
		(void)unsetenv("NJIWA_CONFIG"); /* the name is good */
	if (log)
		(void)unsetenv("NJIWA_LOG"); /* likewise */
	for (i = 0; environ && environ[i]; i++) {
		struct slice var = slice_from(environ[i]);

		if (is_dropped(slice_head(var, slice_find(var, '='))))
			continue;
		for (a = 0; a < AUDIENCES; a++)
			environment_add(&ret_environments->of[a], var.ptr);
	}
	ret_environments->config =
	    add_own(ret_environments, "NJIWA_CONFIG", config);
	ret_environments->log = add_own(ret_environments, "NJIWA_LOG", log);
}

void
environments_release(struct environments *environments)
{
	size_t a;

	for (a = 0; a < AUDIENCES; a++)
		free(environments->of[a].vars);
	free(environments->config);
	free(environments->log);
}

void
environment_add(struct environment *environment, const char *text)
{
	environment->vars[environment->count++] = text;
	environment->vars[environment->count] = NULL;
}

void
environment_cut(struct environment *environment, size_t count)
{
	environment->count = count;
	environment->vars[count] = NULL;
}
