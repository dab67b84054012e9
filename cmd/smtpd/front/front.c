#include <errno.h>

#include "cmd/smtpd/front/checks.h"
#include "cmd/smtpd/content/milters.h"
#include "cmd/smtpd/front/data.h"
#include "cmd/smtpd/front/events.h"
#include "cmd/smtpd/front/xclient.h"
#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/log.h"

#define GOODBYE_MS 5000 /* for telling a client that its time is up */
#define ENDING_MS 5000  /* of silence in a message that was begun */
#define LOG_COMMAND_MAX 200

enum {
	ST_OPEN = ST_MAIL | ST_RCPT,
	ST_ANY = ST_START | ST_GREETED | ST_OPEN | ST_BDAT
};

/* clang-format off */
const struct command smtp_commands[] = {
	{ "HELO", ST_ANY, ARG_NEEDED, CMD_IDLE | CMD_SMTP, cmd_helo },
	{ "EHLO", ST_ANY, ARG_NEEDED, CMD_IDLE | CMD_SMTP, cmd_ehlo },
	{ "LHLO", ST_ANY, ARG_NEEDED, CMD_IDLE | CMD_LMTP, cmd_lhlo },
	{ "STARTTLS", ST_GREETED, ARG_NONE, CMD_PLAIN_ONLY |
	    CMD_BREAKS_PIPELINE | CMD_TLS_OFFERED | CMD_EHLO, cmd_starttls },
	{ "AUTH", ST_GREETED, ARG_NEEDED, CMD_SECRET | CMD_NEEDS_TLS |
	    CMD_SUBMISSION | CMD_LINE_AUTH | CMD_EHLO, cmd_auth },
	{ "MAIL", ST_GREETED, ARG_NEEDED,
	    CMD_LOGIN_FIRST | CMD_LINE_MAIL | CMD_ADDRESS, cmd_mail },
	{ "RCPT", ST_OPEN, ARG_NEEDED,
	    CMD_LOGIN_FIRST | CMD_LINE_RCPT | CMD_ADDRESS, cmd_rcpt },
	{ "DATA", ST_OPEN, ARG_NONE, CMD_LOGIN_FIRST, cmd_data },
	/* its octets must be read, whatever may be said against it */
	{ "BDAT", ST_ANY, ARG_OPTIONAL, 0, cmd_bdat },
	{ "XCLIENT", ST_START | ST_GREETED, ARG_NEEDED, CMD_XCLIENT |
	    CMD_LINE_MAIL | CMD_EHLO | CMD_HIDDEN, cmd_xclient },
	{ "RSET", ST_ANY, ARG_NONE, CMD_IDLE, cmd_rset },
	{ "NOOP", ST_ANY, ARG_OPTIONAL, CMD_IDLE, cmd_noop },
	{ "VRFY", ST_ANY, ARG_NEEDED, CMD_IDLE | CMD_ADDRESS, cmd_vrfy },
	{ "HELP", ST_ANY, ARG_OPTIONAL, CMD_IDLE, cmd_help },
	{ "QUIT", ST_ANY, ARG_NONE, 0, cmd_quit },
	{ "EXPN", ST_ANY, ARG_OPTIONAL, CMD_HIDDEN, cmd_not_offered },
	{ "ETRN", ST_ANY, ARG_OPTIONAL, CMD_HIDDEN, cmd_not_offered },
	{ "TURN", ST_ANY, ARG_OPTIONAL, CMD_HIDDEN, cmd_not_offered },
};
/* clang-format on */
const size_t smtp_commands_count =
    sizeof smtp_commands / sizeof smtp_commands[0];

bool
smtp_offers(const struct smtp *s, const struct command *row)
{
	if ((row->flags & CMD_SUBMISSION) && !s->submission)
		return false;
	if (row->flags & (s->lmtp ? CMD_SMTP : CMD_LMTP))
		return false;
	if ((row->flags & CMD_XCLIENT) && (!s->front->xclient || s->logged_in))
		return false;
	if ((row->flags & CMD_TLS_OFFERED) && !s->front->tls)
		return s->front->tls_offered && !s->logged_in;
	return true;
}

