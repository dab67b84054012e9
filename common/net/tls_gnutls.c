/* tls.so: TLS by GnuTLS. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "common/base/mem.h"
#include "common/net/tls.h"

#define CHAIN_MAX 16     /* certificates of a chain */
#define FLIGHT_MAX 20480 /* octets sent at once; a record is 16 KB */

struct tls_key {
	gnutls_privkey_t key;
};

struct key_id {
	unsigned char octets[64];
	size_t len;
};

struct tls_server {
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_len;
	struct key_id id; /* of the first certificate's key */
	int pk_algorithm;
	unsigned pk_bits;
	tls_sign *sign;
	void *sign_ctx;
};

struct tls_conn {
	gnutls_session_t session;
	const struct stream_io *io;
	void *io_ctx;
	bool shaken;
};

static gnutls_datum_t
datum_of(struct slice s)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)s.ptr,
		(unsigned)s.len };
}

static void
set_error(struct err *err, int code, const char *what, int rc)
{
	(void)err_set(err, code, "%s: %s", what, gnutls_strerror(rc));
}

/* ---- the signer's side ---- */

static struct tls_key *
key_load(struct slice pem, const char *password, struct err *err)
{
	struct tls_key *key = mem_zalloc(1, sizeof *key);
	gnutls_datum_t data = datum_of(pem);
	int rc = gnutls_privkey_init(&key->key);

	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(key->key, &data,
		    GNUTLS_X509_FMT_PEM, password[0] ? password : NULL, 0);
	if (rc == 0)
		return key;
	set_error(err,
	    rc == GNUTLS_E_DECRYPTION_FAILED ||
		    rc == GNUTLS_E_PKCS11_PIN_ERROR ||
		    strstr(pem.ptr, "ENCRYPTED") != NULL
		? EACCES
		: EINVAL,
	    "private key", rc);
	if (key->key)
		gnutls_privkey_deinit(key->key);
	free(key);
	return NULL;
}

/* What tells a public key from others; len 0: nothing does. */
static void
take_key_id(gnutls_pubkey_t pub, struct key_id *id)
{
	id->len = sizeof id->octets;
	if (gnutls_pubkey_get_key_id(
		pub, GNUTLS_KEYID_USE_SHA256, id->octets, &id->len) < 0)
		id->len = 0;
}

static bool
key_fits(const struct tls_key *key, const struct tls_server *server)
{
	const struct key_id *wanted = &server->id;
	struct key_id id = { { 0 }, 0 };
	gnutls_pubkey_t pub;

	if (gnutls_pubkey_init(&pub) < 0)
		return false;
	if (gnutls_pubkey_import_privkey(pub, key->key, 0, 0) == 0)
		take_key_id(pub, &id);
	gnutls_pubkey_deinit(pub);
	return id.len && id.len == wanted->len &&
	       memcmp(id.octets, wanted->octets, id.len) == 0;
}

static int
key_sign(const struct tls_key *key, const struct tls_to_sign *what,
    struct str *signature)
{
	gnutls_datum_t data = datum_of(what->data), made = { NULL, 0 };
	gnutls_sign_algorithm_t algorithm =
	    (gnutls_sign_algorithm_t)what->algorithm;
	int rc;

	if (what->is_hash)
		rc = gnutls_privkey_sign_hash2(
		    key->key, algorithm, 0, &data, &made);
	else
		rc = gnutls_privkey_sign_data2(
		    key->key, algorithm, 0, &data, &made);
	if (rc < 0)
		return -EIO;
	str_append_mem(signature, made.data, made.size);
	gnutls_free(made.data);
	return 0;
}

static void
key_free(struct tls_key *key)
{
	if (key == NULL)
		return;
	gnutls_privkey_deinit(key->key);
	free(key);
}

/* ---- the front's side ---- */

static void
server_free(struct tls_server *server)
{
	if (server == NULL)
		return;
	/* the chain belongs to the credentials once they took it */
	if (server->cred)
		gnutls_certificate_free_credentials(server->cred);
	if (server->priority)
		gnutls_priority_deinit(server->priority);
	free(server);
}

static int
load_chain(struct tls_server *server, struct slice chain)
{
	gnutls_datum_t data = datum_of(chain);
	int rc;

	server->chain_len = CHAIN_MAX;
	rc = gnutls_pcert_list_import_x509_raw(
	    server->chain, &server->chain_len, &data, GNUTLS_X509_FMT_PEM, 0);
	if (rc < 0)
		return rc;
	take_key_id(server->chain[0].pubkey, &server->id);
	server->pk_algorithm = gnutls_pubkey_get_pk_algorithm(
	    server->chain[0].pubkey, &server->pk_bits);
	return server->pk_algorithm < 0 ? server->pk_algorithm : 0;
}

