#include "cmd/imapd/front.h"

#include "cmd/imapd/capability.h"
#include "cmd/imapd/cmd_any.h"
#include "cmd/imapd/conn.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/proto/sasl.h"

#define FRONT_LINE_MAX 8192    /* octets of a command's lines */
#define FRONT_LITERAL_MAX 4096 /* octets of its literals */
#define FRONT_SKIP_MAX 65536   /* octets of refused literals read past */
#define FRONT_ERRORS_MAX 3

static const char need_tls[] =
    "Passwords are taken behind TLS only; use STARTTLS";
static const char login_failed[] = "Wrong user name or password";
static const char login_later[] =
    "The password cannot be checked now; try again later";
static const char too_many[] = "Too many failed logins";

struct imap_front {
	struct conn conn;
	struct front *front;
};

static unsigned
capability_bits(const struct imap_front *im)
{
	unsigned now = CAP_BEFORE_LOGIN;

	if (im->front->tls_offered)
		now |= CAP_MAY_STARTTLS;
	now |= front_may_login(im->front) ? CAP_MAY_LOGIN : CAP_NO_LOGIN;
	return now;
}

static void
cmd_capability(void *ctx, struct slice argument)
{
	struct imap_front *im = ctx;

	(void)argument;
	str_append_cstr(&im->conn.out, "* ");
	capability_list(capability_bits(im), &im->conn.out);
	str_append_cstr(&im->conn.out, "\r\n");
}

/* Everything that the client said after STARTTLS, in clear, goes with this
 * process: a new front stands ready. */
static void
cmd_starttls(void *ctx, struct slice argument)
{
	struct imap_front *im = ctx;
	struct err err;

	(void)argument;
	if (!im->front->tls_offered) {
		conn_bad(&im->conn, "TLS is not offered here");
		return;
	}
	if (front_starttls(im->front, slice_from(""), &err) < 0) {
		log_warning("STARTTLS: %s", err.text);
		conn_no(&im->conn, "UNAVAILABLE", "TLS is not to be had now");
		return;
	}
	conn_ok(&im->conn, NULL, "Begin TLS negotiation now");
	im->conn.over = true;
}

/* Asks the keeper; true when the user is in. */
static bool
log_in(struct imap_front *im, struct slice name, struct slice password)
{
	struct conn *conn = &im->conn;
	struct err err = { 0, "" };

	switch (front_login(im->front, name, password, &err)) {
	case LOGIN_OK:
		return true;
	case LOGIN_DENIED:
		conn_no(conn, "AUTHENTICATIONFAILED", login_failed);
		return false;
	case LOGIN_TEMPFAIL:
		log_warning("login: %s", err.text);
		conn_no(conn, "UNAVAILABLE", login_later);
		return false;
	case LOGIN_TOO_MANY:
		conn_no(conn, "AUTHENTICATIONFAILED", login_failed);
		conn_bye(conn, too_many);
		return false;
	}
	return false;
}

/* The session answers the command.  Behind TLS this process lives on, so the
 * password must not. */
static _Noreturn void
hand_over(struct imap_front *im)
{
	str_wipe(&im->conn.scratch);
	str_wipe(&im->conn.reader.text);
	front_become_session(im->front, str_slice(&im->conn.tag));
}

static void
cmd_login(void *ctx, struct slice argument)
{
	struct imap_front *im = ctx;
	struct slice name = { NULL, 0 }, password = { NULL, 0 };
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_astring(&args, &name) || !args_space(&args) ||
	    !args_astring(&args, &password) || !args_end(&args))
		conn_bad(&im->conn, "LOGIN takes a user name and a password");
	else if (!front_may_login(im->front))
		conn_no(&im->conn, "PRIVACYREQUIRED", need_tls);
	else if (log_in(im, name, password))
		hand_over(im);
}

