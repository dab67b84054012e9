#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/secret.h"
#include "common/svc/crash.h"
#include "common/svc/loader.h"
#include "common/svc/settings_fresh.h"
#include "common/svc/signer.h"
#include "common/svc/signer_own.h"
#include "common/svc/signer_shared.h"
#include "common/svc/stem.h"

enum {
	LOADER_ASK =
	    1 /* resumed, login_ends, trace, peer; client, pair, status */
};

#define HEAP_SPARE 262144 /* octets that a handshake may take at once */

enum { FD_CLIENT, FD_PAIR, FD_STATUS, FDS };

int
loader_ask(const struct connection *c, bool resumed, int pair, int status)
{
	const int fds[FDS] = { STDIN_FILENO, pair, status };
	STR_AUTO body = STR_INIT;

	if (c->loader < 0)
		return -ENOENT;
	ipc_put_u32(&body, resumed);
	ipc_put_u32(&body, c->turned_away);
	ipc_put_u32(&body, c->proxied);
	ipc_put_u32(&body, c->xclient);
	ipc_put_text(&body, str_slice(&c->carry));
	ipc_put_u64(&body, (uint64_t)c->login_ends);
	ipc_put_text(&body, slice_from(c->trace));
	/* it is this program, forked: the struct is the same there */
	ipc_put_text(&body, slice_of((const char *)&c->peer, sizeof c->peer));
	return ipc_send_at_once(
	    c->loader, LOADER_ASK, str_slice(&body), fds, FDS);
}

/* What was asked, into the connection; false when it is no such thing. */
static bool
read_ask(struct connection *c, const struct ipc_msg *msg, bool *ret_resumed)
{
	struct ipc_reader in = { str_slice(&msg->body), false };
	struct slice trace, peer;

	*ret_resumed = ipc_get_u32(&in) != 0;
	c->turned_away = ipc_get_u32(&in) != 0;
	c->proxied = ipc_get_u32(&in) != 0;
	c->xclient = ipc_get_u32(&in) != 0;
	str_set(&c->carry, ipc_get_text(&in, FRONT_CARRY_MAX));
	c->login_ends = (int64_t)ipc_get_u64(&in);
	trace = ipc_get_text(&in, sizeof c->trace - 1);
	peer = ipc_get_text(&in, sizeof c->peer);
	if (!ipc_reader_done(&in) || peer.len != sizeof c->peer ||
	    msg->type != LOADER_ASK || msg->nfds != FDS)
		return false;
	memcpy(c->trace, trace.ptr, trace.len);
	c->trace[trace.len] = '\0';
	memcpy(&c->peer, peer.ptr, peer.len);
	return true;
}

/* Becomes the front, which asks the loader's signer behind line. */
static _Noreturn void
become_front(struct connection *c, bool resumed, const int fds[FDS], int line)
{
	struct front_tls tls = { c->driver, c->tls_server, line };

	signer_tell(fds[FD_STATUS], 0, NULL);
	front_main(c, fds[FD_PAIR], &tls, resumed);
}

/* The process for one connection: the front, or, with a line of -1, what parts
 * into a front and a signer of its own, which says what is wrong with the key.
 */
static _Noreturn void
serve(struct connection *c, struct ipc_msg *msg, int line)
{
	const int fds[FDS] = { ipc_msg_take_fd(msg, FD_CLIENT),
		ipc_msg_take_fd(msg, FD_PAIR),
		ipc_msg_take_fd(msg, FD_STATUS) };
	bool resumed;

	(void)signal(SIGCHLD, SIG_DFL); /* cannot fail */
	fileio_close(&c->loader);
	fileio_close(&c->signers);
	if (!read_ask(c, msg, &resumed) ||
	    dup2(fds[FD_CLIENT], STDIN_FILENO) < 0 ||
	    dup2(fds[FD_CLIENT], STDOUT_FILENO) < 0)
		_exit(EXIT_FAILURE); /* which the keeper sees */
	(void)close(fds[FD_CLIENT]); /* there are two more of it */
	ipc_msg_release(msg);
	memset(c->stem, 0, strlen(c->stem)); /* as in the keeper */
	log_set_trace(c->trace);
	c->tls = true;
	if (line >= 0)
		become_front(c, resumed, fds, line);
	signer_open_files(c);
	signer_part(c, resumed, fds[FD_PAIR], fds[FD_STATUS]);
	_exit(EXIT_SUCCESS);
}

