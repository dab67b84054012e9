#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/secret.h"
#include "common/svc/activation.h"
#include "common/svc/crash.h"
#include "common/svc/loader.h"
#include "common/svc/proxied.h"
#include "common/svc/service_log.h"
#include "common/svc/signer.h"
#include "common/svc/stem.h"

#define TURN_AWAY_MS 10000 /* for a front to say so */
#define TRACE_DIGITS 12    /* of 5 bits: 32 of time, 28 of chance */

/* An id that sorts by time, in letters that nobody misreads. */
static void
make_trace(char trace[LOG_TRACE_MAX])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint32_t chance = 0;
	uint64_t value;
	int i;

	/* without chance the time and the process id still tell us apart */
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
		chance = (uint32_t)getpid();
	value = (uint64_t)clock_now().tv_sec << 28 | (chance & 0xfffffff);
	for (i = TRACE_DIGITS - 1; i >= 0; i--, value >>= 5)
		trace[i] = digits[value & 31];
	trace[TRACE_DIGITS] = '\0';
}

static bool
in_list(const char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static _Noreturn void
usage(const struct service *service)
{
	const char *const *p;

	fprintf(stderr, "usage: %s [-Vs] [-c file] [-p profile]\nprofiles:",
	    service->program);
	for (p = service->profiles; *p; p++)
		fprintf(stderr, " %s", *p);
	fprintf(stderr, "\n");
	exit(EX_USAGE);
}

static void
parse_options(struct connection *c, int argc, char **argv)
{
	int option;

	c->profile = c->service->profiles[0];
	while ((option = getopt(argc, argv, "Vc:p:s")) != -1) {
		switch (option) {
		case 'V':
			printf("%s %s\n", c->service->program, NJIWA_VERSION);
			exit(EX_OK);
		case 'c':
			c->config = optarg;
			break;
		case 'p':
			c->profile = optarg;
			break;
		case 's':
			c->stem = argv[optind - 1];
			break;
		default:
			usage(c->service);
		}
	}
	if (optind != argc || !in_list(c->service->profiles, c->profile))
		usage(c->service);
}

/* Replies are whole when they are sent: nothing is gained by waiting. */
static void
send_without_delay(void)
{
	int yes = 1;

	/* a pipe has no delay to be switched off */
	(void)setsockopt(
	    STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

/* Of the secrets that came with the environment the keeper needs none, but for
 * the password of a TLS key that may still be asked for. */
static void
keep_tls_password(struct connection *c)
{
	bool wanted = !c->tls && c->key >= 0 && c->settings.tls_key_password[0];
	struct str copy = STR_INIT;
	const char *kept = NULL;

	if (wanted)
		str_append_cstr(&copy, c->settings.tls_key_password);
	secret_wipe();
	if (wanted)
		kept = secret_store(str_slice(&copy));
	str_wipe(&copy);
	c->settings.tls_key_password = kept ? kept : "";
}

/* Who looks accounts up for us, started while we still may. */
static void
open_accounts(struct connection *c)
{
	const struct settings *s = &c->settings;
	STR_AUTO program = STR_INIT;
	struct account_client_config config = {
		.socket = s->account_socket,
		.config = c->config,
		.timeout_ms = s->account_timeout,
		.env = settings_secret_env(),
	};
	struct err err = { 0, "" };

	str_appendf(&program, "%s/njiwa-accountd", s->libexec_dir);
	if (s->account_fallback)
		config.program = str_cstr(&program);
	if (account_client_open(&config, &c->keeper.account, &err) < 0) {
		log_error("no accounts: %s", err.text);
		exit(EX_TEMPFAIL);
	}
	keep_tls_password(c);
}

/* SIGTERM, before there is a connection to be ended in good order. */
static void
end_at_once(int signal)
{
	_exit(128 + signal);
}

/* What all connections of a profile have in common. */
static void
prepare(struct connection *c, int argc, char **argv)
{
	static const struct sigaction end = { .sa_handler = end_at_once };
	const int line = STEM_FD;
	struct err err;
	int rc = 0;

	sandbox_harden();
	parse_options(c, argc, argv);
	c->tls = in_list(c->service->tls_profiles, c->profile);
	if (c->stem && fcntl(STEM_FD, F_SETFD, FD_CLOEXEC) < 0)
		usage(c->service); /* nobody to pass connections */
	if (!c->stem)
		rc = activation_connect(&err);
	/* what a careless launcher left open */
	fileio_close_others(&line, c->stem ? 1 : 0);
	if (!service_load(c->config, SETTINGS_TLS_SECRET, c->service->program,
		&c->settings))
		exit(EX_CONFIG);
	if (rc < 0) {
		log_error("no connection: %s", err.text);
		exit(EX_TEMPFAIL);
	}
	c->sandbox = sandbox_mode_of(c->settings.sandbox);
	tzset(); /* the front cannot read the time zone any more */
	(void)sigaction(SIGTERM, &end, NULL); /* cannot fail */
}

/* Returns in each connection's process. */
static void
serve_as_stem(struct connection *c, const char *program)
{
	/* a site without a certificate needs none */
	if (access(c->settings.tls_cert, F_OK) == 0)
		loader_start(c);
	stem_serve(program);
	/* ps(1) shows which is the stem */
	memset(c->stem, 0, strlen(c->stem));
}

static void
open_connection(struct connection *c)
{
	make_trace(c->trace);
	log_set_trace(c->trace);
	peer_of(STDIN_FILENO, &c->peer);
	c->proxied = peer_in_networks(&c->peer, c->settings.proxy_networks);
	c->xclient = !c->proxied && connection_may_xclient(c, &c->peer);
	c->login_ends = clock_deadline(c->settings.login_timeout);
	send_without_delay();
	signer_open_files(c);
}

/* The front says that it is too often and ends; nobody else is asked. */
static void
turn_away(const struct connection *c)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int64_t deadline = clock_deadline(TURN_AWAY_MS);

	while (ipc_recv(c->keeper.front, &msg, deadline) == 1)
		continue;
	ipc_msg_release(&msg);
}

/* The first front: plain, or behind TLS from the first octet. */
static int
first_front(struct connection *c, struct err *err)
{
	if (!c->tls)
		return front_start(c, err);
	if (c->cert < 0 || c->key < 0)
		return err_set(err, ENOENT, "no TLS certificate or key");
	return signer_start(c, false, err);
}

static void
log_no_connection(const struct connection *c, const struct err *err)
{
	log_error("no connection: %s%s", err->text,
	    c->tls ? " (settings tls_key, tls_cert, tls_key_password)" : "");
}

static void
log_lost_quota(const struct connection *c)
{
	const struct account_user *user = c->keeper.user;
	uint64_t lost = account_quota_lost(c->keeper.account);

	if (lost)
		log_error("njiwa-accountd is gone: %llu quota additions%s%s "
			  "are lost (njiwa quota recalc mends it)",
		    (unsigned long long)lost, user ? " of " : "",
		    user ? user->name : "");
}

int
service_main(const struct service *service, int argc, char **argv)
{
	static const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct connection c = { .service = service,
		.session_fd = -1,
		.next_front = -1,
		.loader = -1,
		.signers = -1,
		.cert = -1,
		.key = -1 };
	struct err err = { 0, "" };

	prepare(&c, argc, argv);
	if (c.stem)
		serve_as_stem(&c, argv[0]);
	open_connection(&c);
	ending_hold(&c);
	c.keeper.settings = &c.settings;
	c.keeper.peer = &c.peer;
	c.keeper.profile = c.profile;
	c.keeper.trace = c.trace;
	c.keeper.state = KEEPER_STRANGER;
	if (!c.proxied)
		connection_count(&c);
	c.keeper.front = first_front(&c, &err);
	if (c.keeper.front < 0) {
		log_no_connection(&c, &err);
		return EX_TEMPFAIL;
	}
	if (c.proxied && keeper_await_peer(&c) < 0)
		return EX_OK;
	if (c.turned_away) {
		turn_away(&c);
		return EX_OK;
	}
	open_accounts(&c);
	if (!connection_is_open_to_all(&c))
		connection_open_rates(&c);
	if (!c.stem) /* else a crash is to be seen (keeper_reap) */
		(void)sigaction(SIGCHLD, &ignore, NULL); /* cannot fail */
	if (service->keeper_prepare)
		service->keeper_prepare(&c.keeper);
	keeper_confine(&c);
	keeper_run(&c);
	if (c.session)
		session_run(&c);
	rates_close(c.keeper.rates);
	log_lost_quota(&c);
	account_client_free(c.keeper.account);
	keeper_reap(&c);
	if (c.stem) /* not through what all libraries do at an end */
		_exit(c.crashed ? CRASH_STATUS : EX_OK);
	return EX_OK;
}
