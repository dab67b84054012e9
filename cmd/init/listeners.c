#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cmd/init/accept.h"
#include "cmd/init/sockets.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define PAUSE_MS 1000        /* without descriptors or processes */
#define SERVICE_WELL_MS 1000 /* one that ends sooner has failed */
#define SERVICE_DELAY_MS 1000
#define SERVICE_DELAY_DOUBLES 5 /* 32 seconds at most */

/* Adds a listener for fd, which is its own from now on, and watches it. */
static struct listener *
add(struct init *init, int fd, const struct init_service *service)
{
	struct listener *listener = mem_zalloc(1, sizeof *listener);

	listener->fd = fd;
	listener->service = service;
	listener->watch.ready =
	    service->wait ? accept_whole_ready : accept_ready;
	listener->resume = CLOCK_NEVER;
	init->listeners[init->nlisteners++] = listener;
	if (init_watch(init, fd, &listener->watch) < 0)
		log_error(
		    "cannot watch %s: %s", service->name, strerror(errno));
	return listener;
}

static void
remove_at(struct init *init, size_t i)
{
	struct listener *listener = init->listeners[i];

	init_unwatch(init, listener->fd);
	(void)close(listener->fd); /* nothing was written */
	if (listener->path)
		(void)unlink(listener->path); /* gone already is as good */
	free(listener->path);
	free(listener);
	init->listeners[i] = init->listeners[--init->nlisteners];
}

static int
open_entry(struct init *init, const struct listen_entry *entry, struct err *err)
{
	const struct settings *settings = &init->settings;
	const struct socket_owner who = { .uid = (uid_t)settings->mail_uid,
		.gid = (gid_t)settings->mail_gid,
		.mode = 0660 };
	char text[LISTEN_TEXT_MAX];
	struct listener *listener;
	int fd = entry->path[0] ? socket_listen_unix(entry->path,
				      SOCK_STREAM | SOCK_NONBLOCK, &who, err)
				: socket_listen_tcp(entry, err);

	if (fd < 0)
		return fd;
	listener = add(init, fd, entry->service);
	listener->entry = *entry;
	if (entry->path[0])
		listener->path = mem_strdup(entry->path);
	listen_print(entry, text);
	log_info("listening: %s", text);
	return 0;
}

static int
open_account(struct init *init, struct err *err)
{
	const struct settings *settings = &init->settings;
	/* root connects before it becomes the owner of the mail, and may lack
	 * the right to what is another's; so may that owner, by his group */
	const struct socket_owner who = { .uid = (uid_t)-1,
		.gid = (gid_t)settings->mail_gid,
		.mode = 0660,
		.wish = true };
	int fd;

	if (settings->account_socket[0] == '\0')
		return 0;
	fd = socket_listen_unix(
	    settings->account_socket, SOCK_SEQPACKET, &who, err);
	if (fd < 0)
		return fd;
	add(init, fd, &init_service_account)->path =
	    mem_strdup(settings->account_socket);
	return 0;
}

/* One of systemd's sockets, by the name that its unit gave it. */
static int
take_given(struct init *init, int fd, const char *name, struct err *err)
{
	const struct init_service *service =
	    init_service_find(slice_from(name));

	if (strcmp(name, init_service_account.name) == 0)
		service = &init_service_account;
	if (service == NULL)
		return err_set(err, EINVAL,
		    "socket %d is called '%s', which is no service "
		    "(FileDescriptorName= of its unit)",
		    fd, name);
	if (!socket_adopt(fd, service->wait ? SOCK_SEQPACKET : SOCK_STREAM))
		return err_set(err, EINVAL,
		    "socket %d, '%s', does not listen as it should", fd, name);
	if (init->nlisteners == INIT_LISTENERS_MAX)
		return err_set(
		    err, EINVAL, "more than %d sockets", INIT_LISTENERS_MAX);
	(void)add(init, fd, service); /* init has it */
	log_info("listening: %s, on a socket of systemd", name);
	return 0;
}

static int
take_all_given(struct init *init, int count, char **names, struct err *err)
{
	int i, r = 0;

	init->given = count > 0;
	for (i = 0; i < count && r == 0; i++)
		r = take_given(init, SD_LISTEN_FDS_START + i, names[i], err);
	return r;
}

