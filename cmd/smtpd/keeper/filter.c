#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/filter.h"
#include "cmd/smtpd/keeper/filter_runner.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define NOBODY 65534         /* runs commands where mail has no single owner */
#define FILTER_GRACE_MS 5000 /* a command's life beyond its time limit */

static void
find_way(struct filter_way *way, const struct endpoint *at, const char *name,
    int64_t connect_ms)
{
	struct err err = { 0, "" };

	way->connect_ms = connect_ms;
	if (endpoint_resolve(at, &way->to, &way->len, &err) == 0)
		return;
	way->len = 0;
	log_error("no %s: %s", name, err.text);
}

/* A setting that is one server's address. */
static void
find_server(struct filter_way *way, const char *setting, const char *name)
{
	struct endpoint at;

	if (setting[0] == '\0')
		return;
	if (endpoint_parse(slice_from(setting), &at))
		find_way(way, &at, name, FILTER_CONNECT_MS);
	else
		log_error("no %s: %s is no address", name, setting);
}

static void
find_milters(struct filters *filters, const struct settings *settings)
{
	const struct milter_spec defaults = {
		.connect_ms = settings->milter_connect_timeout,
	};
	struct milter_spec specs[MILTERS_MAX];
	struct err err = { 0, "" };
	int i, n = milter_list_parse(settings->milters, &defaults, specs, &err);

	if (n < 0)
		log_error("no milters: %s", err.text);
	for (i = 0; i < n; i++)
		find_way(&filters->ways[WIRE_FILTER_MILTER + i], &specs[i].at,
		    "milter", specs[i].connect_ms);
}

/* ---- commands ---- */

/* The words of spam_command, owned; NULL when there are none. */
static char **
split_words(const char *command)
{
	struct slice rest = slice_from(command), word;
	char **words = mem_zalloc(PIPE_WORDS_MAX + 1, sizeof *words);
	size_t n = 0;

	while (n < PIPE_WORDS_MAX && slice_next(&rest, ' ', &word))
		if (word.len)
			words[n++] = mem_strndup(word.ptr, word.len);
	if (n)
		return words;
	free(words);
	return NULL;
}

static char **
copy_words(const struct pipe_spec *spec)
{
	char **words = mem_zalloc(spec->count + 1, sizeof *words);
	size_t i;

	for (i = 0; i < spec->count; i++)
		words[i] = mem_strndup(spec->words[i].ptr, spec->words[i].len);
	return words;
}

/* The numbers that the runner knows the commands by. */
enum { RUNS_SPAM, RUNS_COMMAND, RUNS = RUNS_COMMAND + PIPES_MAX };

static bool
runs_spam(const struct settings *settings, const struct chain *chain)
{
	return chain_has(chain, CHAIN_SPAM) && settings->spamd[0] == '\0' &&
	       settings->spam_command[0];
}

/* What the chain may ask for, and no more. */
static void
put_commands(const struct settings *settings, const struct chain *chain,
    struct runner_command commands[RUNS])
{
	size_t i;

	if (runs_spam(settings, chain))
		commands[RUNS_SPAM] = (struct runner_command){
			.words = split_words(settings->spam_command),
			.ms = settings->spamd_timeout + FILTER_GRACE_MS,
			.no_envelope = true,
		};
	for (i = 0; i < chain->count; i++) {
		size_t number = chain->steps[i].command;
		const struct pipe_spec *spec = &chain->commands[number];

		if (chain->steps[i].kind != CHAIN_COMMAND)
			continue;
		commands[RUNS_COMMAND + number] = (struct runner_command){
			.words = copy_words(spec),
			.ms = spec->timeout_ms + FILTER_GRACE_MS,
		};
	}
}

/* The setting of its own, else that of the mail, else nobody: never root. */
static uint32_t
choose_id(int64_t own, int64_t mail)
{
	if (own > 0)
		return (uint32_t)own;
	return mail > 0 ? (uint32_t)mail : NOBODY;
}

/* Is the runner. */
static _Noreturn void
be_runner(const struct settings *settings, const struct chain *chain, int pair)
{
	struct runner_command commands[RUNS] = { { NULL, 0, false } };
	const bool owned = settings->mail_uid > 0 && settings->mail_gid > 0;
	struct filter_runner runner = {
		.pair = pair,
		.commands = commands,
		.count = RUNS,
		.uid = choose_id(settings->content_command_uid,
		    owned ? settings->mail_uid : -1),
		.gid = choose_id(settings->content_command_gid,
		    owned ? settings->mail_gid : -1),
	};

	put_commands(settings, chain, commands);
	filter_run(&runner);
}

