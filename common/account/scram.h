/* The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677)
 * and the keys it needs: what the driver gsasl.so does.
 * Never knows where keys are kept, and sees a password to make keys alone. */
#ifndef NJIWA_ACCOUNT_SCRAM_H
#define NJIWA_ACCOUNT_SCRAM_H

#include "common/base/err.h"
#include "common/base/str.h"

#define SCRAM_KEY_LEN 32       /* octets of SHA-256 */
#define SCRAM_SALT_LEN 16      /* octets of a salt that we make */
#define SCRAM_TEXT_MAX 128     /* a salt or key in base64, with its NUL */
#define SCRAM_MESSAGE_MAX 2048 /* octets of a client's message */
#define SCRAM_BINDING_MAX 64   /* octets of a channel binding */
#define SCRAM_ITERATIONS_MIN 4096
#define SCRAM_ITERATIONS_MAX 1000000

/* What is stored instead of a password; texts in base64. */
struct scram_keys {
	unsigned int iterations;
	char salt[SCRAM_TEXT_MAX];
	char stored_key[SCRAM_TEXT_MAX];
	char server_key[SCRAM_TEXT_MAX];
};

/* The keys of the user who names himself so; false ends the exchange.  Of one
 * who does not exist it gives keys that fit nothing. */
typedef bool scram_find(
    void *ctx, const char *user, struct scram_keys *ret_keys);

/* How an exchange begins. */
struct scram_begin {
	bool plus;
	/* The connection's channel bindings, "" for those that it has not:
	 * tls-unique (RFC 5929) and tls-exporter (RFC 9266). */
	struct slice unique, exporter;
	scram_find *find;
	void *ctx; /* find's */
};

enum scram_result { SCRAM_GOES_ON, SCRAM_PROVEN, SCRAM_FAILED };

struct scram;

/* What the driver gsasl.so exports as njiwa_scram_driver. */
struct scram_driver {
	/* An exchange, or NULL with err filled. */
	struct scram *(*begin)(const struct scram_begin *how, struct err *err);
	/* Takes the client's first message, then the one with his proof;
	 * appends what the server says to that. */
	enum scram_result (*step)(
	    struct scram *scram, struct slice message, struct str *answer);
	/* The name that was said; NULL before the first message. */
	const char *(*user)(const struct scram *scram);
	void (*free)(struct scram *scram);
	/* Makes keys of a password, prepared by SASLprep (RFC 4013), with the
	 * iterations and the salt in keys; a new one when that is "".  0,
	 * -EINVAL for a password that cannot be prepared, -EIO. */
	int (*derive)(
	    const char *password, struct scram_keys *keys, struct err *err);
	/* A digest of text that nobody can make without key, in base64. */
	int (*digest)(
	    const char *key, struct slice text, char ret[SCRAM_TEXT_MAX]);
	/* New random octets, as many as a salt has, in base64. */
	int (*random)(char ret[SCRAM_TEXT_MAX]);
};

#define SCRAM_DRIVER "gsasl"
#define SCRAM_DRIVER_SYMBOL "njiwa_scram_driver"

#endif
