/* gsasl.so: SCRAM by GNU SASL. */
#include <errno.h>
#include <gsasl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/account/scram.h"
#include "common/base/enc.h"
#include "common/base/mem.h"

struct scram {
	Gsasl *library;
	Gsasl_session *session;
	struct scram_begin how; /* the bindings are the library's by now */
	bool found;
};

static int
put_text(const void *octets, size_t len, char ret[SCRAM_TEXT_MAX])
{
	STR_AUTO text = STR_INIT;

	enc_base64(slice_of(octets, len), &text);
	if (text.len >= SCRAM_TEXT_MAX)
		return -EINVAL;
	memcpy(ret, str_cstr(&text), text.len + 1);
	return 0;
}

/* ---- an exchange ---- */

/* The name is known: now salt, number and keys. */
static bool
find_keys(struct scram *scram)
{
	const char *user = gsasl_property_fast(scram->session, GSASL_AUTHID);
	struct scram_keys keys;
	char number[16];
	bool good;

	if (user == NULL || !scram->how.find(scram->how.ctx, user, &keys))
		return false;
	(void)snprintf(number, sizeof number, "%u", keys.iterations);
	good = gsasl_property_set(scram->session, GSASL_SCRAM_ITER, number) ==
		   GSASL_OK &&
	       gsasl_property_set(
		   scram->session, GSASL_SCRAM_SALT, keys.salt) == GSASL_OK &&
	       gsasl_property_set(scram->session, GSASL_SCRAM_STOREDKEY,
		   keys.stored_key) == GSASL_OK &&
	       gsasl_property_set(scram->session, GSASL_SCRAM_SERVERKEY,
		   keys.server_key) == GSASL_OK;
	explicit_bzero(&keys, sizeof keys);
	return good;
}

/* The library asks for what nobody has set: its first question for a number
 * is the moment at which the name is known. */
static int
ask_back(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
	struct scram *scram = gsasl_session_hook_get(session);

	(void)library;
	if (scram == NULL || property != GSASL_SCRAM_ITER || scram->found)
		return GSASL_NO_CALLBACK;
	scram->found = find_keys(scram);
	return scram->found ? GSASL_OK : GSASL_NO_CALLBACK;
}

static bool
set_binding(Gsasl_session *session, Gsasl_property property, struct slice data)
{
	char text[SCRAM_TEXT_MAX];

	if (data.len == 0)
		return true;
	return put_text(data.ptr, data.len, text) == 0 &&
	       gsasl_property_set(session, property, text) == GSASL_OK;
}

static void
scram_free(struct scram *scram)
{
	if (scram == NULL)
		return;
	if (scram->session)
		gsasl_finish(scram->session);
	if (scram->library)
		gsasl_done(scram->library);
	free(scram);
}

static struct scram *
scram_begin(const struct scram_begin *how, struct err *err)
{
	struct scram *scram = mem_zalloc(1, sizeof *scram);
	int rc = gsasl_init(&scram->library);

	scram->how = *how;
	if (rc == GSASL_OK)
		rc = gsasl_server_start(scram->library,
		    how->plus ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256",
		    &scram->session);
	if (rc == GSASL_OK &&
	    (!set_binding(scram->session, GSASL_CB_TLS_UNIQUE, how->unique) ||
		!set_binding(
		    scram->session, GSASL_CB_TLS_EXPORTER, how->exporter)))
		rc = GSASL_MALLOC_ERROR;
	if (rc != GSASL_OK) {
		(void)err_set(err, EIO, "libgsasl: %s", gsasl_strerror(rc));
		scram_free(scram);
		return NULL;
	}
	scram->how.unique = scram->how.exporter = slice_from("");
	gsasl_session_hook_set(scram->session, scram);
	gsasl_callback_set(scram->library, ask_back);
	return scram;
}

/* Could the library, which takes it for a C string, see something else?  And
 * does who wants to bind his channel speak the mechanism that does (RFC 5802
 * section 6)? */
static bool
is_sound(const struct scram *scram, struct slice message)
{
	if (message.len == 0 || message.len > SCRAM_MESSAGE_MAX ||
	    slice_find(message, '\0') < message.len || !enc_utf8_valid(message))
		return false;
	return scram->found || scram->how.plus || message.ptr[0] != 'p';
}

