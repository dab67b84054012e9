#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/secret.h"
#include "common/svc/connection.h"
#include "common/svc/identity.h"
#include "common/svc/loader.h"
#include "common/svc/signer.h"
#include "common/svc/signer_own.h"

enum {
	SIGNER_SIGN = 1, /* algorithm, is_hash, data ; signature */
	SIGNER_READY     /* signer to keeper: result, text */
};

enum { SIGNER_SERVING = 1 };

#define SIGN_TIMES 1    /* signatures of one handshake */
#define SIGNER_ID 65534 /* nobody, once the key is read */

static int
handle_sign(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct signer *signer = ctx;
	STR_AUTO signature = STR_INIT;
	struct tls_to_sign what;

	(void)msg;
	what.algorithm = ipc_get_u32(args);
	what.is_hash = ipc_get_u32(args) != 0;
	what.data = ipc_get_text(args, TLS_SIGN_DATA_MAX);
	if (!ipc_reader_done(args))
		return -EPROTO;
	if (signer->driver->key_sign(signer->key, &what, &signature) < 0)
		str_clear(&signature);
	return ipc_send(
	    signer->front, SIGNER_SIGN, str_slice(&signature), NULL, 0);
}

static const struct request signer_requests[] = {
	{ SIGNER_SIGN, "sign", SIGNER_SERVING, TLS_SIGN_DATA_MAX + 64,
	    SIGN_TIMES, handle_sign },
};

bool
signer_answer(
    struct signer *signer, struct request_counts *counts, int64_t deadline)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	bool good = ipc_recv(signer->front, &msg, deadline) == 1 &&
		    request_dispatch(signer_requests,
			sizeof signer_requests / sizeof signer_requests[0],
			counts, SIGNER_SERVING, &msg, signer, NULL) == 0;

	ipc_msg_release(&msg);
	return good;
}

/* Answers the front until it hangs up, breaks a rule, or takes too long. */
static void
signer_serve(struct signer *signer, int64_t deadline)
{
	struct request_counts counts = { { 0 } };

	while (signer_answer(signer, &counts, deadline))
		continue;
}

int
signer_ask(void *ctx, const struct tls_to_sign *what, struct str *signature)
{
	const int *pair = ctx;
	struct ipc_msg msg = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	int rc;

	if (what->data.len > TLS_SIGN_DATA_MAX)
		return -EMSGSIZE;
	ipc_put_u32(&body, what->algorithm);
	ipc_put_u32(&body, what->is_hash);
	ipc_put_text(&body, what->data);
	rc = ipc_send(*pair, SIGNER_SIGN, str_slice(&body), NULL, 0);
	if (rc == 0)
		rc = ipc_recv(*pair, &msg, CLOCK_NEVER) == 1 ? 0 : -EPIPE;
	if (rc == 0 && (msg.body.len == 0 || msg.body.len > TLS_SIGNATURE_MAX))
		rc = -EPROTO;
	if (rc == 0)
		str_append(signature, str_slice(&msg.body));
	ipc_msg_release(&msg);
	return rc;
}

/* Reads the key and sees that it is the certificate's. */
static struct tls_key *
load_key(const struct connection *c, struct err *err)
{
	const struct tls_driver *driver = c->driver;
	struct str pem = STR_INIT;
	struct tls_key *key = NULL;

	if (fileio_read_fd(c->key, TLS_FILE_MAX, &pem, err) == 0)
		key = driver->key_load(
		    str_slice(&pem), c->settings.tls_key_password, err);
	str_wipe(&pem);
	if (key == NULL || driver->key_fits(key, c->tls_server))
		return key;
	driver->key_free(key);
	(void)err_set(err, EINVAL, "the key is not that of the certificate");
	return NULL;
}

void
signer_tell(int status, int result, const struct err *err)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, (uint32_t)-result);
	ipc_put_text(&body, slice_from(result < 0 ? err->text : ""));
	/* a keeper that is gone has no use for it */
	(void)ipc_send(status, SIGNER_READY, str_slice(&body), NULL, 0);
}

int
signer_confine(
    struct connection *c, struct signer *signer, int line, int status)
{
	const struct sandbox box = { .role = SANDBOX_FRONT };
	const int keep[] = { line, status, c->key };
	struct err err = { 0, "" };
	int rc = 0;

	fileio_close_others(keep, sizeof keep / sizeof keep[0]);
	fileio_silence(STDIN_FILENO); /* the client is the front's */
	fileio_silence(STDOUT_FILENO);
	fileio_silence(STDERR_FILENO);
	signer->key = load_key(c, &err);
	if (signer->key == NULL)
		rc = err.code ? -err.code : -EIO;
	fileio_close(&c->key);
	secret_wipe();
	if (rc == 0)
		rc = identity_take(SIGNER_ID, SIGNER_ID);
	if (rc == 0)
		rc = sandbox_enter(&box, c->sandbox, &err);
	rc = rc > 0 ? 0 : rc;
	signer_tell(status, rc, &err);
	(void)close(status); /* said what there was to say */
	return rc;
}

