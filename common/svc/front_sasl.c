#include <errno.h>

#include "common/account/wire.h"
#include "common/net/tls.h"
#include "common/svc/connection.h"
#include "common/svc/front_sasl.h"

/* ---- what is offered ---- */

/* The bindings of the connection; false when it has none, so that no mechanism
 * with them can be offered. */
static bool
get_bindings(
    const struct front *front, struct str *unique, struct str *exporter)
{
	if (!front->tls)
		return false;
	tls_binding(front->client, TLS_UNIQUE, unique);
	tls_binding(front->client, TLS_EXPORTER, exporter);
	return unique->len > 0 || exporter->len > 0;
}

unsigned
front_auth_offered(const struct front *front)
{
	STR_AUTO unique = STR_INIT;
	STR_AUTO exporter = STR_INIT;

	if (!front->settings->scram || front->settings->scram_query[0] == '\0')
		return 0;
	return get_bindings(front, &unique, &exporter)
		   ? SASL_OFFER_SCRAM | SASL_OFFER_PLUS
		   : SASL_OFFER_SCRAM;
}

/* ---- the exchange ---- */

static enum front_auth
result_of(enum login_result result)
{
	switch (result) {
	case LOGIN_OK:
		return AUTH_OK;
	case LOGIN_DENIED:
		return AUTH_DENIED;
	case LOGIN_TOO_MANY:
		return AUTH_TOO_MANY;
	case LOGIN_DISABLED:
		return AUTH_DISABLED;
	case LOGIN_TEMPFAIL:
		break;
	}
	return AUTH_TEMPFAIL;
}

enum front_auth
front_auth_password(struct front *front, struct slice name,
    struct slice password, struct err *err)
{
	return result_of(front_login(front, name, password, err));
}

static void
put_scram(const struct front *front, const struct sasl *sasl, struct str *body)
{
	STR_AUTO unique = STR_INIT;
	STR_AUTO exporter = STR_INIT;

	ipc_put_u32(body, sasl->step);
	if (sasl->step == SASL_STEP_END)
		return;
	if (sasl->step == SASL_STEP_FIRST)
		ipc_put_u32(body, sasl->plus);
	ipc_put_text(body, str_slice(&sasl->message));
	if (sasl->step != SASL_STEP_FIRST)
		return;
	(void)get_bindings(front, &unique, &exporter); /* "" where none */
	ipc_put_text(body, str_slice(&unique));
	ipc_put_text(body, str_slice(&exporter));
}

/* Asks the keeper for the server's part; AUTH_OK when it goes on. */
static enum front_auth
ask_scram(
    struct front *front, struct sasl *sasl, struct str *answer, struct err *err)
{
	struct ipc_msg reply = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	struct ipc_reader in;
	enum front_auth result = AUTH_TEMPFAIL;
	uint32_t said;

	put_scram(front, sasl, &body);
	if (front_ask(front, REQUEST_SCRAM, str_slice(&body), &reply) < 0) {
		(void)err_set(err, EPIPE, "the keeper is gone");
	} else {
		in = (struct ipc_reader){ str_slice(&reply.body), false };
		said = ipc_get_u32(&in);
		str_append(answer, ipc_get_text(&in, WIRE_SCRAM_MAX));
		if (ipc_reader_done(&in) && said <= LOGIN_DISABLED)
			result = result_of((enum login_result)said);
		if (result == AUTH_TEMPFAIL)
			(void)err_set(err, EAGAIN, "%s", str_cstr(answer));
	}
	ipc_msg_release(&reply);
	return result;
}

/* One message of SCRAM; AUTH_OK when the exchange goes on or, after the last
 * one, the user is in. */
static enum front_auth
step(struct front *front, struct sasl *sasl, enum sasl_result *result,
    struct err *err)
{
	STR_AUTO answer = STR_INIT;
	bool last = sasl->step == SASL_STEP_END;
	enum front_auth auth = ask_scram(front, sasl, &answer, err);

	if (auth == AUTH_OK && last)
		str_set(&sasl->user, str_slice(&answer)); /* his name */
	else if (auth == AUTH_OK)
		*result = sasl_answer(sasl, str_slice(&answer));
	return auth;
}

/* How an exchange ended that brought nobody to be looked up. */
static enum front_auth
end(struct front *front, enum sasl_result result, struct err *err)
{
	struct slice nobody = slice_from("");

	switch (result) {
	case SASL_REFUSED: /* at the price of any wrong login */
		return front_auth_password(front, nobody, nobody, err);
	case SASL_CANCELLED:
		return AUTH_CANCELLED;
	case SASL_UNKNOWN:
		return AUTH_NO_MECHANISM;
	case SASL_CONTINUE:
	case SASL_CREDENTIALS:
	case SASL_SCRAM:
	case SASL_BAD:
		break;
	}
	return AUTH_BAD;
}

static enum front_auth
converse(struct front *front, struct sasl *sasl, enum sasl_result result,
    const struct front_auth_lines *lines, struct err *err)
{
	struct slice line;

	while (result == SASL_CONTINUE || result == SASL_SCRAM) {
		enum front_auth auth = AUTH_OK;
		bool last = sasl->step == SASL_STEP_END;

		if (result == SASL_SCRAM) {
			auth = step(front, sasl, &result, err);
			if (auth != AUTH_OK || last)
				return auth;
			continue;
		}
		if (!lines->ask(lines->ctx, sasl_challenge(sasl), &line))
			return AUTH_TOLD;
		result = sasl_feed(sasl, line);
	}
	if (result != SASL_CREDENTIALS)
		return end(front, result, err);
	return front_auth_password(
	    front, str_slice(&sasl->user), str_slice(&sasl->password), err);
}

enum front_auth
front_authenticate(struct front *front, struct slice argument,
    const struct front_auth_lines *lines, struct str *user, struct err *err)
{
	struct sasl sasl = SASL_INIT;
	enum front_auth result;

	sasl.offered = front_auth_offered(front);
	result =
	    converse(front, &sasl, sasl_start(&sasl, argument), lines, err);
	if (result == AUTH_OK && user)
		str_append(user, str_slice(&sasl.user));
	sasl_release(&sasl);
	return result;
}