static int
sign_by_asking(struct tls_server *server, const struct tls_to_sign *what,
    gnutls_datum_t *signature)
{
	STR_AUTO made = STR_INIT;

	if (server->sign(server->sign_ctx, what, &made) < 0)
		return GNUTLS_E_PK_SIGN_FAILED;
	signature->data = gnutls_malloc(made.len);
	if (signature->data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(signature->data, made.ptr, made.len);
	signature->size = (unsigned)made.len;
	return 0;
}

static int
sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *ctx,
    unsigned flags, const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	struct tls_to_sign what = { algorithm, false,
		{ (const char *)data->data, data->size } };

	(void)key;
	(void)flags;
	return sign_by_asking(ctx, &what, signature);
}

static int
sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *ctx,
    unsigned flags, const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	struct tls_to_sign what = { algorithm, true,
		{ (const char *)data->data, data->size } };

	(void)key;
	(void)flags;
	return sign_by_asking(ctx, &what, signature);
}

/* What GnuTLS asks about a key that it does not have. */
static int
key_info(gnutls_privkey_t key, unsigned what, void *ctx)
{
	const struct tls_server *server = ctx;
	gnutls_pk_algorithm_t pk = (gnutls_pk_algorithm_t)server->pk_algorithm;

	(void)key;
	if (what == GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return server->pk_algorithm;
	if (what == GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
		return (int)server->pk_bits;
	if (what & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
		return gnutls_sign_supports_pk_algorithm(
		    GNUTLS_FLAGS_TO_SIGN_ALGO(what), pk);
	return -1;
}

/* Puts chain and remote key into the credentials, which own both then. */
static int
set_key(struct tls_server *server)
{
	gnutls_privkey_t key;
	int rc = gnutls_privkey_init(&key);

	if (rc < 0)
		return rc;
	/* the match is the signer's to see (key_fits): no signature for it */
	gnutls_certificate_set_flags(
	    server->cred, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	rc = gnutls_privkey_import_ext4(
	    key, server, sign_data, sign_hash, NULL, NULL, key_info, 0);
	if (rc == 0)
		rc = gnutls_certificate_set_key(server->cred, NULL, 0,
		    server->chain, (int)server->chain_len, key);
	if (rc < 0)
		gnutls_privkey_deinit(key);
	return rc;
}

static struct tls_server *
server_new(struct slice chain, const char *priority, struct err *err)
{
	struct tls_server *server = mem_zalloc(1, sizeof *server);
	const char *at = priority;
	int rc = gnutls_certificate_allocate_credentials(&server->cred);

	if (rc == 0 && (rc = load_chain(server, chain)) < 0) {
		set_error(err, EINVAL, "certificate", rc);
	} else if (rc == 0 && (rc = gnutls_priority_init(
				   &server->priority, priority, &at)) < 0) {
		server->priority = NULL;
		(void)err_set(err, EINVAL, "tls_priority: %s at \"%s\"",
		    gnutls_strerror(rc), at);
	} else if (rc == 0 && (rc = set_key(server)) < 0) {
		set_error(err, EINVAL, "certificate", rc);
	}
	if (rc == 0)
		return server;
	server_free(server);
	return NULL;
}

static void
server_set_sign(struct tls_server *server, tls_sign *sign, void *ctx)
{
	server->sign = sign;
	server->sign_ctx = ctx;
}

/* ---- one connection ---- */

static ssize_t
pull(gnutls_transport_ptr_t ctx, void *octets, size_t len)
{
	struct tls_conn *conn = ctx;
	ssize_t n = conn->io->read(conn->io_ctx, octets, len);

	if (n < 0)
		gnutls_transport_set_errno(conn->session, (int)-n);
	return n < 0 ? -1 : n;
}

/* The parts of a flight, which GnuTLS has as many writes, in one segment. */
static ssize_t
push(gnutls_transport_ptr_t ctx, const giovec_t *parts, int count)
{
	struct tls_conn *conn = ctx;
	char octets[FLIGHT_MAX];
	size_t len = 0;
	ssize_t n;
	int i;

	for (i = 0; i < count && len < sizeof octets; i++) {
		size_t room = sizeof octets - len;
		size_t part = parts[i].iov_len < room ? parts[i].iov_len : room;

		memcpy(octets + len, parts[i].iov_base, part);
		len += part;
	}
	n = conn->io->write(conn->io_ctx, octets, len);
	if (n < 0)
		gnutls_transport_set_errno(conn->session, (int)-n);
	return n < 0 ? -1 : n;
}

static void
conn_close(void *ctx)
{
	struct tls_conn *conn = ctx;

	if (conn == NULL)
		return;
	if (conn->shaken)
		(void)gnutls_bye(conn->session, GNUTLS_SHUT_WR); /* polite */
	if (conn->session)
		gnutls_deinit(conn->session);
	if (conn->io->close)
		conn->io->close(conn->io_ctx);
	free(conn);
}

static struct tls_conn *
conn_new(struct tls_server *server, const struct stream_io *io, void *io_ctx,
    struct err *err)
{
	struct tls_conn *conn = mem_zalloc(1, sizeof *conn);
	unsigned flags = GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
			 GNUTLS_NO_TICKETS;
	int rc;

	conn->io = io;
	conn->io_ctx = io_ctx;
	rc = gnutls_init(&conn->session, flags);
	if (rc == 0)
		rc = gnutls_priority_set(conn->session, server->priority);
	if (rc == 0)
		rc = gnutls_credentials_set(
		    conn->session, GNUTLS_CRD_CERTIFICATE, server->cred);
	if (rc < 0) {
		set_error(err, EIO, "TLS", rc);
		conn_close(conn);
		return NULL;
	}
	gnutls_handshake_set_timeout(conn->session, 0); /* the caller's */
	gnutls_transport_set_ptr(conn->session, conn);
	gnutls_transport_set_pull_function(conn->session, pull);
	gnutls_transport_set_vec_push_function(conn->session, push);
	return conn;
}

/* The errno of a failed record or handshake. */
static int
error_of(int rc)
{
	switch (rc) {
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED:
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		return -EAGAIN;
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
		return -ECONNRESET;
	case GNUTLS_E_PUSH_ERROR:
		return -EPIPE;
	default:
		return -EPROTO;
	}
}

static int
conn_handshake(struct tls_conn *conn, struct err *err)
{
	int rc = gnutls_handshake(conn->session);
	int code = rc < 0 ? error_of(rc) : 0;

	if (rc == 0)
		conn->shaken = true;
	if (rc == 0 || (code == -EAGAIN && !gnutls_error_is_fatal(rc)))
		return code;
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		(void)err_set(err, EPROTO, "TLS handshake: the client: %s",
		    gnutls_alert_get_name(gnutls_alert_get(conn->session)));
	else
		set_error(err, -code, "TLS handshake", rc);
	(void)gnutls_alert_send_appropriate(conn->session, rc); /* polite */
	return code;
}

static void
conn_describe(struct tls_conn *conn, char text[TLS_TEXT_MAX])
{
	const char *version = gnutls_protocol_get_name(
	    gnutls_protocol_get_version(conn->session));
	const char *cipher = gnutls_ciphersuite_get(conn->session);

	(void)snprintf(text, TLS_TEXT_MAX, "%s %s", version ? version : "TLS",
	    cipher ? cipher : ""); /* cut is fine */
}

/* Without the extended master secret two connections can be made to have the
 * same bindings (RFC 9266 section 4.2, RFC 7627).  tls-unique is not defined
 * for TLS 1.3. */
static void
conn_binding(struct tls_conn *conn, enum tls_binding which, struct str *out)
{
	gnutls_datum_t data = { NULL, 0 };
	bool new = gnutls_protocol_get_version(conn->session) >= GNUTLS_TLS1_3;
	bool safe =
	    new || gnutls_session_ext_master_secret_status(conn->session) != 0;
	gnutls_channel_binding_t kind = which == TLS_EXPORTER
					    ? GNUTLS_CB_TLS_EXPORTER
					    : GNUTLS_CB_TLS_UNIQUE;

	if (!safe || (new &&which == TLS_UNIQUE) ||
	    gnutls_session_channel_binding(conn->session, kind, &data) < 0)
		return;
	str_append_mem(out, data.data, data.size);
	gnutls_free(data.data);
}

static ssize_t
conn_read(void *ctx, void *octets, size_t len)
{
	struct tls_conn *conn = ctx;
	ssize_t n = gnutls_record_recv(conn->session, octets, len);

	if (n == GNUTLS_E_PREMATURE_TERMINATION)
		return 0; /* many clients never say close_notify */
	return n < 0 ? error_of((int)n) : n;
}

static ssize_t
conn_write(void *ctx, const void *octets, size_t len)
{
	struct tls_conn *conn = ctx;
	ssize_t n = gnutls_record_send(conn->session, octets, len);

	return n < 0 ? error_of((int)n) : n;
}

static short
conn_wants(void *ctx)
{
	struct tls_conn *conn = ctx;

	return gnutls_record_get_direction(conn->session) ? POLLOUT : POLLIN;
}

static bool
conn_pending(void *ctx)
{
	struct tls_conn *conn = ctx;

	return gnutls_record_check_pending(conn->session) > 0;
}

extern const struct tls_driver njiwa_tls_driver;
__attribute__((visibility("default")))
const struct tls_driver njiwa_tls_driver = {
	.key_load = key_load,
	.key_fits = key_fits,
	.key_sign = key_sign,
	.key_free = key_free,
	.server_new = server_new,
	.server_set_sign = server_set_sign,
	.server_free = server_free,
	.conn_new = conn_new,
	.conn_handshake = conn_handshake,
	.conn_describe = conn_describe,
	.conn_binding = conn_binding,
	.conn_io = { conn_read, conn_write, conn_wants, conn_pending,
	    conn_close },
};
