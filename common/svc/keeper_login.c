#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/account/wire.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/svc/connection.h"

#define DELAY_DOUBLINGS 4 /* a login's delay grows to 16 times the setting */

static void
sleep_until(int64_t when)
{
	int64_t ms = when - clock_ms();
	struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };

	if (ms <= 0)
		return;
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		continue;
}

/* A request that asks whether somebody may log in. */
struct attempt {
	uint16_t type;
	struct slice name; /* that was said */
	int64_t asked;     /* clock_ms */
	int64_t held;      /* ms for which it was held back at once */
};

/* Holds an attempt back for what its network has done. */
static struct attempt
hold(struct connection *c, uint16_t type, struct slice name)
{
	struct attempt attempt = { type, name, clock_ms(),
		rates_login_delay(c->keeper.rates) };

	sleep_until(attempt.asked + attempt.held);
	return attempt;
}

/* A failure is answered at a time that does not tell how long the look-up and
 * the hash took: the setting after the question, doubled by each one before in
 * this connection; and never sooner than the setting after the time for which
 * it was held back for its network's sake. */
static void
delay_failure(const struct connection *c, const struct attempt *attempt)
{
	int doublings =
	    c->logins > DELAY_DOUBLINGS ? DELAY_DOUBLINGS : c->logins;
	int64_t own = c->settings.login_delay << doublings;
	int64_t all = attempt->held + c->settings.login_delay;

	sleep_until(attempt->asked + (own > all ? own : all));
}

static void
log_login(const struct connection *c, struct slice name, const char *result)
{
	char *user = mem_strndup(name.ptr, name.len);
	const struct log_field fields[] = {
		{ "service", c->service->name },
		{ "user", user },
		{ "client", c->peer.address },
		{ "tls", c->tls ? "yes" : "no" },
		{ "result", result },
	};

	log_event(
	    LOG_LEVEL_INFO, "login", fields, sizeof fields / sizeof fields[0]);
	free(user);
}

/* What the user's row must be for a login to succeed. */
static bool
user_is_usable(const struct connection *c, const struct account_user *user)
{
	STR_AUTO path = STR_INIT;

	if (!service_mail_path(&c->settings, user, &path)) {
		log_error("no folder for the mail of %s by mail_location",
		    user->name);
		return false;
	}
	return service_user_is_usable(&c->settings, user);
}

static int
fail(struct connection *c, const struct attempt *attempt,
    enum account_outcome outcome, const struct err *err)
{
	bool disabled = outcome == ACCOUNT_DISABLED;
	enum login_result result = disabled ? LOGIN_DISABLED : LOGIN_DENIED;

	if (outcome == ACCOUNT_TEMPFAIL) {
		log_error(
		    "login of %.*s: %s", SLICE_FMT(attempt->name), err->text);
		return keeper_reply_result(c, attempt->type, LOGIN_TEMPFAIL,
		    slice_from("temporary failure, try again later"));
	}
	log_login(c, attempt->name, disabled ? "disabled" : "denied");
	if (!disabled) /* a guess; the other is a program that goes on asking */
		rates_login(c->keeper.rates, false);
	delay_failure(c, attempt);
	c->logins++;
	if (c->logins >= c->settings.login_tries)
		result = LOGIN_TOO_MANY;
	return keeper_reply_result(
	    c, attempt->type, result, slice_from("wrong name or password"));
}

/* What a password or a proof has come to; user is taken. */
static enum account_outcome
judge(struct connection *c, enum account_outcome outcome,
    struct account_user *user, struct err *err)
{
	if (outcome != ACCOUNT_FOUND || user_is_usable(c, user))
		return outcome;
	account_user_release(user);
	(void)err_set(err, EINVAL, "the account cannot be used");
	return ACCOUNT_TEMPFAIL;
}

static int
succeed(struct connection *c, uint16_t type, struct account_user *user,
    struct slice name)
{
	log_login(c, name, "ok");
	rates_login(c->keeper.rates, true);
	c->keeper.user = user;
	c->keeper.state &= ~(uint32_t)KEEPER_STRANGER;
	c->keeper.state |= KEEPER_LOGGED_IN;
	return keeper_reply_result(c, type, LOGIN_OK, slice_from(user->name));
}