enum smtp_outcome
smtp_ask(struct smtp *s, enum smtp_request request, struct slice body,
    struct ipc_msg *answer)
{
	struct ipc_msg own = IPC_MSG_INIT;
	struct ipc_msg *to = answer ? answer : &own;
	enum smtp_outcome outcome = OUTCOME_TEMPFAIL;

	if (front_ask(s->front, (uint16_t)request, body, to) < 0)
		s->over = true;
	else
		outcome = wire_outcome(to, (uint16_t)request);
	if (outcome == OUTCOME_GREYLISTED)
		s->wait = wire_seconds(to);
	ipc_msg_release(&own);
	return outcome;
}

void
smtp_reset(struct smtp *s)
{
	if (s->tx.at_keeper &&
	    front_ask(s->front, SMTP_RESET, slice_from(""), NULL) < 0)
		s->over = true;
	milters_reset(s);
	data_drop_chunks(s);
	events_given_up(s);
	checks_forget(s->checks, CHECK_MAIL);
	str_clear(&s->tx.sender);
	str_clear(&s->tx.first);
	str_clear(&s->tx.rcpts);
	str_clear(&s->tx.each);
	str_clear(&s->tx.envid);
	s->tx.announced = 0;
	s->tx.octets = 0;
	s->tx.opened = 0;
	s->tx.told = false;
	s->tx.bits = 0;
	s->tx.count = 0;
	s->tx.at_keeper = false;
	if (s->state & (ST_OPEN | ST_BDAT))
		s->state = ST_GREETED;
}

int64_t
smtp_deadline(const struct smtp *s, int64_t deadline)
{
	int64_t end = clock_deadline(ENDING_MS);

	return s->front->ending && end < deadline ? end : deadline;
}

const struct reply *
smtp_timeout(const struct smtp *s)
{
	return s->front->ending ? &reply_ending : &reply_timeout;
}

/* The time by which the line that is read now must be here. */
static int64_t
line_deadline(const struct smtp *s)
{
	int64_t deadline = clock_deadline(s->settings->smtp_command_timeout);

	if (s->submission && !s->logged_in && s->front->login_ends < deadline)
		deadline = s->front->login_ends;
	return smtp_deadline(s, deadline);
}

/* Cuts the CRLF off, or where that is mended the LF alone; false when it is not
 * there, or something like it or a NUL stands elsewhere in the line. */
static bool
cut_line_end(const struct smtp *s, struct slice *line)
{
	bool crlf = line->len > 1 && line->ptr[line->len - 2] == '\r';

	if (!crlf && !smtp_normalizes(s))
		return false;
	line->len -= crlf ? 2 : 1;
	return slice_find(*line, '\r') == line->len &&
	       slice_find(*line, '\0') == line->len;
}

bool
smtp_normalizes(const struct smtp *s)
{
	return strcmp(s->settings->bare_newline, "normalize") == 0;
}

/* Of a login it is told with a code of its own (RFC 4954 section 6). */
static const struct reply *
long_line(const struct reply *too_long, struct slice start)
{
	return too_long == &reply_line_long &&
		       slice_starts_nocase(start, "AUTH ")
		   ? &reply_auth_line_long
		   : too_long;
}

/* Octets that are no commands may follow a refused line that wanted to be BDAT,
 * and nobody knows how many. */
static void
stay_or_leave(struct smtp *s, struct slice refused)
{
	if (slice_starts_nocase(refused, "BDAT"))
		s->over = true;
}

bool
smtp_read_line(
    struct smtp *s, const struct reply *too_long, struct slice *ret_line)
{
	struct stream *client = s->front->client;
	struct slice line;
	int rc;

	stream_set_deadline(client, line_deadline(s));
	rc = stream_read_line(client, SMTP_LINE_AUTH, &line);
	if (rc == 1 && cut_line_end(s, &line)) {
		*ret_line = line;
		return true;
	}
	stream_set_deadline(client, clock_deadline(GOODBYE_MS));
	if (rc == 1 || rc == -EMSGSIZE)
		stay_or_leave(s, line);
	if (rc == 1)
		smtp_say(s, &reply_line_end);
	else if (rc == -EMSGSIZE)
		smtp_say(s, long_line(too_long, line));
	else if (rc == -ETIMEDOUT)
		smtp_say(s, smtp_timeout(s));
	else if (rc != -ECANCELED || !front_is_ending(s->front))
		s->over = true;
	return false;
}

