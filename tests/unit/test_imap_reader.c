/* The reader on what a client sends, whole and octet by octet. */
#include "cmd/imapd/reader.h"

#include <errno.h>

#include "common/base/clock.h"
#include "tests/unit/unit.h"

/* A client in memory: gives its octets step by step, keeps the answers. */
struct client {
	struct slice octets;
	size_t step;
	struct str answers;
};

static ssize_t
client_read(void *ctx, void *octets, size_t len)
{
	struct client *c = ctx;
	size_t n = c->step < len ? c->step : len;

	if (n > c->octets.len)
		n = c->octets.len;
	memcpy(octets, c->octets.ptr, n);
	c->octets = slice_skip(c->octets, n);
	return (ssize_t)n;
}

static ssize_t
client_write(void *ctx, const void *octets, size_t len)
{
	struct client *c = ctx;

	str_append_mem(&c->answers, octets, len);
	return (ssize_t)len;
}

/* There is always something to read, if only the end. */
static bool
client_pending(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct stream_io io = {
	.read = client_read,
	.write = client_write,
	.pending = client_pending,
};

static const struct reader_limits limits = { 40, 10, 20, 0 };

static bool
streams(void *ctx, struct slice text)
{
	(void)ctx;
	return slice_starts(text, "s ");
}

/* Commands as they are understood, one a line: letter of the event, text. */
static void
transcribe(struct reader *reader, struct str *out)
{
	static const char letters[] = "CLRHTE";
	enum reader_event event;
	struct slice piece;
	uint64_t left;

	do {
		event = reader_next(reader);
		str_append_char(out, letters[event]);
		if (event == READER_COMMAND || event == READER_LITERAL)
			str_append(out, str_slice(&reader->text));
		if (event == READER_REFUSED || event == READER_HOPELESS)
			str_append_cstr(out, reader->code ? reader->code : "-");
		str_append_char(out, '\n');
		if (event != READER_LITERAL)
			continue;
		reader_invite(reader);
		left = reader->literal.size;
		while (left && reader_piece(reader, 1000, &left, &piece))
			str_append(out, piece);
		if (reader_rest(reader) == READER_COMMAND) {
			str_append_char(out, '|');
			str_append(out, str_slice(&reader->text));
		}
		str_append_char(out, '\n');
	} while (event != READER_END && event != READER_HOPELESS);
}

#define TEN "0123456789"

static const struct row {
	const char *octets;
	const char *transcript;
	const char *answers;
} rows[] = {
	{ "a NOOP\r\nb X\n", "Ca NOOP\nCb X\nE\n", "" },
	{ "\r\n", "C\nE\n", "" },
	{ "a NOOP", "E\n", "" },
	{ "a {3}\r\nxyz b\r\n", "Ca {3}\r\nxyz b\nE\n", "+ OK\r\n" },
	{ "a {3+}\r\nxyz b\r\n", "Ca {3+}\r\nxyz b\nE\n", "" },
	{ "a {2+}\r\n\r\n{2}\r\nxy\r\n", "Ca {2+}\r\n\r\n{2}\r\nxy\nE\n",
	    "+ OK\r\n" },
	{ "a {0}\r\n\r\nb\r\n", "Ca {0}\r\n\nCb\nE\n", "+ OK\r\n" },
	/* the limit of literals, and one past it */
	{ "a {10+}\r\n" TEN "\r\nb\r\n", "Ca {10+}\r\n" TEN "\nCb\nE\n", "" },
	{ "a {11+}\r\n" TEN "x b\r\nc\r\n", "RTOOBIG\nCc\nE\n", "" },
	{ "a {11}\r\nc\r\n", "RTOOBIG\nCc\nE\n", "" },
	{ "a {6+}\r\n012345 {5+}\r\n01234\r\nc\r\n", "RTOOBIG\nCc\nE\n", "" },
	/* a refused one that is too long to be read past */
	{ "a {20+}\r\n" TEN TEN "\r\nc\r\n", "RTOOBIG\nCc\nE\n", "" },
	{ "a {21+}\r\n" TEN TEN "x\r\nc\r\n", "HTOOBIG\n", "" },
	{ "a {99999999999999999999+}\r\nb\r\n", "HTOOBIG\n", "" },
	{ "a {99999999999999999999}\r\nb\r\n", "RTOOBIG\nCb\nE\n", "" },
	/* the limit of lines: 40 octets, line end included, and one past */
	{ TEN TEN TEN "01234567\r\nb\r\n", "C" TEN TEN TEN "01234567\nCb\nE\n",
	    "" },
	{ TEN TEN TEN "012345678\r\nb\r\n", "RTOOBIG\nCb\nE\n", "" },
	{ TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "\nb\r\n", "RTOOBIG\nCb\nE\n",
	    "" },
	/* the literal at the end of a line that is too long is no command */
	{ TEN TEN TEN TEN TEN TEN TEN TEN " {6+}\r\nb EVIL\r\nc\r\n",
	    "RTOOBIG\nCc\nE\n", "" },
	{ TEN TEN TEN TEN TEN TEN TEN TEN " {6}\r\nb GOOD\r\n",
	    "RTOOBIG\nCb GOOD\nE\n", "" },
	/* octets that must not be */
	{ "a b\rc\r\nd\r\n", "R-\nCd\nE\n", "" },
	{ "a b\r\r\nd\r\n", "R-\nCd\nE\n", "" },
	{ "a b\rc {6+}\r\nb EVIL\r\nc\r\n", "R-\nCc\nE\n", "" },
	/* literals that are taken piece by piece */
	{ "s {5}\r\nhello\r\nb\r\n", "Ls {5}\nhello|\nCb\nE\n", "+ OK\r\n" },
	{ "s {30+}\r\n" TEN TEN TEN " x\r\nb\r\n",
	    "Ls {30+}\n" TEN TEN TEN "| x\nCb\nE\n", "" },
	{ "s {5+}\r\nhel", "Ls {5+}\nhel\nE\n", "" },
};

static void
check_rows(size_t step)
{
	size_t i;

	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct client client = { slice_from(rows[i].octets), step,
			STR_INIT };
		struct stream *stream = stream_new(-1, -1);
		STR_AUTO seen = STR_INIT;
		struct reader reader;

		stream_set_io(stream, &io, &client);
		reader_init(&reader, stream, &limits);
		reader.streams = streams;
		reader.deadline = CLOCK_NEVER;
		transcribe(&reader, &seen);
		if (!slice_is(str_slice(&seen), rows[i].transcript))
			print_error("%s", str_cstr(&seen));
		UNIT_CHECK(i, slice_is(str_slice(&seen), rows[i].transcript));
		UNIT_CHECK(
		    i, slice_is(str_slice(&client.answers), rows[i].answers));
		reader_release(&reader);
		stream_free(stream);
		str_release(&client.answers);
	}
}

