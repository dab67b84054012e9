#include "cmd/imapd/conn.h"

#include "common/base/clock.h"
#include "common/base/log.h"

/* ms for a client to take what it asked for, or the time that it may be silent
 * when that is less */
#define CONN_STALL 300000
#define CONN_OUT_MAX 16384 /* octets of responses held back */
#define CONN_OUT_KEEP 4096 /* octets of their buffer kept at rest */
#define CONN_LOG_MAX 200   /* octets of a command in the log */

static const char bye_errors[] = "Too many errors";
static const char bye_literal[] = "Literal too large";
static const char bye_timeout[] = "Disconnected for inactivity";

static bool streams_literal(void *ctx, struct slice text);

void
conn_init(struct conn *conn, const struct conn_class *class,
    struct stream *client, const struct reader_limits *limits)
{
	*conn = (struct conn){ .class = class,
		.client = client,
		.timeout = CONN_STALL,
		.deadline = CLOCK_NEVER,
		.separator = '/' };
	reader_init(&conn->reader, client, limits);
	conn->reader.streams = streams_literal;
	conn->reader.ctx = conn;
}

void
conn_release(struct conn *conn)
{
	reader_release(&conn->reader);
	str_release(&conn->out);
	str_wipe(&conn->scratch);
	str_release(&conn->tag);
	str_release(&conn->code_made);
	str_release(&conn->text_made);
}

static void
keep_alive(struct conn *conn)
{
	int64_t ms = conn->timeout < CONN_STALL ? conn->timeout : CONN_STALL;

	conn->since_alive = 0;
	stream_set_deadline(conn->client, clock_deadline(ms));
}

static void
count_written(struct conn *conn, size_t n)
{
	conn->since_alive += n;
	if (conn->since_alive >= STREAM_WRITE_MAX)
		keep_alive(conn);
}

void
conn_drain(struct conn *conn)
{
	if (conn->out.len < CONN_OUT_MAX)
		return;
	count_written(conn, conn->out.len);
	stream_write(conn->client, str_slice(&conn->out));
	str_clear(&conn->out);
}

void
conn_flush(struct conn *conn)
{
	keep_alive(conn);
	stream_write(conn->client, str_slice(&conn->out));
	str_clear(&conn->out);
	(void)stream_flush(conn->client); /* sticky, asked for by the reader */
}

bool
conn_put(void *ctx, struct slice octets)
{
	struct conn *conn = ctx;

	if (conn->out.len) {
		stream_write(conn->client, str_slice(&conn->out));
		str_clear(&conn->out);
	}
	count_written(conn, octets.len);
	stream_write(conn->client, octets);
	return stream_error(conn->client) == 0;
}

static void
set_reply(struct conn *conn, enum reply_status status, const char *code,
    const char *text)
{
	conn->status = status;
	conn->code = code;
	conn->text = text;
}

void
conn_ok(struct conn *conn, const char *code, const char *text)
{
	set_reply(conn, REPLY_OK, code, text);
}

void
conn_no(struct conn *conn, const char *code, const char *text)
{
	set_reply(conn, REPLY_NO, code, text);
}

void
conn_bad(struct conn *conn, const char *text)
{
	set_reply(conn, REPLY_BAD, NULL, text);
}

void
conn_bad_code(struct conn *conn, const char *code, const char *text)
{
	set_reply(conn, REPLY_BAD, code, text);
}

static const char *
status_word(enum reply_status status)
{
	switch (status) {
	case REPLY_OK:
		return "OK";
	case REPLY_NO:
		return "NO";
	case REPLY_BAD:
		break;
	}
	return "BAD";
}

void
conn_reply(struct conn *conn)
{
	struct str *out = &conn->out;

	if (conn->tag.len)
		str_append(out, str_slice(&conn->tag));
	else
		str_append_char(out, '*');
	str_append_char(out, ' ');
	str_append_cstr(out, status_word(conn->status));
	str_append_char(out, ' ');
	if (conn->code) {
		str_append_char(out, '[');
		str_append_cstr(out, conn->code);
		str_append_cstr(out, "] ");
	}
	if (conn->text)
		str_append_cstr(out, conn->text);
	else
		str_appendf(out, "%s completed", conn->row->verb);
	str_append_cstr(out, "\r\n");
}

void
conn_bye(struct conn *conn, const char *text)
{
	if (!conn->over)
		str_appendf(&conn->out, "* BYE %s\r\n", text);
	conn->over = true;
}

struct name_style
conn_names(const struct conn *conn)
{
	return (struct name_style){ conn->separator, conn->utf8 };
}

void
conn_args(struct conn *conn, struct slice argument, struct args *args)
{
	args_init(args, argument, &conn->scratch);
	args->names = conn_names(conn);
}

/* Cuts the tag off *rest, which is the command afterwards. */
static bool
cut_tag(struct slice *rest, struct slice *ret_tag)
{
	size_t n = slice_find(*rest, ' ');

	*ret_tag = slice_head(*rest, n);
	if (!parse_is_tag(*ret_tag))
		return false;
	*rest = slice_skip(*rest, n + 1);
	return true;
}

static bool
take_tag(struct conn *conn, struct slice *rest)
{
	struct slice tag;

	str_clear(&conn->tag);
	if (!cut_tag(rest, &tag))
		return false;
	str_set(&conn->tag, tag);
	return true;
}