int
keeper_login(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct connection *c = ctx;
	struct slice name = ipc_get_text(args, ACCOUNT_NAME_MAX);
	const struct account_credentials said = { name,
		ipc_get_text(args, ACCOUNT_PASSWORD_MAX), c->service->name,
		c->peer.address };
	struct attempt attempt;
	struct account_user *user;
	enum account_outcome outcome;
	struct err err = { 0, "" };

	(void)msg;
	if (!ipc_reader_done(args) || c->logins >= c->settings.login_tries)
		return -EPROTO;
	attempt = hold(c, REQUEST_LOGIN, name);
	user = mem_zalloc(1, sizeof *user);
	outcome = judge(
	    c, account_login(c->keeper.account, &said, user, &err), user, &err);
	if (outcome == ACCOUNT_FOUND)
		return succeed(c, REQUEST_LOGIN, user, name);
	free(user);
	return fail(c, &attempt, outcome, &err);
}

/* ---- SCRAM: three requests ---- */

static void
forget_scram(struct connection *c)
{
	if (c->scram_user)
		account_user_release(c->scram_user);
	free(c->scram_user);
	c->scram_user = NULL;
	c->scram = false;
	str_release(&c->scram_name);
}

/* Who leaves in the midst has tried, too; but for whom has proven himself. */
void
keeper_end_scram(struct connection *c)
{
	bool failed = c->scram && !c->scram_user && !c->keeper.user;

	if (failed) {
		log_login(c, str_slice(&c->scram_name), "broken off");
		rates_login(c->keeper.rates, false);
	}
	forget_scram(c);
}

/* An exchange that was begun and not ended is a failure, told with the next
 * one: else names and salts could be asked for without end. */
static int
scram_first(struct connection *c, struct ipc_reader *args)
{
	struct account_scram_first first = { .service = c->service->name,
		.peer = c->peer.address };
	enum account_outcome outcome = ACCOUNT_DENIED;
	struct attempt attempt;
	STR_AUTO name = STR_INIT;
	STR_AUTO answer = STR_INIT;
	struct err err = { 0, "" };

	first.plus = ipc_get_u32(args) != 0;
	first.message = ipc_get_text(args, WIRE_SCRAM_MAX);
	first.unique = ipc_get_text(args, WIRE_BINDING_MAX);
	first.exporter = ipc_get_text(args, WIRE_BINDING_MAX);
	if (!ipc_reader_done(args) || !c->settings.scram ||
	    (first.plus && !c->tls))
		return -EPROTO;
	attempt = hold(c, REQUEST_SCRAM, slice_from(""));
	if (c->scram)
		str_append(&name, str_slice(&c->scram_name));
	else
		outcome = account_scram_first(
		    c->keeper.account, &first, &name, &answer, &err);
	forget_scram(c);
	attempt.name = str_slice(&name);
	if (outcome != ACCOUNT_FOUND)
		return fail(c, &attempt, outcome, &err);
	c->scram = true;
	str_set(&c->scram_name, str_slice(&name));
	return keeper_reply_result(
	    c, REQUEST_SCRAM, LOGIN_OK, str_slice(&answer));
}

/* The proof is right or wrong; who is logged in is said when the client has
 * seen what the server has to prove. */
static int
scram_proof(struct connection *c, struct ipc_reader *args)
{
	struct slice message = ipc_get_text(args, WIRE_SCRAM_MAX);
	const struct attempt attempt = { REQUEST_SCRAM,
		str_slice(&c->scram_name), clock_ms(), 0 };
	struct account_user *user;
	enum account_outcome outcome;
	STR_AUTO answer = STR_INIT;
	struct err err = { 0, "" };

	if (!ipc_reader_done(args) || !c->scram || c->scram_user)
		return -EPROTO;
	user = mem_zalloc(1, sizeof *user);
	outcome = judge(c,
	    account_scram_proof(
		c->keeper.account, message, user, &answer, &err),
	    user, &err);
	if (outcome != ACCOUNT_FOUND) {
		free(user);
		c->scram = false;
		return fail(c, &attempt, outcome, &err);
	}
	c->scram_user = user;
	return keeper_reply_result(
	    c, REQUEST_SCRAM, LOGIN_OK, str_slice(&answer));
}

static int
scram_end(struct connection *c, struct ipc_reader *args)
{
	struct account_user *user = c->scram_user;

	if (!ipc_reader_done(args) || user == NULL)
		return -EPROTO;
	c->scram_user = NULL;
	c->scram = false;
	return succeed(c, REQUEST_SCRAM, user, slice_from(user->name));
}

int
keeper_scram(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	struct connection *c = ctx;

	(void)msg;
	if (c->logins >= c->settings.login_tries)
		return -EPROTO;
	switch (ipc_get_u32(args)) {
	case SASL_STEP_FIRST:
		return scram_first(c, args);
	case SASL_STEP_PROOF:
		return scram_proof(c, args);
	case SASL_STEP_END:
		return scram_end(c, args);
	default:
		return -EPROTO;
	}
}
