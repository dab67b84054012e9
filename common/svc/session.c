#include "config.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/account/account_client_session.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/secret.h"
#include "common/store/store.h"
#include "common/svc/connection.h"
#include "common/svc/identity.h"

/* What a session may touch. */
struct session_paths {
	struct str mail, index; /* index is empty beside the mail */
	bool indexed;
	struct store_indexing indexing;
};

/* A new user's Maildir is made before the confinement to it, and while we are
 * still root, for he may not be able to make what is above it. */
static int
make_maildir(const struct connection *c, const char *path, struct err *err)
{
	const struct account_user *user = c->keeper.user;
	const struct store_config config = { .sync = c->settings.fsync,
		.host = c->settings.hostname,
		.trusted = c->settings.mail_root,
		.uid = c->settings.mail_uid < 0 ? user->uid : 0,
		.gid = c->settings.mail_uid < 0 ? user->gid : 0 };
	struct store *store;
	struct stat st;
	int rc;

	if (stat(path, &st) == 0)
		return 0;
	rc = store_open(path, STORE_CREATE, &config, &store, err);
	if (rc == 0)
		store_free(store);
	return rc;
}

/* What the keeper had and a session has no use for; it may not even wait for
 * the front that is just ending. */
static void
forget(struct connection *c)
{
	(void)signal(SIGCHLD, SIG_IGN); /* cannot fail */
	keeper_reap(c);
	fileio_close(&c->cert);
	fileio_close(&c->key);
	fileio_close(&c->loader);
	fileio_close(&c->next_front); /* a STARTTLS that was never taken */
	secret_wipe();
	rates_close(c->keeper.rates);
	c->keeper.rates = NULL;
	if (c->session_fd >= 0) { /* the client's socket is the front's alone */
		(void)dup2(c->session_fd, STDIN_FILENO); /* both are open */
		fileio_close(&c->session_fd);
		fileio_silence(STDOUT_FILENO);
	}
}

static void
limit_memory(const struct connection *c)
{
#ifndef NJIWA_SANITIZED
	rlim_t memory = (rlim_t)c->settings.session_memory;
	const struct rlimit data = { memory, memory };

	(void)setrlimit(RLIMIT_DATA, &data); /* a ceiling, not a condition */
#else
	(void)c; /* a sanitizer's memory is its own */
#endif
}

/* SIGTERM: the client has nothing more to say.  What has been begun is ended,
 * and the quota paid; a pipe, which cannot be cut, ends at once.  That it was
 * so is to be seen by the signal's being ignored from now on. */
static void
end_input(int signal)
{
	static const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int saved = errno;

	if (shutdown(STDIN_FILENO, SHUT_RD) < 0 && errno == ENOTSOCK)
		_exit(128 + signal);
	(void)sigaction(signal, &ignore, NULL); /* cannot fail */
	errno = saved;
}

/* A keeper waited for its front alone; a session is told at any time. */
static void
release_signals(const struct connection *c)
{
	static const struct sigaction action = { .sa_handler = end_input,
		.sa_flags = SA_RESTART };

	(void)sigaction(SIGTERM, &action, NULL); /* neither can fail */
	(void)sigprocmask(SIG_SETMASK, &c->signals, NULL);
}

static _Noreturn void
be_helper(struct connection *c, struct session *session, int line)
{
	account_client_free(c->keeper.account);
	fileio_silence(STDIN_FILENO); /* the client is the session's alone */
	fileio_silence(STDOUT_FILENO);
	(void)signal(SIGTERM, SIG_IGN); /* it ends with the session */
	(void)sigprocmask(SIG_SETMASK, &c->signals, NULL);
	c->service->helper(session, line);
	_exit(EX_OK);
}

static void
start_helper(struct connection *c, struct session *session)
{
	int ends[2], rc;
	pid_t pid;

	if (c->service->helper == NULL || session->service == NULL ||
	    session->refused)
		return;
	rc = ipc_pair(ends);
	if (rc < 0) {
		log_error("no helper: %s", strerror(-rc));
		return;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]); /* the session's */
		be_helper(c, session, ends[1]);
	}
	(void)close(ends[1]); /* the helper's */
	session->helper = ends[0];
	if (pid < 0) {
		log_error("no helper: %s", strerror(errno));
		fileio_close(&session->helper);
	}
}

