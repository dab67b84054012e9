#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/accountd/server.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define EVENTS_MAX 64
#define REST_MS 1000 /* without descriptors or memory for a client */
#define ROUND_ADDS                                                             \
	WIRE_ADDS_MAX /* no more is read of one client in one round */

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

/* ---- clients ---- */

static void
note_load(struct server *s, int change)
{
	if (s->load == NULL)
		return;
	atomic_fetch_add(&s->load->clients, (uint32_t)change);
	atomic_store(&s->load->changed_ms, clock_ms());
}

/* An event is about a client, or about the member that what points to. */
static bool
watch(struct server *s, int operation, int fd, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	if (epoll_ctl(s->epoll, operation, fd, &event) == 0)
		return true;
	log_error("epoll_ctl: %m");
	return false;
}

/* Takes the listener in or out, so that a full house does not spin. */
static void
set_accepting(struct server *s, bool on)
{
	if (s->listener < 0 || s->accepting == on)
		return;
	if (!on)
		log_warning("no room for more clients now");
	if (watch(s, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, s->listener,
		EPOLLIN | EPOLLEXCLUSIVE, &s->listener))
		s->accepting = on;
	else
		s->resume = clock_deadline(REST_MS);
}

void
server_close(struct server *server, struct client *client)
{
	if (client->gone)
		return;
	client->gone = true;
	(void)close(client->fd); /* leaves the epoll set by that */
	server->nclients--;
	server->ngone++;
	seats_leave(server->sessions.seats, client->seat);
	client->seat = SEATS_NOBODY;
	note_load(server, -1);
	if (!server->ending && server->resume == CLOCK_NEVER)
		set_accepting(server, true);
}

/* Nobody has a descriptor to give us, and to close a socket may take as long
 * as its giver wants (SO_LINGER).  Older kernels know no such option. */
static void
refuse_descriptors(int fd)
{
	int off = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off);
}

static bool
add_client(struct server *s, int fd)
{
	struct client *client = mem_zalloc(1, sizeof *client);

	client->fd = fd;
	client->seat = SEATS_NOBODY;
	refuse_descriptors(fd);
	if (!watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, client)) {
		free(client);
		(void)close(fd);
		return false;
	}
	client->next = s->clients;
	s->clients = client;
	s->nclients++;
	note_load(s, 1);
	return true;
}

/* At the end of a round: its events may still point to them before. */
static void
free_gone(struct server *s)
{
	struct client **at = &s->clients;

	while (s->ngone > 0 && *at) {
		struct client *client = *at;

		if (!client->gone) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		s->ngone--;
		str_release(&client->queue);
		account_scram_free(client->scram);
		free(client->bound);
		free(client);
	}
}

/* ---- answers ---- */

/* Answers that a client was too slow to take wait in its queue, each behind
 * its length; it is not read from before they are gone. */
static void
enqueue(struct server *s, struct client *client, const struct str *body)
{
	if (client->queue.len == 0 &&
	    !watch(s, EPOLL_CTL_MOD, client->fd, EPOLLOUT, client)) {
		server_close(s, client);
		return;
	}
	ipc_put_text(&client->queue, str_slice(body));
}

void
server_send(
    struct server *server, struct client *client, const struct str *body)
{
	int rc = -ETIMEDOUT;

	if (client->gone)
		return;
	if (client->queue.len == 0)
		rc = wire_send(
		    client->fd, WIRE_ANSWER, str_slice(body), CLOCK_PAST);
	if (rc == -ETIMEDOUT)
		enqueue(server, client, body);
	else if (rc < 0)
		server_close(server, client);
}

static void
send_queue(struct server *s, struct client *client)
{
	struct ipc_reader in = { str_slice(&client->queue), false };
	int rc = 0;

	while (rc == 0 && in.rest.len) {
		struct ipc_reader before = in;
		struct slice body = ipc_get_text(&in, IPC_BODY_MAX);

		rc = wire_send(client->fd, WIRE_ANSWER, body, CLOCK_PAST);
		if (rc < 0)
			in = before;
	}
	if (rc < 0 && rc != -ETIMEDOUT) {
		server_close(s, client);
		return;
	}
	str_drop(&client->queue, client->queue.len - in.rest.len);
	if (client->queue.len == 0)
		(void)watch(s, EPOLL_CTL_MOD, client->fd, EPOLLIN, client);
}

/* ---- events ---- */

/* Reads one request, and more only of those that are committed together; up to
 * a bound, so that others get a turn. */
static void
read_client(struct server *s, struct client *client)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc;

	do {
		rc = ipc_recv(client->fd, &msg, CLOCK_PAST);
		if (rc > 0 && requests_answer(s, client, &msg) < 0)
			rc = -EPROTO;
	} while (rc > 0 && !client->gone && msg.type == WIRE_QUOTA_ADD &&
		 client->adds < ROUND_ADDS);
	ipc_msg_release(&msg);
	if (rc <= 0 && rc != -ETIMEDOUT)
		server_close(s, client);
}