/* To act for somebody else is not offered. */
static bool
is_himself(const struct scram *scram)
{
	const char *as = gsasl_property_fast(scram->session, GSASL_AUTHZID);
	const char *user = gsasl_property_fast(scram->session, GSASL_AUTHID);

	return as == NULL || as[0] == '\0' || (user && strcmp(as, user) == 0);
}

static enum scram_result
scram_step(struct scram *scram, struct slice message, struct str *answer)
{
	bool first = !scram->found;
	char *out = NULL;
	size_t len = 0;
	int rc;

	if (!is_sound(scram, message))
		return SCRAM_FAILED;
	rc = gsasl_step(scram->session, message.ptr, message.len, &out, &len);
	if (rc != (first ? GSASL_NEEDS_MORE : GSASL_OK) || !scram->found ||
	    !is_himself(scram)) {
		gsasl_free(out);
		return SCRAM_FAILED;
	}
	str_append_mem(answer, out, len);
	gsasl_free(out);
	return first ? SCRAM_GOES_ON : SCRAM_PROVEN;
}

static const char *
scram_user(const struct scram *scram)
{
	return gsasl_property_fast(scram->session, GSASL_AUTHID);
}

/* ---- keys ---- */

/* As the library prepares it when it makes keys: it refuses what Unicode 3.2
 * did not have.  Such a password is good for all but SCRAM. */
static char *
prepare(const char *password)
{
	char *out = NULL;

	if (gsasl_saslprep(password, GSASL_ALLOW_UNASSIGNED, &out, NULL) !=
		GSASL_OK ||
	    out[0] == '\0') {
		gsasl_free(out);
		return NULL;
	}
	return out;
}

struct secrets {
	char salted[GSASL_HASH_MAX_SIZE];
	char client[GSASL_HASH_MAX_SIZE];
	char server[GSASL_HASH_MAX_SIZE];
	char stored[GSASL_HASH_MAX_SIZE];
};

static int
scram_random(char ret[SCRAM_TEXT_MAX])
{
	char octets[SCRAM_SALT_LEN];

	if (gsasl_random(octets, sizeof octets) != GSASL_OK)
		return -EIO;
	return put_text(octets, sizeof octets, ret);
}

static bool
make_secrets(
    const char *prepared, const struct scram_keys *keys, struct secrets *made)
{
	STR_AUTO salt = STR_INIT;

	return enc_base64_decode(slice_from(keys->salt), &salt) &&
	       gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, prepared,
		   keys->iterations, salt.ptr, salt.len, made->salted,
		   made->client, made->server, made->stored) == GSASL_OK;
}

static int
scram_derive(const char *password, struct scram_keys *keys, struct err *err)
{
	char *prepared = prepare(password);
	struct secrets made;
	bool good = true;

	if (prepared == NULL)
		return err_set(err, EINVAL,
		    "the password has what SASLprep (RFC 4013) forbids");
	if (keys->salt[0] == '\0')
		good = scram_random(keys->salt) == 0;
	good = good && make_secrets(prepared, keys, &made) &&
	       put_text(made.stored, SCRAM_KEY_LEN, keys->stored_key) == 0 &&
	       put_text(made.server, SCRAM_KEY_LEN, keys->server_key) == 0;
	explicit_bzero(prepared, strlen(prepared));
	gsasl_free(prepared);
	explicit_bzero(&made, sizeof made);
	return good ? 0 : err_set(err, EIO, "libgsasl makes no keys");
}

/* PBKDF2 of one iteration is HMAC over the text and a counter. */
static int
scram_digest(const char *key, struct slice text, char ret[SCRAM_TEXT_MAX])
{
	struct secrets made;
	int rc = gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, key, 1,
	    text.ptr, text.len, made.salted, made.client, made.server,
	    made.stored);

	rc = rc == GSASL_OK ? put_text(made.salted, SCRAM_KEY_LEN, ret) : -EIO;
	explicit_bzero(&made, sizeof made);
	return rc;
}

extern const struct scram_driver njiwa_scram_driver;
__attribute__((visibility("default")))
const struct scram_driver njiwa_scram_driver = {
	.begin = scram_begin,
	.step = scram_step,
	.user = scram_user,
	.free = scram_free,
	.derive = scram_derive,
	.digest = scram_digest,
	.random = scram_random,
};
