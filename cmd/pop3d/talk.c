#include <errno.h>

#include "cmd/pop3d/pop3.h"
#include "cmd/pop3d/talk.h"
#include "common/base/clock.h"
#include "common/base/log.h"

#define LOGGED_LINE_MAX 80 /* octets of a bad command in the log */

#define ERR_TOO_LONG "-ERR Line too long\r\n"
#define ERR_NUL "-ERR NUL in command\r\n"
#define ERR_TOO_MANY "-ERR Too many bad commands\r\n"

/* What POP3 says to a line that the table did not let pass. */
static const char *const error_replies[] = {
	[COMMAND_OK] = NULL,
	[COMMAND_UNKNOWN] = "-ERR Unknown command\r\n",
	[COMMAND_BAD_STATE] = "-ERR Not now\r\n",
	[COMMAND_ARGUMENT_MISSING] = "-ERR Argument missing\r\n",
	[COMMAND_ARGUMENT_EXTRA] = "-ERR No argument allowed\r\n",
	[COMMAND_TLS_FIRST] =
	    "-ERR [AUTH] No login without TLS: STLS first\r\n",
	[COMMAND_TLS_ALREADY] = "-ERR TLS is active already\r\n",
};

/* Tells the client and counts; the one too many ends the conversation. */
static void
bad_command(struct talk *talk, const char *reply)
{
	stream_puts(talk->client, reply);
	if (++talk->errors < talk->errors_max)
		return;
	stream_puts(talk->client, ERR_TOO_MANY);
	talk->over = TALK_ERRORS;
}

void
talk_line(struct talk *talk, struct slice line)
{
	const struct command *row;
	struct slice argument;
	char shown[LOGGED_LINE_MAX + 1];
	enum command_error error;

	if (slice_find(line, '\0') < line.len) {
		bad_command(talk, ERR_NUL);
		return;
	}
	error = command_find(
	    talk->table, talk->count, &talk->state, line, &row, &argument);
	if (error == COMMAND_OK) {
		row->handler(talk->ctx, argument);
		return;
	}
	command_for_log(row, line, shown, LOGGED_LINE_MAX);
	log_debug("bad command: %s", shown);
	bad_command(talk, error_replies[error]);
}

static struct slice
without_line_end(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Reads one line and runs it. */
static void
talk_step(struct talk *talk)
{
	struct slice line;
	int r;

	if (talk->idle_ms)
		stream_set_deadline(
		    talk->client, clock_deadline(talk->idle_ms));
	if (talk->rest && stream_input(talk->client).len == 0)
		talk->rest(talk->ctx);
	r = stream_read_line(talk->client, POP3_COMMAND_MAX, &line);
	if (r > 0)
		talk_line(talk, without_line_end(line));
	else if (r == -EMSGSIZE)
		bad_command(talk, ERR_TOO_LONG);
	else if (r == -ETIMEDOUT)
		talk->over = TALK_TIMEOUT;
	else
		talk->over = TALK_CLOSED;
}

enum talk_end
talk_run(struct talk *talk)
{
	talk->over = TALK_GOES_ON;
	while (talk->over == TALK_GOES_ON)
		talk_step(talk);
	/* autologout says nothing (RFC 1939 section 3); a client that is gone
	 * does not listen */
	(void)stream_flush(talk->client);
	return talk->over;
}

const char *
talk_end_text(enum talk_end end)
{
	static const char *const texts[] = {
		[TALK_GOES_ON] = "",
		[TALK_QUIT] = "quit",
		[TALK_ENDED] = "ended",
		[TALK_CLOSED] = "closed",
		[TALK_TIMEOUT] = "timeout",
		[TALK_ERRORS] = "errors",
	};

	return texts[end];
}