/* Root, our own kind, and the owner of all mail. */
static bool
is_welcome(const struct server *s, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.uid == s->mail_uid)
		return true;
	log_warning("a client of uid %u is sent away", peer.uid);
	return false;
}

/* After an accept4 that failed: nothing to be had is waited out, whatever our
 * clients do.  Else another process was faster, or the client left. */
static void
rest_if_starved(struct server *s)
{
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
	    errno != ENOMEM)
		return;
	set_accepting(s, false);
	s->resume = clock_deadline(REST_MS);
}

static void
accept_client(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		rest_if_starved(s);
		return;
	}
	if (!is_welcome(s, fd))
		(void)close(fd);
	else if (add_client(s, fd) && s->nclients == CLIENTS_MAX)
		set_accepting(s, false);
}

/* Tells the sessions whose place another one has taken.  They rest, so there is
 * room for that: one that reads nothing is closed. */
static void
answer_bell(struct server *s)
{
	struct client *client;
	uint64_t rings;

	if (read(s->sessions.bells[s->sessions.process], &rings, sizeof rings) <
	    0)
		return; /* was seen to already */
	for (client = s->clients; client; client = client->next)
		if (seats_is_called(s->sessions.seats, client->seat) &&
		    wire_send(
			client->fd, WIRE_END, slice_from(""), CLOCK_PAST) < 0)
			server_close(s, client);
}

static void
accept_again(struct server *s)
{
	if (s->resume > clock_ms())
		return;
	s->resume = CLOCK_NEVER;
	set_accepting(s, true);
}

static void
handle_event(struct server *s, const struct epoll_event *event)
{
	struct client *client = event->data.ptr;

	if (event->data.ptr == &s->listener) {
		accept_client(s);
	} else if (event->data.ptr == &s->signals) {
		s->ending = true;
	} else if (event->data.ptr == &s->sessions) {
		answer_bell(s);
	} else if (!client->gone) {
		if (event->events & EPOLLOUT)
			send_queue(s, client);
		else
			read_client(s, client);
	}
}

static int
sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* What waits for the database keeps the process alive, as a client does. */
static void
tend_pending(struct server *s)
{
	bool waiting;

	pending_retry(&s->pending, s->sql, false);
	waiting = s->pending.count > 0 && clock_left(s->pending.stay) > 0;
	if (waiting != s->waiting)
		note_load(s, waiting ? 1 : -1);
	s->waiting = waiting;
}

static void
serve(struct server *s)
{
	struct epoll_event events[EVENTS_MAX];

	while (!s->ending && (s->listener >= 0 || s->nclients || s->waiting)) {
		int n = epoll_wait(s->epoll, events, EVENTS_MAX,
		    sooner(clock_left(s->resume), pending_left(&s->pending)));
		int i;

		accept_again(s);
		for (i = 0; i < n; i++)
			handle_event(s, &events[i]);
		requests_flush_adds(s);
		tend_pending(s);
		free_gone(s);
	}
}

/* After SIGTERM: what has arrived is still answered. */
static void
finish(struct server *s)
{
	struct client *client;

	for (client = s->clients; client; client = client->next)
		if (!client->gone && client->queue.len == 0)
			read_client(s, client);
	requests_flush_adds(s);
	for (client = s->clients; client; client = client->next)
		server_close(s, client);
	free_gone(s);
}

/* ---- start and end ---- */

static bool
set_up(struct server *s, const struct server_config *config)
{
	sigset_t signals;

	(void)sigemptyset(&signals); /* these cannot fail */
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_SETMASK, &signals, NULL);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->epoll < 0 || s->signals < 0) {
		log_error("no epoll: %m");
		return false;
	}
	if (!watch(s, EPOLL_CTL_ADD, s->signals, EPOLLIN, &s->signals))
		return false;
	if (s->listener < 0)
		return add_client(s, config->client);
	if (s->sessions.seats &&
	    !watch(s, EPOLL_CTL_ADD, s->sessions.bells[s->sessions.process],
		EPOLLIN, &s->sessions))
		return false;
	refuse_descriptors(s->listener); /* those not accepted yet, too */
	set_accepting(s, true);
	return s->accepting;
}

static void
log_notice(void *ctx, const char *text)
{
	(void)ctx;
	log_warning("%s", text);
}

int
server_run(const struct server_config *config)
{
	struct server s = { .load = config->load,
		.sessions = config->sessions,
		.listener = config->listener,
		.resume = CLOCK_NEVER,
		.mail_uid = config->mail_uid };
	struct err err;

	if (account_sql_new(config->account, log_notice, NULL, &s.sql, &err) <
	    0) {
		log_error("%s", err.text);
		return EX_CONFIG;
	}
	if (!set_up(&s, config))
		return EX_OSERR;
	serve(&s);
	finish(&s);
	pending_end(&s.pending, s.sql);
	account_sql_free(s.sql);
	free(s.adds);
	return EX_OK;
}