static void
at_once(void **state)
{
	(void)state;
	check_rows(SIZE_MAX);
}

static void
octet_by_octet(void **state)
{
	(void)state;
	check_rows(1);
}

/* NUL cannot stand in the table. */
static void
nul(void **state)
{
	static const char text[] = "a \0b\r\nc\r\n";
	struct client client = { slice_of(text, sizeof text - 1), SIZE_MAX,
		STR_INIT };
	struct stream *stream = stream_new(-1, -1);
	struct reader reader;

	(void)state;
	stream_set_io(stream, &io, &client);
	reader_init(&reader, stream, &limits);
	reader.deadline = CLOCK_NEVER;
	assert_int_equal(reader_next(&reader), READER_REFUSED);
	assert_int_equal(reader_next(&reader), READER_COMMAND);
	assert_string_equal(str_cstr(&reader.text), "c");
	reader_release(&reader);
	stream_free(stream);
}

/* LITERAL- (RFC 7888): at its limit, and one past it; asked for, any number. */
static void
unasked(void **state)
{
	static const char text[] = "a {4+}\r\nabcd\r\nb {5+}\r\nabcde\r\n"
				   "c {5}\r\nabcde\r\ns {5+}\r\nabcde\r\n";
	struct client client = { slice_from(text), SIZE_MAX, STR_INIT };
	struct reader_limits minus = limits;
	struct stream *stream = stream_new(-1, -1);
	struct reader reader;

	(void)state;
	minus.unasked = 4;
	stream_set_io(stream, &io, &client);
	reader_init(&reader, stream, &minus);
	reader.streams = streams;
	reader.deadline = CLOCK_NEVER;
	assert_int_equal(reader_next(&reader), READER_COMMAND);
	assert_int_equal(reader_next(&reader), READER_REFUSED);
	assert_string_equal(reader.code, "TOOBIG");
	assert_int_equal(reader_next(&reader), READER_COMMAND);
	assert_int_equal(reader_next(&reader), READER_REFUSED);
	assert_int_equal(reader_next(&reader), READER_END);
	reader_release(&reader);
	stream_free(stream);
	str_release(&client.answers);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_once),
		cmocka_unit_test(octet_by_octet),
		cmocka_unit_test(nul),
		cmocka_unit_test(unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