static void
start_runner(struct filters *filters, const struct settings *settings,
    const struct chain *chain)
{
	int ends[2], rc = ipc_pair(ends);
	pid_t pid;

	if (rc < 0) {
		log_error("no commands: %s", strerror(-rc));
		return;
	}
	pid = fork();
	if (pid == 0)
		be_runner(settings, chain, ends[1]);
	(void)close(ends[1]); /* the runner's */
	filters->runner = ends[0];
	if (pid < 0)
		log_error("no commands: %s", strerror(errno));
}

void
filters_init(struct filters *filters, const struct settings *settings,
    const char *profile)
{
	struct err err = { 0, "" };
	struct chain chain;

	*filters = (struct filters){ .runner = -1 };
	if (chain_of(settings, profile, &chain, &err) < 0)
		log_error("%s", err.text);
	if (chain_has(&chain, CHAIN_SPAM))
		find_server(
		    &filters->ways[WIRE_FILTER_SPAM], settings->spamd, "spamd");
	if (chain_has(&chain, CHAIN_CLAMD))
		find_server(&filters->ways[WIRE_FILTER_CLAMD], settings->clamd,
		    "clamd");
	if (chain_has(&chain, CHAIN_MILTERS) && settings->milters[0])
		find_milters(filters, settings);
	if (runs_spam(settings, &chain) || chain_has(&chain, CHAIN_COMMAND))
		start_runner(filters, settings, &chain);
}

void
filters_release(struct filters *filters)
{
	fileio_close(&filters->runner);
}

/* The descriptor is non-blocking: the front waits with poll. */
static int
open_server(const struct filter_way *way, int *ret_fd, struct err *err)
{
	int fd = endpoint_connect(&way->to, way->len, way->connect_ms, err);

	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 1;
}

/* Tells the runner the envelope in pieces; 0 or -errno. */
static int
tell_envelope(int runner, struct slice envelope)
{
	int rc = 0;

	while (rc == 0 && envelope.len) {
		rc = ipc_send(runner, RUNNER_ENVELOPE,
		    slice_head(envelope, IPC_BODY_MAX), NULL, 0);
		envelope = slice_skip(envelope, IPC_BODY_MAX);
	}
	return rc;
}

static int
open_command(struct filters *filters, uint32_t number, struct slice envelope,
    int ret_fds[3], struct err *err)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int64_t deadline = clock_deadline(FILTER_CONNECT_MS);
	int rc = tell_envelope(filters->runner, envelope);
	STR_AUTO body = STR_INIT;
	size_t i;

	ipc_put_u32(&body, number);
	if (rc == 0)
		rc = ipc_send(
		    filters->runner, RUNNER_START, str_slice(&body), NULL, 0);
	if (rc == 0)
		rc = ipc_recv(filters->runner, &msg, deadline);
	for (i = 0; i < 3 && rc == 1 && msg.nfds == 3; i++)
		ret_fds[i] = ipc_msg_take_fd(&msg, i);
	ipc_msg_release(&msg);
	if (i == 3)
		return 3;
	if (rc == 1)
		return err_set(err, EPIPE, "it could not be started");
	filters_release(filters); /* an answer to come would be another's */
	return err_sys(err, rc ? -rc : EPIPE, "the runner of commands");
}

int
filters_open(struct filters *filters, enum wire_filter which,
    struct slice envelope, int ret_fds[3], struct err *err)
{
	const struct filter_way *way = &filters->ways[which];
	uint32_t number = (uint32_t)which - WIRE_FILTER_COMMAND + RUNS_COMMAND;

	if (way->len)
		return open_server(way, &ret_fds[0], err);
	if (which == WIRE_FILTER_SPAM)
		number = RUNS_SPAM;
	else if (which < WIRE_FILTER_COMMAND)
		return err_set(
		    err, ENOENT, "none was found when the connection began");
	if (filters->runner < 0)
		return err_set(err, ENOENT, "there is no runner of commands");
	return open_command(filters, number, envelope, ret_fds, err);
}