/* The signer, after its front is on its way. */
static void
signer_main(struct connection *c, struct signer *signer, int status)
{
	int64_t deadline = clock_deadline(c->settings.tls_handshake_timeout);

	if (signer_confine(c, signer, signer->front, status) == 0)
		signer_serve(signer, deadline);
	signer->driver->key_free(signer->key);
}

void
signer_open_files(struct connection *c)
{
	bool neither;
	int code;

	c->cert = open(c->settings.tls_cert, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (c->cert >= 0)
		c->key =
		    open(c->settings.tls_key, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (c->cert >= 0 && c->key >= 0)
		return;
	code = errno;
	/* a site without TLS has neither; anything else is a mistake */
	neither = c->cert < 0 && code == ENOENT &&
		  access(c->settings.tls_key, F_OK) < 0;
	if (c->tls || !neither)
		log_error("TLS is not to be had: %s: %s",
		    c->cert < 0 ? c->settings.tls_cert : c->settings.tls_key,
		    strerror(code));
}

int
signer_load(struct connection *c, struct err *err)
{
	STR_AUTO chain = STR_INIT;
	int rc;

	if (c->driver == NULL)
		c->driver = tls_driver_open(err);
	if (c->driver == NULL)
		return -ENOENT;
	if (c->tls_server)
		return 0;
	rc = fileio_read_fd(c->cert, TLS_FILE_MAX, &chain, err);
	if (rc == 0)
		c->tls_server = c->driver->server_new(
		    str_slice(&chain), c->settings.tls_priority, err);
	return c->tls_server ? 0 : -EINVAL;
}

void
signer_part(struct connection *c, bool resumed, int pair, int status)
{
	struct front_tls tls = { NULL, NULL, -1 };
	struct err err = { 0, "" };
	int ends[2];
	pid_t pid;

	if (signer_load(c, &err) < 0 || ipc_pair(ends) < 0) {
		signer_tell(status, -EINVAL, &err);
		return;
	}
	tls.driver = c->driver;
	tls.server = c->tls_server;
	secret_inherit(false);
	pid = fork();
	if (pid == 0) {
		tls.signer = ends[0];
		front_main(c, pair, &tls, resumed);
	}
	if (pid < 0) {
		(void)err_sys(&err, errno, "fork"); /* told below */
		signer_tell(status, -EAGAIN, &err);
		return;
	}
	signer_main(c, &(struct signer){ tls.driver, NULL, ends[1] }, status);
}

int
signer_await(int status, int64_t deadline, struct err *err)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	struct ipc_reader in;
	struct slice text;
	int rc = ipc_recv(status, &msg, deadline);

	if (rc != 1 || msg.type != SIGNER_READY)
		return err_set(err, EIO, "TLS could not be started");
	in = (struct ipc_reader){ str_slice(&msg.body), false };
	rc = -(int)ipc_get_u32(&in);
	text = ipc_get_text(&in, ERR_TEXT_MAX);
	(void)err_set(err, -rc, "%.*s", SLICE_FMT(text)); /* rc is the result */
	ipc_msg_release(&msg);
	return rc;
}

/* A child of ours that loads GnuTLS; 0 or -errno. */
static int
fork_loader(struct connection *c, bool resumed, int pair, int status)
{
	const int keep[] = { pair, status, c->cert, c->key };
	pid_t pid;

	secret_inherit(true);
	pid = fork();
	if (pid == 0) {
		/* the other ends are the keeper's */
		fileio_close_others(keep, sizeof keep / sizeof keep[0]);
		signer_part(c, resumed, pair, status);
		_exit(EXIT_SUCCESS);
	}
	secret_inherit(false);
	return pid < 0 ? -errno : 0;
}

/* Has somebody make front and signer and hears what came of it.  A stem's
 * connection that is confined already cannot load anything by itself. */
static int
make_both(struct connection *c, bool resumed, int pair, int status[2],
    struct err *err)
{
	int64_t deadline = clock_deadline(c->settings.tls_handshake_timeout);
	int rc = loader_ask(c, resumed, pair, status[1]);

	if (rc < 0 && (c->loader < 0 || !resumed))
		rc = fork_loader(c, resumed, pair, status[1]);
	fileio_close(&status[1]); /* the signer's */
	return rc < 0 ? err_sys(err, -rc, "front and signer")
		      : signer_await(status[0], deadline, err);
}

int
signer_start(struct connection *c, bool resumed, struct err *err)
{
	int front[2], status[2], rc = ipc_pair(front);

	if (rc < 0)
		return err_sys(err, -rc, "socketpair");
	rc = ipc_pair(status);
	if (rc < 0) {
		rc = err_sys(err, -rc, "socketpair");
	} else {
		rc = make_both(c, resumed, front[1], status, err);
		(void)close(status[0]); /* said what there was to say */
	}
	(void)close(front[1]); /* the front's */
	if (rc == 0)
		return front[0];
	(void)close(front[0]); /* which ends the front, if there is one */
	return rc;
}
