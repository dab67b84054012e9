#include "cmd/imapd/reader.h"

#include "common/base/clock.h"

#define READER_GRACE 5000  /* ms, to end a TLS record or a last reply */
#define READER_TAIL 32     /* octets kept of a line that is too long */
#define READER_KEEP 4096   /* octets of text kept between commands */
#define READER_STALL 60000 /* ms without an octet while reading past */

static const char toobig[] = "TOOBIG";
static const char line_long[] = "Command line too long";
static const char literal_long[] = "Literal too large";
static const char unasked_long[] = "Literal too large to come unasked";
static const char bad_octet[] = "NUL, CR or LF where it must not be";

void
reader_init(struct reader *reader, struct stream *client,
    const struct reader_limits *limits)
{
	*reader = (struct reader){ .client = client, .limits = *limits };
}

void
reader_release(struct reader *reader)
{
	str_wipe(&reader->text);
}

static void
refuse(struct reader *reader, const char *code, const char *why)
{
	if (reader->refusal)
		return;
	reader->code = code;
	reader->refusal = why;
}

/* Waits for input; READER_COMMAND stands for "there is some". */
static enum reader_event
fill(struct reader *reader, int64_t deadline)
{
	int got;

	stream_set_deadline(reader->client,
	    deadline == CLOCK_NEVER ? deadline : deadline + READER_GRACE);
	got = stream_wait(reader->client, -1, deadline);
	if (!(got & STREAM_WAIT_INPUT) && (got & STREAM_WAIT_TIMEOUT))
		return READER_TIMEOUT;
	return stream_fill(reader->client) > 0 ? READER_COMMAND : READER_END;
}

/* Appends to the line that begins at start; of a line above max its beginning
 * and its last octets are kept, the latter for the sake of a literal. */
static void
take_bounded(
    struct reader *reader, size_t start, size_t max, struct slice octets)
{
	struct str *text = &reader->text;

	reader->line_octets = SIZE_MAX; /* says that it was too long */
	while (octets.len > 0) {
		struct slice piece = slice_head(octets, READER_TAIL);

		str_append(text, piece);
		octets = slice_skip(octets, piece.len);
		if (text->len - start <= max + READER_TAIL)
			continue;
		memmove(text->ptr + start + max,
		    text->ptr + text->len - READER_TAIL, READER_TAIL);
		str_truncate(text, start + max + READER_TAIL);
	}
}

/* Reads one line, with its line end, to the end of text.  A fast way for what
 * fits, octet-exact for what does not. */
static enum reader_event
read_line(struct reader *reader, size_t max)
{
	size_t start = reader->text.len, at;
	struct slice input;
	enum reader_event event;

	for (;;) {
		input = stream_input(reader->client);
		at = slice_find(input, '\n');
		if (at < input.len)
			input.len = at + 1;
		if (reader->text.len - start + input.len <= max)
			str_append(&reader->text, input);
		else
			take_bounded(reader, start, max, input);
		stream_eat(reader->client, input.len);
		if (at < input.len)
			return READER_COMMAND;
		event = fill(reader, reader->deadline);
		if (event != READER_COMMAND)
			return event;
	}
}

static void
cut_line_end(struct str *text)
{
	if (text->len && text->ptr[text->len - 1] == '\n')
		str_truncate(text, text->len - 1);
	if (text->len && text->ptr[text->len - 1] == '\r')
		str_truncate(text, text->len - 1);
}

static bool
is_clean(struct slice line)
{
	return slice_find(line, '\0') == line.len &&
	       slice_find(line, '\r') == line.len;
}

/* One line of a command, its line end cut; notes the literal it ends in and
 * what is wrong with it. */
static enum reader_event
read_command_line(struct reader *reader)
{
	size_t used = reader->line_octets, start = reader->text.len;
	size_t max =
	    used < reader->limits.line ? reader->limits.line - used : 0;
	enum reader_event event = read_line(reader, max);
	struct slice line;

	if (event != READER_COMMAND)
		return event;
	cut_line_end(&reader->text);
	line = slice_skip(str_slice(&reader->text), start);
	reader->has_literal = literal_at_end(line, &reader->literal);
	if (reader->line_octets == SIZE_MAX)
		refuse(reader, toobig, line_long);
	if (!is_clean(line))
		refuse(reader, NULL, bad_octet);
	reader->line_octets = used + line.len;
	if (reader->refusal)
		str_truncate(&reader->text, start ? start : READER_TAIL);
	return READER_COMMAND;
}