/* A signer has ended.  One that has crashed tells njiwa-init by our end. */
static void
reap(int signal)
{
	int saved = errno, status;

	(void)signal;
	while (waitpid(-1, &status, WNOHANG) > 0)
		if (crash_seen(status))
			_exit(CRASH_STATUS);
	errno = saved;
}

/* The files that chain and key were read from. */
struct loaded {
	struct settings_stamp chain, key;
};

static void
forget(struct connection *c)
{
	if (c->tls_server)
		c->driver->server_free(c->tls_server);
	c->tls_server = NULL;
	fileio_close(&c->signers); /* which ends it when its fronts are done */
}

/* Has chain and signer ready for what is in the files now; where that fails
 * each connection tries for itself, and says why. */
static void
refresh(struct connection *c, struct loaded *loaded)
{
	struct err err;

	if (c->signers >= 0 && settings_stamp_holds(&loaded->chain) &&
	    settings_stamp_holds(&loaded->key))
		return;
	forget(c);
	c->cert = open(c->settings.tls_cert, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	c->key = open(c->settings.tls_key, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	settings_stamp_of(&loaded->chain, c->settings.tls_cert, c->cert);
	settings_stamp_of(&loaded->key, c->settings.tls_key, c->key);
	if (c->cert >= 0 && c->key >= 0 && signer_load(c, &err) == 0)
		c->signers = signer_share(c, &err);
	fileio_close(&c->cert);
	fileio_close(&c->key);
	/* what it took is the children's to use, in whole pages */
	(void)malloc_trim(HEAP_SPARE);
}

/* A front's line to the signer, or -1 when it has none. */
static int
line_to_signer(struct connection *c, struct loaded *loaded)
{
	int line;

	refresh(c, loaded);
	line = c->signers < 0 ? -EPIPE : signer_share_ask(c->signers);
	if (c->signers >= 0 && line < 0 && line != -EAGAIN) {
		forget(c); /* it has been killed */
		refresh(c, loaded);
		line = c->signers < 0 ? -EPIPE : signer_share_ask(c->signers);
	}
	return line < 0 ? -1 : line;
}

/* Forks for one connection; without a child its keeper is hung up on. */
static void
serve_next(struct connection *c, struct loaded *loaded, struct ipc_msg *msg)
{
	int line = line_to_signer(c, loaded);

	if (line < 0)
		secret_inherit(true); /* the password of the key */
	if (fork() == 0)
		serve(c, msg, line);
	if (line < 0)
		secret_inherit(false);
	fileio_close(&line); /* the front's */
}

static _Noreturn void
loader_main(struct connection *c, int line)
{
	static const struct sigaction on_child = { .sa_handler = reap,
		.sa_flags = SA_RESTART };
	struct ipc_msg msg = IPC_MSG_INIT;
	struct loaded loaded;

	c->stem[1] = 'l'; /* ps(1) shows which is which */
	fileio_close_others(&line, 1);
	c->loader = line;
	secret_inherit(false);
	(void)sigaction(SIGCHLD, &on_child, NULL); /* cannot fail */
	(void)mallopt(M_TOP_PAD, HEAP_SPARE);      /* slower without it */
	refresh(c, &loaded);
	while (ipc_recv(line, &msg, CLOCK_NEVER) == 1) {
		serve_next(c, &loaded, &msg);
		ipc_msg_release(&msg);
	}
	_exit(EXIT_SUCCESS);
}

void
loader_start(struct connection *c)
{
	int ends[2];
	pid_t pid;

	if (ipc_pair(ends) < 0)
		return;
	secret_inherit(true); /* the password of the key, for the signers */
	pid = stem_fork_sibling();
	if (pid == 0)
		loader_main(c, ends[1]);
	(void)close(ends[1]); /* the loader's */
	if (pid < 0)
		fileio_close(&ends[0]);
	c->loader = ends[0];
}