/* Where the session's index is; without a folder for it there is none. */
static void
find_index(struct connection *c, struct session_paths *paths)
{
	const struct account_user *user = c->keeper.user;
	const uint32_t owner[] = { c->settings.mail_uid < 0
				       ? user->uid
				       : (uint32_t)c->settings.mail_uid,
		c->settings.mail_uid < 0 ? user->gid
					 : (uint32_t)c->settings.mail_gid };
	int rc =
	    indexing_make_own(&c->settings, user->name, owner, &paths->index);

	if (rc < 0)
		log_warning("no index for %s in %s: %s", user->name,
		    c->settings.index_dir, strerror(-rc));
	paths->indexed = c->settings.index && rc == 0;
}

/* Forgets what the keeper knew, and shuts the door behind. */
static int
session_confine(struct connection *c, struct session *session,
    struct session_paths *paths, struct err *err)
{
	const struct account_user *user = c->keeper.user;
	const char *path = str_cstr(&paths->mail);
	struct sandbox_path own[] = { { path, SANDBOX_WRITE },
		{ "", SANDBOX_WRITE } };
	const struct sandbox box = { SANDBOX_SESSION, own, 2, { 0 } };
	int rc =
	    account_bind(c->keeper.account, user->name, c->service->name, err);

	if (rc < 0 && rc != -EBUSY)
		return rc;
	session->refused = rc == -EBUSY;
	rc = 0;
	/* without a Maildir the session says so to its client */
	if (make_maildir(c, path, err) < 0)
		log_error("%s", err->text);
	if (c->settings.index)
		find_index(c, paths);
	own[1].path = str_cstr(&paths->index);
	if (c->settings.mail_uid < 0)
		rc = identity_take(user->uid, user->gid);
	if (rc < 0)
		return err_sys(err, -rc, "uid %u of %s", user->uid, user->name);
	forget(c);
	start_helper(c, session);
	limit_memory(c);
	rc = sandbox_enter(&box, c->sandbox, err);
	return rc < 0 ? rc : 0;
}

static void
warn(void *ctx, const char *text)
{
	(void)ctx;
	log_warning("%s", text);
}

/* For the store: where the index is, if there is to be one. */
static void
set_indexing(const struct connection *c, struct session_paths *paths,
    struct session *session)
{
	paths->indexing = (struct store_indexing){
		.dir = paths->index.len ? str_cstr(&paths->index) : NULL,
		.boot = c->boot,
		.octets = (uint64_t)c->settings.index_size,
		.complain = warn,
	};
	if (paths->indexed)
		session->indexing = &paths->indexing;
}

void
session_run(struct connection *c)
{
	int out = c->session_fd >= 0 ? STDIN_FILENO : STDOUT_FILENO;
	struct session_paths paths = { .indexed = false };
	struct err err = { 0, "" };
	struct session session = {
		.settings = &c->settings,
		.peer = &c->peer,
		.profile = c->profile,
		.trace = c->trace,
		.tls = c->tls,
		.user = c->keeper.user,
		.account = c->keeper.account,
		.argument = str_slice(&c->argument),
		.helper = -1,
		.service = c->keeper.service,
	};

	if (!service_mail_path(&c->settings, session.user, &paths.mail))
		return; /* was looked at before the login was said to be good */
	session.mail_path = str_cstr(&paths.mail);
	if (session_confine(c, &session, &paths, &err) < 0) {
		log_error(
		    "no session for %s: %s", session.user->name, err.text);
		return;
	}
	set_indexing(c, &paths, &session);
	release_signals(c);
	session.client = stream_new(STDIN_FILENO, out);
	stream_set_bell(session.client, account_bell(session.account));
	stream_unread(session.client, str_slice(&c->input));
	str_release(&c->input);
	c->service->session(&session);
	(void)stream_flush(session.client); /* the client may be gone */
	stream_free(session.client);
	account_quota_flush(c->keeper.account);
	fileio_close(&session.helper);
	str_release(&paths.mail);
	str_release(&paths.index);
}