int
reader_piece(struct reader *reader, int64_t timeout, uint64_t *left,
    struct slice *ret_piece)
{
	struct slice input = stream_input(reader->client);

	if (input.len == 0) {
		if (fill(reader, clock_deadline(timeout)) != READER_COMMAND)
			return 0;
		input = stream_input(reader->client);
	}
	if (input.len > *left)
		input.len = (size_t)*left;
	*left -= input.len;
	*ret_piece = input;
	stream_eat(reader->client, input.len);
	return 1;
}

/* Reads past the octets of a literal. */
static bool
skip_octets(struct reader *reader, uint64_t left)
{
	struct slice piece;

	if (left > reader->limits.skip)
		return false;
	while (left > 0)
		if (!reader_piece(reader, READER_STALL, &left, &piece))
			return false;
	return true;
}

void
reader_invite(struct reader *reader)
{
	if (!reader->literal.sync)
		return;
	stream_puts(reader->client, "+ OK\r\n");
	(void)stream_flush(reader->client); /* sticky */
}

/* Takes the announced literal into text. */
static enum reader_event
take_literal(struct reader *reader)
{
	uint64_t left = reader->literal.size;
	struct slice input;
	enum reader_event event;

	reader_invite(reader);
	str_append_cstr(&reader->text, "\r\n");
	reader->literal_octets += (size_t)left;
	while (left > 0) {
		input = stream_input(reader->client);
		input = slice_head(input, (size_t)left);
		str_append(&reader->text, input);
		stream_eat(reader->client, input.len);
		left -= input.len;
		if (left == 0)
			break;
		event = fill(reader, reader->deadline);
		if (event != READER_COMMAND)
			return event;
	}
	return READER_COMMAND;
}

/* What to do about the literal at hand: COMMAND means go on with the next
 * line, REFUSED that the command ends here. */
static enum reader_event
meet_literal(struct reader *reader)
{
	size_t room = reader->limits.literal - reader->literal_octets;

	if (!reader->refusal && reader->literal.size > room)
		refuse(reader, toobig, literal_long);
	if (!reader->refusal)
		return take_literal(reader);
	if (reader->literal.sync)
		return READER_REFUSED;
	return skip_octets(reader, reader->literal.size) ? READER_COMMAND
							 : READER_HOPELESS;
}

/* One that is not asked for may be as long as that, whoever takes it. */
static void
check_unasked(struct reader *reader)
{
	uint64_t max = reader->limits.unasked;

	if (max && !reader->literal.sync && reader->literal.size > max)
		refuse(reader, toobig, unasked_long);
}

static enum reader_event
read_command(struct reader *reader, reader_streams *streams)
{
	enum reader_event event;

	for (;;) {
		event = read_command_line(reader);
		if (event != READER_COMMAND)
			return event;
		if (!reader->has_literal)
			return reader->refusal ? READER_REFUSED : event;
		check_unasked(reader);
		if (!reader->refusal && streams &&
		    streams(reader->ctx, str_slice(&reader->text)))
			return READER_LITERAL;
		event = meet_literal(reader);
		if (event != READER_COMMAND)
			return event;
	}
}

static void
forget(struct reader *reader)
{
	str_clear(&reader->text);
	reader->line_octets = 0;
	reader->literal_octets = 0;
	reader->has_literal = false;
	reader->code = NULL;
	reader->refusal = NULL;
}

enum reader_event
reader_next(struct reader *reader)
{
	forget(reader);
	return read_command(reader, reader->streams);
}

static bool
streams_all(void *ctx, struct slice text)
{
	(void)ctx;
	(void)text;
	return true;
}

enum reader_event
reader_rest(struct reader *reader)
{
	forget(reader);
	return read_command(reader, streams_all);
}

bool
reader_skip_rest(struct reader *reader)
{
	enum reader_event event;

	if (reader->literal.sync)
		return true;
	if (!skip_octets(reader, reader->literal.size))
		return false;
	forget(reader);
	refuse(reader, NULL, "");
	event = read_command(reader, NULL);
	return event == READER_REFUSED;
}

enum reader_event
reader_plain_line(struct reader *reader, size_t max)
{
	enum reader_event event;

	forget(reader);
	event = read_line(reader, max);
	if (event != READER_COMMAND)
		return event;
	cut_line_end(&reader->text);
	return reader->line_octets == SIZE_MAX ||
		       !is_clean(str_slice(&reader->text))
		   ? READER_REFUSED
		   : READER_COMMAND;
}

void
reader_shrink(struct reader *reader)
{
	if (reader->text.cap > READER_KEEP)
		str_release(&reader->text);
}
