#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/init/accept.h"
#include "cmd/init/spawn.h"
#include "cmd/init/ucspi.h"
#include "common/base/clock.h"
#include "common/base/log.h"

/* connections of one socket before others get a turn */
#define ACCEPT_BATCH 16

/* A connection that is not served yet. */
struct newcomer {
	const struct init_service *service;
	struct sockaddr_storage address;
	int fd;
};

/* Tells the client, who may not be listening, and the log. */
static void
refuse(const struct newcomer *newcomer, enum log_level level, const char *why)
{
	const struct init_protocol *protocol = newcomer->service->protocol;
	const char *text = protocol ? protocol->full : NULL;
	char name[UCSPI_TEXT_MAX];
	struct log_field fields[] = {
		{ "service", newcomer->service->name },
		{ "peer", name },
		{ "reason", why },
	};

	ucspi_print(&newcomer->address, name);
	if (text)
		/* best effort: the connection is closed either way */
		(void)send(newcomer->fd, text, strlen(text),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	log_event(level, "connection refused", fields,
	    sizeof fields / sizeof fields[0]);
}

/* Which limit this one is over, NULL for none. */
static const char *
over_limit(const struct init *init, const struct newcomer *newcomer,
    const struct child_network *network)
{
	bool local = newcomer->address.ss_family == AF_UNIX;
	const struct settings *settings = &init->settings;
	size_t all = children_count(&init->children, CHILD_CONNECTION);
	int64_t per_ip = settings->max_connections_per_ip;

	if (all >= (size_t)settings->max_connections)
		return "max_connections";
	if (per_ip && !local &&
	    children_from(&init->children, network) >= (size_t)per_ip)
		return "max_connections_per_ip";
	return NULL;
}

static bool
is_exhausted(int code)
{
	return code == EMFILE || code == ENFILE || code == ENOBUFS ||
	       code == ENOMEM || code == EAGAIN;
}

/* Out of descriptors or processes: said once, and tried again later. */
static void
back_off(struct init *init, const char *what, int code)
{
	if (!init->starved)
		log_error("cannot %s: %s; trying again each second", what,
		    strerror(code));
	init->starved = true;
	listeners_pause(init);
}

static void
recovered(struct init *init)
{
	if (init->starved)
		log_info("descriptors and processes are to be had again");
	init->starved = false;
}

/* A process for the newcomer: the service's stem forks it, or a program is
 * started.  Its pid or -errno. */
static pid_t
start(struct init *init, const struct newcomer *newcomer)
{
	pid_t pid = 0;

	if (init->settings.stem)
		pid = stems_fork(init, newcomer->service, newcomer->fd);
	if (pid == 0)
		pid = spawn_connection(init->settings.libexec_dir,
		    newcomer->service,
		    &init->environments.of[AUDIENCE_PROTOCOL], newcomer->fd,
		    &newcomer->address);
	return pid;
}

/* Starts the program for the newcomer; false when accepting must pause. */
static bool
serve(struct init *init, const struct newcomer *newcomer)
{
	struct child child = { .kind = CHILD_CONNECTION,
		.name = newcomer->service->program,
		.network = child_network_of(
		    (const struct sockaddr *)&newcomer->address),
		.started = clock_ms() };
	const char *over = over_limit(init, newcomer, &child.network);

	if (over) {
		refuse(newcomer, LOG_LEVEL_WARNING, over);
		return true;
	}
	child.pid = start(init, newcomer);
	if (child.pid > 0) {
		children_add(&init->children, &child);
		recovered(init);
		return true;
	}
	refuse(newcomer, LOG_LEVEL_ERROR, strerror(-child.pid));
	if (!is_exhausted(-child.pid))
		return true;
	back_off(init, "start a program", -child.pid);
	return false;
}

/* Accepts one; false when there is none, or accepting must pause. */
static bool
accept_one(struct init *init, const struct listener *listener)
{
	struct newcomer newcomer = { .service = listener->service };
	socklen_t len = sizeof newcomer.address;
	bool more;

	newcomer.fd = accept4(listener->fd,
	    (struct sockaddr *)&newcomer.address, &len, SOCK_CLOEXEC);
	if (newcomer.fd >= 0) {
		more = serve(init, &newcomer);
		(void)close(newcomer.fd); /* the program has it */
		return more;
	}
	if (errno == EAGAIN)
		return false;
	if (is_exhausted(errno)) {
		back_off(init, "accept a connection", errno);
		return false;
	}
	/* the one that was next is gone: its network or it itself went away */
	log_debug("accept: %s", strerror(errno));
	return true;
}

void
accept_ready(struct init *init, struct watch *watch)
{
	const struct listener *listener = (struct listener *)watch;
	int i;

	for (i = 0; i < ACCEPT_BATCH; i++)
		if (!accept_one(init, listener))
			return;
}

void
accept_whole_ready(struct init *init, struct watch *watch)
{
	struct listener *listener = (struct listener *)watch;
	struct child child = { .kind = CHILD_SERVICE,
		.name = listener->service->program,
		.owner = listener,
		.started = clock_ms() };

	init_unwatch(init, listener->fd);
	listener->running = true;
	child.pid =
	    spawn_listening(init->settings.libexec_dir, listener->service,
		&init->environments.of[AUDIENCE_ACCOUNTS], listener->fd);
	if (child.pid > 0) {
		children_add(&init->children, &child);
		return;
	}
	log_error("cannot start %s: %s", child.name, strerror(-child.pid));
	listener_ended(init, listener, false, 0);
}