static enum command_error
find(const struct conn *conn, struct slice line, const struct command **ret_row,
    struct slice *ret_argument)
{
	struct command_state state = { .state = conn->state, .tls = conn->tls };

	return command_find(conn->class->table, conn->class->rows, &state, line,
	    ret_row, ret_argument);
}

/* Asked in the middle of a command that is not yet whole: changes nothing. */
static bool
streams_literal(void *ctx, struct slice text)
{
	struct conn *conn = ctx;
	const struct command *row;
	struct slice tag, argument;

	if (conn->class->streams == NULL || !cut_tag(&text, &tag) ||
	    find(conn, text, &row, &argument) != COMMAND_OK ||
	    !(row->flags & IMAP_STREAMS))
		return false;
	return conn->class->streams(conn, row, argument);
}

static const char *
complaint(enum command_error error)
{
	switch (error) {
	case COMMAND_UNKNOWN:
		return "Unknown command";
	case COMMAND_BAD_STATE:
		return "Command not allowed now";
	case COMMAND_ARGUMENT_MISSING:
		return "Missing argument";
	case COMMAND_ARGUMENT_EXTRA:
		return "Command takes no argument";
	case COMMAND_TLS_FIRST:
		return "TLS must come first";
	case COMMAND_TLS_ALREADY:
		return "TLS is in use already";
	case COMMAND_OK:
		break;
	}
	return NULL;
}

static void
log_command(const struct conn *conn, struct slice line)
{
	char shown[CONN_LOG_MAX + 1];

	command_for_log(conn->row, line, shown, CONN_LOG_MAX);
	log_debug("command %s", shown);
}

static void
run_row(struct conn *conn, struct slice argument)
{
	if (conn->class->refuse == NULL ||
	    !conn->class->refuse(conn, conn->row))
		conn->row->handler(conn, argument);
	if (conn->row->flags & CMD_SECRET) {
		str_wipe(&conn->reader.text);
		str_wipe(&conn->scratch);
	}
}

/* After a command: what changed is told, then the tagged reply. */
static void
finish(struct conn *conn)
{
	if (conn->row && conn->class->finish)
		conn->class->finish(conn);
	conn_reply(conn);
	if (conn->status == REPLY_BAD)
		conn->errors++;
	else if (conn->status == REPLY_OK)
		conn->errors = 0;
	if (conn->errors >= conn->max_errors)
		conn_bye(conn, bye_errors);
	conn_flush(conn);
	if (conn->then)
		conn->then(conn);
	conn->then = NULL;
}

static void
begin(struct conn *conn)
{
	conn->row = NULL;
	str_clear(&conn->code_made);
	str_clear(&conn->text_made);
	conn_ok(conn, NULL, NULL);
}

static void
leave_literal(struct conn *conn)
{
	if (conn->literal && !reader_skip_rest(&conn->reader))
		conn_bye(conn, bye_literal);
	conn->literal = false;
}

static void
run_command(struct conn *conn)
{
	struct slice rest = str_slice(&conn->reader.text), argument;
	const char *wrong;

	begin(conn);
	keep_alive(conn);
	if (!take_tag(conn, &rest)) {
		conn_bad(conn, rest.len ? "Invalid tag" : "Empty command");
		finish(conn);
		return;
	}
	wrong = complaint(find(conn, rest, &conn->row, &argument));
	log_command(conn, rest);
	if (wrong) {
		conn->row = NULL; /* nothing ran: nothing is told */
		conn_bad(conn, wrong);
	} else {
		run_row(conn, argument);
	}
	leave_literal(conn);
	finish(conn);
}

static void
refuse_command(struct conn *conn, bool hopeless)
{
	struct slice rest = str_slice(&conn->reader.text);

	begin(conn);
	keep_alive(conn);
	(void)take_tag(conn, &rest); /* without one it is "* BAD" */
	set_reply(conn, REPLY_BAD, conn->reader.code, conn->reader.refusal);
	if (hopeless)
		conn_bye(conn, conn->reader.refusal);
	finish(conn);
}

static void
take_event(struct conn *conn, enum reader_event event)
{
	switch (event) {
	case READER_COMMAND:
	case READER_LITERAL:
		conn->literal = event == READER_LITERAL;
		run_command(conn);
		return;
	case READER_REFUSED:
	case READER_HOPELESS:
		refuse_command(conn, event == READER_HOPELESS);
		return;
	case READER_TIMEOUT:
		conn_bye(conn, bye_timeout);
		conn_flush(conn);
		return;
	case READER_END:
		conn->over = true;
		return;
	}
}

void
conn_shrink(struct conn *conn)
{
	if (conn->out.cap > CONN_OUT_KEEP)
		str_release(&conn->out);
	str_release(&conn->scratch);
	reader_shrink(&conn->reader);
	stream_shrink(conn->client);
	conn->class->rest(conn);
}

void
conn_run(struct conn *conn)
{
	while (!conn->over && stream_error(conn->client) == 0) {
		int64_t deadline = clock_deadline(conn->timeout);

		if (deadline > conn->deadline)
			deadline = conn->deadline;
		conn->reader.deadline = deadline;
		if (conn->class->await)
			conn->class->await(conn, deadline);
		take_event(conn, reader_next(&conn->reader));
	}
}