/* Goes on with an exchange until it has credentials or is over. */
static enum sasl_result
exchange(struct imap_front *im, struct sasl *sasl, struct slice argument)
{
	struct conn *conn = &im->conn;
	enum sasl_result result = sasl_start(sasl, argument);

	while (result == SASL_CONTINUE) {
		str_append_cstr(&conn->out, "+ ");
		str_append_cstr(&conn->out, sasl_challenge(sasl));
		str_append_cstr(&conn->out, "\r\n");
		conn_flush(conn);
		if (reader_plain_line(&conn->reader, SASL_LINE_MAX) !=
		    READER_COMMAND)
			return SASL_BAD;
		result = sasl_feed(sasl, str_slice(&conn->reader.text));
	}
	return result;
}

/* What an exchange has come to; true when the user is in. */
static bool
take_result(
    struct imap_front *im, enum sasl_result result, const struct sasl *sasl)
{
	struct conn *conn = &im->conn;

	switch (result) {
	case SASL_CREDENTIALS:
		return log_in(
		    im, str_slice(&sasl->user), str_slice(&sasl->password));
	case SASL_REFUSED:
		conn_no(conn, "AUTHORIZATIONFAILED", login_failed);
		return false;
	case SASL_UNKNOWN:
		conn_no(conn, NULL, "No such mechanism");
		return false;
	case SASL_CANCELLED:
		conn_bad(conn, "Authentication cancelled");
		return false;
	case SASL_CONTINUE:
	case SASL_BAD:
		break;
	}
	conn_bad(conn, "Malformed authentication exchange");
	return false;
}

static void
cmd_authenticate(void *ctx, struct slice argument)
{
	struct imap_front *im = ctx;
	struct sasl sasl = SASL_INIT;
	bool in;

	if (!front_may_login(im->front)) {
		conn_no(&im->conn, "PRIVACYREQUIRED", need_tls);
		return;
	}
	in = take_result(im, exchange(im, &sasl, argument), &sasl);
	sasl_release(&sasl);
	if (in)
		hand_over(im);
}

/* clang-format off */
static const struct command front_table[] = {
	/* verb          states    argument      flags           handler */
	{ "CAPABILITY",   ST_LOGIN, ARG_NONE,     0,              cmd_capability },
	{ "NOOP",         ST_LOGIN, ARG_NONE,     0,              cmd_noop },
	{ "LOGOUT",       ST_LOGIN, ARG_NONE,     0,              cmd_logout },
	{ "ID",           ST_LOGIN, ARG_NEEDED,   CMD_RAW,        cmd_id },
	{ "STARTTLS",     ST_LOGIN, ARG_NONE,     CMD_PLAIN_ONLY, cmd_starttls },
	{ "LOGIN",        ST_LOGIN, ARG_NEEDED,   CMD_RAW | CMD_SECRET,
	                                                          cmd_login },
	{ "AUTHENTICATE", ST_LOGIN, ARG_NEEDED,   CMD_RAW | CMD_SECRET,
	                                                          cmd_authenticate },
};
/* clang-format on */

static const struct conn_class front_class = {
	.table = front_table,
	.rows = sizeof front_table / sizeof front_table[0],
};

static void
greet(struct imap_front *im)
{
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* OK [");
	capability_list(capability_bits(im), out);
	str_appendf(out, "] %s ready\r\n", im->front->settings->hostname);
	conn_flush(&im->conn);
}

void
imap_front(struct front *front)
{
	static const struct reader_limits limits = {
		.line = FRONT_LINE_MAX,
		.literal = FRONT_LITERAL_MAX,
		.skip = FRONT_SKIP_MAX,
	};
	struct imap_front im = { .front = front };

	conn_init(&im.conn, &front_class, front->client, &limits);
	im.conn.state = ST_LOGIN;
	im.conn.tls = front->tls;
	im.conn.max_errors = FRONT_ERRORS_MAX;
	im.conn.timeout = front->settings->login_timeout;
	im.conn.deadline = front->login_ends;
	if (!front->resumed)
		greet(&im);
	conn_run(&im.conn);
	conn_release(&im.conn);
}
