/* TLS for a server whose private key is in another process: the handshake asks
 * for its one signature over a pair.  Never sees the key on the network's side
 * and never loads GnuTLS before tls_driver_open. */
#ifndef NJIWA_NET_TLS_H
#define NJIWA_NET_TLS_H

#include "common/base/err.h"
#include "common/net/stream.h"

#define TLS_SIGN_DATA_MAX 4096 /* octets that a handshake has signed */
#define TLS_SIGNATURE_MAX 2048 /* octets of a signature (RSA 16384) */
#define TLS_TEXT_MAX 96        /* octets of the description, with NUL */
#define TLS_FILE_MAX (1 << 20) /* octets of a certificate or key file */

/* What a handshake wants signed. */
struct tls_to_sign {
	uint32_t algorithm; /* gnutls_sign_algorithm_t */
	bool is_hash;       /* data is a digest, not what is to be hashed */
	struct slice data;
};

/* Asks the signer; appends the signature.  0 or -errno. */
typedef int tls_sign(
    void *ctx, const struct tls_to_sign *what, struct str *signature);

/* What a login can be bound to. */
enum tls_binding {
	TLS_UNIQUE,  /* tls-unique (RFC 5929), before TLS 1.3 */
	TLS_EXPORTER /* tls-exporter (RFC 9266) */
};

struct tls_key;    /* the signer's */
struct tls_server; /* a front's: certificates and how to get signatures */
struct tls_conn;   /* one connection */

/* What the driver tls.so exports as njiwa_tls_driver. */
struct tls_driver {
	/* Reads a PEM key, encrypted or not; NULL with err (code EACCES for a
	 * missing or wrong password). */
	struct tls_key *(*key_load)(
	    struct slice pem, const char *password, struct err *err);
	/* Is it the key of the server's first certificate? */
	bool (*key_fits)(
	    const struct tls_key *key, const struct tls_server *server);
	int (*key_sign)(const struct tls_key *key,
	    const struct tls_to_sign *what, struct str *signature);
	/* Zeroes and frees it. */
	void (*key_free)(struct tls_key *key);

	/* Parses the chain and the priority string. */
	struct tls_server *(*server_new)(
	    struct slice chain, const char *priority, struct err *err);
	void (*server_set_sign)(
	    struct tls_server *server, tls_sign *sign, void *ctx);
	void (*server_free)(struct tls_server *server);

	/* A connection over io; then handshake until it gives not -EAGAIN. */
	struct tls_conn *(*conn_new)(struct tls_server *server,
	    const struct stream_io *io, void *io_ctx, struct err *err);
	int (*conn_handshake)(struct tls_conn *conn, struct err *err);
	void (*conn_describe)(struct tls_conn *conn, char text[TLS_TEXT_MAX]);
	/* Appends the channel binding; nothing where the connection has none
	 * that is safe: no extended master secret (RFC 7627). */
	void (*conn_binding)(
	    struct tls_conn *conn, enum tls_binding which, struct str *out);
	/* The stream_io to use after the handshake, its ctx the conn. */
	struct stream_io conn_io;
};

/* The driver, loaded at the first call; NULL with err when it is not there. */
const struct tls_driver *tls_driver_open(struct err *err);

/*
 * Takes the handshake on the stream, which speaks TLS from then on; text gets
 * the protocol and cipher.  All before deadline.  0 or -errno with err.
 */
int tls_accept(struct stream *s, struct tls_server *server, int64_t deadline,
    char text[TLS_TEXT_MAX], struct err *err);

/* Appends the channel binding of a stream that tls_accept has taken; nothing
 * when it has none of that kind, or is not TLS. */
void tls_binding(struct stream *s, enum tls_binding which, struct str *out);

#endif
