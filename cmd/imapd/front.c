#include "cmd/imapd/front.h"

#include "cmd/imapd/capability.h"
#include "cmd/imapd/cmd_any.h"
#include "cmd/imapd/conn.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/proto/sasl.h"
#include "common/svc/front_sasl.h"

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

/* The mechanisms, where there may be a login at all. */
static unsigned
offered(const struct imap_front *im)
{
	return front_may_login(im->front) ? front_auth_offered(im->front) : 0;
}

static void
list_capabilities(struct imap_front *im)
{
	capability_list(im->front->settings, capability_bits(im), offered(im),
	    &im->conn.out);
}

static void
cmd_capability(void *ctx, struct slice argument)
{
	struct imap_front *im = ctx;

	(void)argument;
	str_append_cstr(&im->conn.out, "* ");
	list_capabilities(im);
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

/* What an exchange has come to; true when the user is in. */
static bool
take_result(
    struct imap_front *im, enum front_auth result, const struct err *err)
{
	struct conn *conn = &im->conn;

	switch (result) {
	case AUTH_OK:
		return true;
	case AUTH_DENIED:
		conn_no(conn, "AUTHENTICATIONFAILED", login_failed);
		return false;
	case AUTH_DISABLED: /* RFC 5530 */
		conn_no(conn, "CONTACTADMIN", "This account is disabled");
		return false;
	case AUTH_TOO_MANY:
		conn_no(conn, "AUTHENTICATIONFAILED", login_failed);
		conn_bye(conn, too_many);
		return false;
	case AUTH_TEMPFAIL:
		log_warning("login: %s", err->text);
		conn_no(conn, "UNAVAILABLE", login_later);
		return false;
	case AUTH_NO_MECHANISM:
		conn_no(conn, "CANNOT", "No such mechanism");
		return false;
	case AUTH_CANCELLED:
		conn_bad(conn, "Authentication cancelled");
		return false;
	case AUTH_BAD:
	case AUTH_TOLD:
		break;
	}
	conn_bad(conn, "Malformed authentication exchange");
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
	struct err err = { 0, "" };
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_astring(&args, &name) || !args_space(&args) ||
	    !args_astring(&args, &password) || !args_end(&args))
		conn_bad(&im->conn, "LOGIN takes a user name and a password");
	else if (!front_may_login(im->front))
		conn_no(&im->conn, "PRIVACYREQUIRED", need_tls);
	else if (take_result(im,
		     front_auth_password(im->front, name, password, &err),
		     &err))
		hand_over(im);
}

static bool
ask(void *ctx, const char *challenge, struct slice *ret_line)
{
	struct conn *conn = ctx;

	str_appendf(&conn->out, "+ %s\r\n", challenge);
	conn_flush(conn);
	if (reader_plain_line(&conn->reader, SASL_LINE_MAX) != READER_COMMAND)
		return false;
	*ret_line = str_slice(&conn->reader.text);
	return true;
}

static void
cmd_authenticate(void *ctx, struct slice argument)
{
	struct imap_front *im = ctx;
	const struct front_auth_lines lines = { ask, &im->conn };
	struct err err = { 0, "" };
	enum front_auth result;

	if (!front_may_login(im->front)) {
		conn_no(&im->conn, "PRIVACYREQUIRED", need_tls);
		return;
	}
	result = front_authenticate(im->front, argument, &lines, NULL, &err);
	if (take_result(im, result, &err))
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
	list_capabilities(im);
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
	if (front_is_ending(front))
		stream_puts(front->client, "* BYE Shutting down\r\n");
	conn_release(&im.conn);
}
