#include "common/svc/signer_shared.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/svc/signer_own.h"

enum { SHARED_FRONT = 1 }; /* a front's line */

#define FRONTS_MAX                                                             \
	500 /* handshakes at once; one more, and the oldest fails              \
	     */

struct waiting {
	int line;
	int64_t ends; /* deadline of its handshake */
};

struct shared {
	struct signer signer;
	int loader;      /* -1 when it has hung up */
	int64_t timeout; /* ms of a handshake */
	size_t n;
	struct waiting fronts[FRONTS_MAX]; /* in the order of their coming */
};

/* Who has waited for longest is the least likely to have a client that means
 * it. */
static void
make_room(struct shared *shared)
{
	if (shared->n < FRONTS_MAX)
		return;
	(void)close(shared->fronts[0].line); /* it hears that, and ends */
	memmove(shared->fronts, shared->fronts + 1,
	    --shared->n * sizeof shared->fronts[0]);
}

/* Takes the line of one more front. */
static void
take_front(struct shared *shared)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int line = -1, rc = ipc_recv(shared->loader, &msg, CLOCK_PAST);

	if (rc == 1 && msg.type == SHARED_FRONT)
		line = ipc_msg_take_fd(&msg, 0);
	ipc_msg_release(&msg);
	if (rc == 0)
		fileio_close(&shared->loader);
	if (line < 0)
		return;
	make_room(shared);
	shared->fronts[shared->n++] =
	    (struct waiting){ line, clock_deadline(shared->timeout) };
}

/* Is it still to be waited for?  A handshake needs one signature. */
static bool
serve_front(struct shared *shared, const struct waiting *front, bool asks)
{
	struct request_counts counts = { { 0 } };

	if (!asks)
		return front->ends > clock_ms();
	shared->signer.front = front->line;
	(void)signer_answer(&shared->signer, &counts, CLOCK_PAST);
	return false; /* the answer that it waits for, or none */
}

/* Serves those that polled says have something to say; forgets who is done. */
static void
serve_fronts(struct shared *shared, const struct pollfd *polled)
{
	size_t i, kept = 0;

	for (i = 0; i < shared->n; i++) {
		struct waiting *front = &shared->fronts[i];

		if (serve_front(shared, front, polled[i].revents != 0))
			shared->fronts[kept++] = *front;
		else
			(void)close(front->line); /* was all said */
	}
	shared->n = kept;
}

/* Waits for who has something to say, or for the first that is too late. */
static void
serve_once(struct shared *shared)
{
	struct pollfd polled[FRONTS_MAX + 1];
	size_t i, n = shared->n;

	for (i = 0; i < n; i++)
		polled[i] =
		    (struct pollfd){ shared->fronts[i].line, POLLIN, 0 };
	polled[n] = (struct pollfd){ shared->loader, POLLIN, 0 };
	if (poll(polled, n + 1, n ? clock_left(shared->fronts[0].ends) : -1) <
	    0)
		return; /* a signal */
	serve_fronts(shared, polled);
	if (polled[n].revents)
		take_front(shared);
}

static _Noreturn void
shared_main(struct connection *c, int loader, int status)
{
	struct shared *shared = mem_zalloc(1, sizeof *shared);

	c->stem[1] = 'k';               /* ps(1) shows who has the key */
	(void)signal(SIGCHLD, SIG_DFL); /* cannot fail */
	shared->signer.driver = c->driver;
	shared->loader = loader;
	shared->timeout = c->settings.tls_handshake_timeout;
	if (signer_confine(c, &shared->signer, loader, status) < 0)
		_exit(EXIT_FAILURE);
	while (shared->loader >= 0 || shared->n > 0)
		serve_once(shared);
	_exit(EXIT_SUCCESS);
}

/* Forks it; 0 when it is ready, or -errno. */
static int
start(struct connection *c, int loader, struct err *err)
{
	int64_t deadline = clock_deadline(c->settings.tls_handshake_timeout);
	int status[2], rc = ipc_pair(status);
	pid_t pid;

	if (rc < 0)
		return err_sys(err, -rc, "socketpair");
	secret_inherit(true); /* the key's password */
	pid = fork();
	if (pid == 0)
		shared_main(c, loader, status[1]);
	secret_inherit(false);
	(void)close(status[1]); /* the signer's */
	rc = pid < 0 ? err_sys(err, errno, "fork")
		     : signer_await(status[0], deadline, err);
	(void)close(status[0]); /* said what there was to say */
	return rc;
}

int
signer_share(struct connection *c, struct err *err)
{
	int ends[2], rc = ipc_pair(ends);

	if (rc < 0)
		return err_sys(err, -rc, "socketpair");
	rc = start(c, ends[1], err);
	(void)close(ends[1]); /* the signer's */
	if (rc == 0)
		return ends[0];
	(void)close(ends[0]); /* nobody is at its other end */
	return rc;
}

int
signer_share_ask(int line)
{
	int ends[2], rc = ipc_pair(ends);

	if (rc < 0)
		return rc;
	rc = ipc_send_at_once(line, SHARED_FRONT, slice_from(""), &ends[1], 1);
	(void)close(ends[1]); /* the signer's */
	if (rc == 0)
		return ends[0];
	(void)close(ends[0]); /* nobody is at its other end */
	return rc;
}