static bool
is_ascii(struct slice line)
{
	size_t i;

	for (i = 0; i < line.len; i++)
		if ((unsigned char)line.ptr[i] > 126)
			return false;
	return true;
}

/* Octets that the line of this verb may have, without CRLF. */
static size_t
line_limit(const struct command *row)
{
	if (row->flags & CMD_LINE_AUTH)
		return SMTP_LINE_AUTH - 2;
	if (row->flags & CMD_LINE_MAIL)
		return SMTP_LINE_MAIL - 2;
	if (row->flags & CMD_LINE_RCPT)
		return SMTP_LINE_RCPT - 2;
	return SMTP_LINE_MAX - 2;
}

/* Does somebody speak HTTP, so that a browser may be made to send mail? */
static bool
is_http(struct slice line)
{
	static const char *const methods[] = { "GET ", "POST ", "PUT ", "HEAD ",
		"OPTIONS ", "CONNECT ", "DELETE ", "PATCH ", "PRI " };
	size_t i;

	for (i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (slice_starts(line, methods[i]))
			return true;
	return false;
}

/* What is wrong with the line itself, whatever the state; NULL: nothing. */
static const struct reply *
refuse_line(const struct smtp *s, const struct command *row, struct slice line)
{
	if (slice_trim(line).len == 0)
		return &reply_empty;
	if (is_http(line))
		return &reply_http;
	if (row == NULL)
		return line.len > SMTP_LINE_MAX - 2 ? &reply_line_long : NULL;
	if (line.len > line_limit(row))
		return long_line(&reply_line_long, line);
	if (!smtp_offers(s, row))
		return row->flags & (CMD_SMTP | CMD_LMTP)
			   ? reply_for_command(COMMAND_UNKNOWN)
			   : &reply_not_offered;
	if (is_ascii(line))
		return NULL;
	if ((row->flags & CMD_ADDRESS) == 0)
		return &reply_line_octets;
	return enc_utf8_valid(line) ? NULL : &reply_not_utf8;
}

/* What forbids the verb now; NULL: nothing. */
static const struct reply *
refuse_now(
    const struct smtp *s, const struct command *row, enum command_error error)
{
	if (row && (row->flags & CMD_LOGIN_FIRST) && s->submission &&
	    !s->logged_in && s->state != ST_START)
		return &reply_auth_first;
	if (error == COMMAND_TLS_FIRST)
		return &reply_auth_needs_tls;
	if (error != COMMAND_OK)
		return reply_for_command(error);
	if ((row->flags & CMD_BREAKS_PIPELINE) &&
	    stream_input(s->front->client).len > 0)
		return &reply_pipelined;
	return NULL;
}

static void
run_line(struct smtp *s, struct slice line)
{
	struct command_state state = { s->state, s->front->tls,
		!front_may_login(s->front) };
	const struct command *row = NULL;
	const struct reply *no;
	struct slice argument;
	enum command_error error;
	char shown[LOG_COMMAND_MAX + 1];

	error = command_find(
	    smtp_commands, smtp_commands_count, &state, line, &row, &argument);
	command_for_log(row, line, shown, LOG_COMMAND_MAX);
	log_debug("command: %s", shown);
	no = refuse_line(s, row, line);
	if (no == NULL)
		no = refuse_now(s, row, error);
	if (no == NULL && (row->flags & CMD_IDLE) &&
	    ++s->tally.idle > SMTP_IDLE_MAX)
		no = &reply_too_much_idling;
	if (row == NULL && no)
		milters_unknown(s, line);
	else
		s->verb = row->verb;
	if (no) {
		stay_or_leave(s, line);
		smtp_say(s, no);
	} else {
		row->handler(s, argument);
	}
}

static void
greet(struct smtp *s)
{
	const char *words = s->settings->smtp_banner;
	STR_AUTO text = STR_INIT;

	str_appendf(&text, "%s %s%s%s", s->settings->hostname,
	    s->lmtp ? "LMTP" : "ESMTP", words[0] ? " " : "", words);
	smtp_say_with(s, &reply_banner, str_slice(&text));
}

static void
release(struct smtp *s)
{
	smtp_checks_end(s);
	str_release(&s->helo);
	str_release(&s->proxied_helo);
	str_release(&s->user);
	str_release(&s->mechanism);
	str_release(&s->tx.sender);
	str_release(&s->tx.first);
	str_release(&s->tx.rcpts);
	str_release(&s->tx.each);
	str_release(&s->tx.envid);
	str_release(&s->rcpt.orcpt);
}

/* LMTP has no way to tell who may say it: whoever is on this machine may. */
static bool
is_welcome(const struct smtp *s)
{
	return !s->lmtp || s->front->peer->is_pipe ||
	       peer_is_loopback(s->front->peer);
}

/* What a front before STARTTLS has left: tallies for us (RFC 3207 wants all
 * else forgotten), and perhaps something at the keeper. */
static void
resume(struct smtp *s)
{
	struct ipc_reader in = { s->front->carried, false };

	s->tally.errors = ipc_get_u32(&in);
	s->tally.refused = ipc_get_u32(&in);
	s->tally.deferred = ipc_get_u32(&in);
	s->tally.idle = ipc_get_u32(&in);
	s->messages = ipc_get_u32(&in);
	s->early = ipc_get_u32(&in) != 0;
	s->tx.at_keeper = true;
	smtp_reset(s);
}

void
smtp_carry(const struct smtp *s, struct str *out)
{
	ipc_put_u32(out, (uint32_t)s->tally.errors);
	ipc_put_u32(out, (uint32_t)s->tally.refused);
	ipc_put_u32(out, (uint32_t)s->tally.deferred);
	ipc_put_u32(out, (uint32_t)s->tally.idle);
	ipc_put_u32(out, (uint32_t)s->messages);
	ipc_put_u32(out, s->early);
}

/* A milter does not want the client.  The only codes of a greeting are 220, 554
 * and 421 (RFC 5321 section 4.3.2); after 554 QUIT is waited for. */
static void
greet_unwanted(struct smtp *s, const struct reply *no)
{
	const struct reply greeting = { no->code < 500 ? 421 : 554,
		no->enhanced, no->text };

	smtp_say(s, &greeting);
}

/* The greeting, if we talk to this one at all. */
static void
begin(struct smtp *s, bool greeting)
{
	const struct reply *no;

	s->began = clock_ms();
	if (s->front->turned_away)
		smtp_say(s, &reply_too_often); /* and the connection is over */
	else if (!is_welcome(s))
		smtp_say(s, &reply_lmtp_stranger);
	else
		s->over = !smtp_checks_connect(s);
	milters_begin(s);
	no = s->over ? NULL : milters_connect(s);
	if (greeting && no)
		greet_unwanted(s, no);
	else if (greeting && !s->over)
		greet(s);
}

void
smtp_begin_again(struct smtp *s)
{
	smtp_reset(s);
	milters_end(s);
	smtp_checks_end(s);
	s->state = ST_START;
	s->extended = false;
	s->early = false; /* that was the proxy */
	begin(s, true);
}

/* Is it time to go?  Between two messages, when we were told to end. */
static bool
is_last(const struct smtp *s)
{
	return s->front->ending && (s->state & (ST_OPEN | ST_BDAT)) == 0;
}

void
smtp_front(struct front *front)
{
	struct smtp s = { .front = front,
		.settings = front->settings,
		.state = ST_START,
		.lmtp = strcmp(front->profile, "lmtp") == 0,
		.submission = strncmp(front->profile, "submission", 10) == 0 };
	struct slice line;

	if (front->resumed)
		resume(&s);
	begin(&s, !front->resumed);
	while (!s.over) {
		if (is_last(&s))
			smtp_say(&s, &reply_ending);
		else if (smtp_read_line(&s, &reply_line_long, &line))
			run_line(&s, line);
	}
	(void)stream_flush(front->client); /* nobody is left to tell */
	data_drop_chunks(&s);
	events_given_up(&s);
	milters_end(&s);
	release(&s);
}
