#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/accountd/identity.h"
#include "cmd/accountd/pool.h"
#include "common/account/db.h"
#include "common/base/driver.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/secret.h"
#include "common/svc/account_settings.h"
#include "common/svc/activation.h"
#include "common/svc/sandbox.h"
#include "common/svc/service_log.h"

#define DNS_PORT 53

struct program {
	struct settings settings;
	struct account_config account;
};

/* The listening socket: of LISTEN_FDS, else fd 0 where it is one; or -1. */
static int
find_listener(void)
{
	int given = activation_take();

	if (given >= 0)
		return given;
	return activation_listens(STDIN_FILENO) ? STDIN_FILENO : -1;
}

static bool
is_seqpacket(int fd)
{
	int type = -1;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET;
}

/* Several processes accept: who comes late must not wait. */
static void
prepare_listener(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* these cannot fail */
	(void)fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
}

/* As many clients as the system lets us have. */
static void
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* or fewer */
}

/* The folder of a file: SQLite keeps its log beside the database, and a list
 * may be replaced by a new file of its name. */
static void
folder_of(const char *file, struct str *out)
{
	struct slice path = slice_from(file);

	while (path.len && path.ptr[path.len - 1] != '/')
		path.len--;
	str_append(out, path);
}

static void
add_port(struct sandbox *box, uint16_t port)
{
	size_t i;

	for (i = 0; i < SANDBOX_PORTS_MAX && box->connect[i]; i++)
		if (box->connect[i] == port)
			return;
	if (i < SANDBOX_PORTS_MAX)
		box->connect[i] = port;
}

/* The database's ports (host:port may name one of its own), and DNS. */
static void
add_ports(struct sandbox *box, const struct settings *settings)
{
	struct slice rest = slice_from(settings->mysql_host);
	struct slice host;
	uint64_t port;

	add_port(box, DNS_PORT);
	add_port(box, (uint16_t)settings->mysql_port);
	while (slice_next(&rest, ' ', &host)) {
		struct slice text = host;

		while (text.len && slice_find(text, ':') < text.len)
			text = slice_skip(text, slice_find(text, ':') + 1);
		if (text.len < host.len && num_parse(text, UINT16_MAX, &port))
			add_port(box, (uint16_t)port);
	}
}

/* What a process that serves may touch: the database, what tells where it is,
 * and the libraries that the drivers bring. */
static bool
confine(void *ctx)
{
	const struct program *p = ctx;
	STR_AUTO database = STR_INIT;
	STR_AUTO list = STR_INIT;
	struct sandbox_path paths[] = {
		{ driver_folder(), SANDBOX_READ },
		{ "/usr/lib", SANDBOX_READ },
		{ "/lib", SANDBOX_READ },
		{ "/lib64", SANDBOX_READ },
		{ "/etc", SANDBOX_READ }, /* resolver, TLS, time zone */
		{ "/usr/share", SANDBOX_READ },
		{ "/dev/urandom", SANDBOX_READ },
		{ "/run/systemd/resolve", SANDBOX_READ },
		{ p->settings.mysql_tls_ca, SANDBOX_READ },
		{ NULL, SANDBOX_READ },
		{ NULL, SANDBOX_WRITE },
	};
	struct sandbox box = { .role = SANDBOX_ACCOUNTD,
		.paths = paths,
		.npaths = sizeof paths / sizeof paths[0] };
	struct err err;
	int rc;

	if (p->settings.mysql_host[0] == '\0')
		folder_of(p->settings.sqlite_file, &database);
	else
		add_ports(&box, &p->settings);
	folder_of(p->settings.host_list, &list);
	paths[box.npaths - 2].path = str_cstr(&list);
	paths[box.npaths - 1].path = str_cstr(&database);
	rc = sandbox_enter(&box, sandbox_mode_of(p->settings.sandbox), &err);
	if (rc < 0)
		log_error("cannot be confined: %s (setting sandbox)", err.text);
	else if (rc > 0)
		log_debug("confined less than could be: %s", err.text);
	return rc >= 0;
}

/* While we may read it wherever it is, and once for all processes.  Who finds
 * it missing says so when it is asked something. */
static void
load_driver(const struct settings *settings)
{
	const char *name = settings->mysql_host[0] ? "mysql" : "sqlite";
	struct err err;

	if (driver_load(name, DB_DRIVER_SYMBOL, &err) == NULL)
		log_error("%s", err.text);
}

static int
run(struct program *p)
{
	struct err err;
	struct pool_config pool = {
		.server = { .account = &p->account,
		    .listener = find_listener(),
		    .client = STDIN_FILENO,
		    .sessions = { .limit = (uint32_t)p->settings
					       .max_sessions_per_user },
		    .mail_uid = p->settings.mail_uid < 0
				    ? 0
				    : (uid_t)p->settings.mail_uid },
		.workers = (unsigned int)p->settings.account_workers,
		.idle_ms = p->settings.account_idle,
		.confine = confine,
		.ctx = p,
	};

	if (!is_seqpacket(pool.server.listener < 0 ? STDIN_FILENO
						   : pool.server.listener)) {
		log_error("neither LISTEN_FDS nor fd 0 is a SOCK_SEQPACKET "
			  "socket: to be started by njiwa's programs or by a "
			  "socket unit");
		return EX_USAGE;
	}
	raise_files();
	load_driver(&p->settings);
	if (identity_drop(&p->settings, &err) < 0) {
		log_error("%s", err.text);
		return EX_OSERR;
	}
	if (pool.server.listener >= 0) {
		prepare_listener(pool.server.listener);
		return pool_run(&pool);
	}
	return confine(p) ? server_run(&pool.server) : EX_OSERR;
}

int
main(int argc, char **argv)
{
	struct program program = { 0 };
	const char *config = NULL;
	int option, status;

	sandbox_harden();
	while ((option = getopt(argc, argv, "c:")) != -1) {
		if (option != 'c')
			return EX_USAGE;
		config = optarg;
	}
	if (optind != argc)
		return EX_USAGE;
	if (!service_load(config, SETTINGS_DATABASE_SECRET, "njiwa-accountd",
		&program.settings))
		return EX_CONFIG;
	account_settings(&program.settings, &program.account);
	status = run(&program);
	settings_release(&program.settings);
	return status;
}