int
listeners_open(struct init *init, struct err *err)
{
	struct listen_list list;
	char **names = NULL;
	size_t i;
	int r, count = sd_listen_fds_with_names(1, &names);

	if (count < 0)
		return err_sys(err, -count, "sockets of systemd");
	r = take_all_given(init, count, names, err);
	for (i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
	if (r < 0 || init->given)
		return r;
	r = listen_parse(slice_from(init->settings.listen), &list, err);
	for (i = 0; r == 0 && i < list.count; i++)
		r = open_entry(init, &list.entry[i], err);
	return r < 0 ? r : open_account(init, err);
}

static bool
list_has(const struct listen_list *list, const struct listen_entry *entry)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (listen_equal(&list->entry[i], entry))
			return true;
	return false;
}

static bool
has_listener(const struct init *init, const struct listen_entry *entry)
{
	size_t i;

	for (i = 0; i < init->nlisteners; i++)
		if (!init->listeners[i]->service->wait &&
		    listen_equal(&init->listeners[i]->entry, entry))
			return true;
	return false;
}

static void
remove_unlisted(struct init *init, const struct listen_list *list)
{
	char text[LISTEN_TEXT_MAX];
	size_t i;

	for (i = init->nlisteners; i-- > 0;) {
		const struct listener *listener = init->listeners[i];

		if (listener->service->wait || list_has(list, &listener->entry))
			continue;
		listen_print(&listener->entry, text);
		log_info("not listening any more: %s", text);
		remove_at(init, i);
	}
}

void
listeners_reload(struct init *init)
{
	struct listen_list list;
	struct err err;
	size_t i;

	if (init->given)
		return; /* systemd's unit says where, and it needs a restart */
	if (listen_parse(slice_from(init->settings.listen), &list, &err) < 0) {
		log_error("%s; the old sockets stay", err.text);
		return;
	}
	remove_unlisted(init, &list);
	for (i = 0; i < list.count; i++)
		if (!has_listener(init, &list.entry[i]) &&
		    open_entry(init, &list.entry[i], &err) < 0)
			log_error("%s", err.text);
}

void
listeners_close(struct init *init, bool wait_services_too)
{
	size_t i;

	for (i = init->nlisteners; i-- > 0;)
		if (wait_services_too || !init->listeners[i]->service->wait)
			remove_at(init, i);
}

void
listeners_pause(struct init *init)
{
	size_t i;

	init->paused_until = clock_deadline(PAUSE_MS);
	for (i = 0; i < init->nlisteners; i++)
		if (!init->listeners[i]->service->wait)
			init_unwatch(init, init->listeners[i]->fd);
}

static void
watch_again(struct init *init, struct listener *listener)
{
	if (init_watch(init, listener->fd, &listener->watch) < 0)
		log_error("cannot watch %s: %s", listener->service->name,
		    strerror(errno));
}

void
listeners_resume(struct init *init, int64_t now)
{
	bool accept_again = init->paused_until <= now;
	size_t i;

	if (accept_again)
		init->paused_until = CLOCK_NEVER;
	for (i = 0; i < init->nlisteners; i++) {
		struct listener *listener = init->listeners[i];
		bool due = listener->resume <= now;

		if (due)
			listener->resume = CLOCK_NEVER;
		if (due || (accept_again && !listener->service->wait))
			watch_again(init, listener);
	}
}

int64_t
listeners_next(const struct init *init)
{
	int64_t next = init->paused_until;
	size_t i;

	for (i = 0; i < init->nlisteners; i++)
		if (init->listeners[i]->resume < next)
			next = init->listeners[i]->resume;
	return next;
}

void
listener_ended(
    struct init *init, struct listener *listener, bool well, int64_t ran_ms)
{
	int64_t delay;

	listener->running = false;
	if (well && ran_ms >= SERVICE_WELL_MS) {
		listener->failures = 0;
		watch_again(init, listener);
		return;
	}
	delay = (int64_t)SERVICE_DELAY_MS << listener->failures;
	if (listener->failures < SERVICE_DELAY_DOUBLES)
		listener->failures++;
	log_error("%s ended too soon; not again for %d ms",
	    listener->service->program, (int)delay);
	listener->resume = clock_deadline(delay);
}
