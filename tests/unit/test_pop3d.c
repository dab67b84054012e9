#include <sys/socket.h>
#include <unistd.h>

#include "cmd/pop3d/capa.h"
#include "cmd/pop3d/pop3.h"
#include "cmd/pop3d/stuff.h"
#include "cmd/pop3d/talk.h"
#include "common/base/clock.h"
#include "tests/unit/unit.h"

#define ANSWER_MAX 65536

/* What a stream sent into a socket pair. */
struct wire {
	int ends[2];
	struct stream *stream;
	char answer[ANSWER_MAX];
};

static void
wire_open(struct wire *wire)
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire->ends), 0);
	wire->stream = stream_new(wire->ends[0], wire->ends[0]);
	stream_set_deadline(wire->stream, clock_deadline(10000));
}

/* Ends the stream; all that it sent. */
static struct slice
wire_close(struct wire *wire)
{
	ssize_t n;
	size_t len = 0;

	assert_int_equal(stream_flush(wire->stream), 0);
	stream_free(wire->stream);
	(void)close(wire->ends[0]); /* was flushed */
	while ((n = read(wire->ends[1], wire->answer + len,
		    sizeof wire->answer - len)) > 0)
		len += (size_t)n;
	(void)close(wire->ends[1]); /* was only read */
	return slice_of(wire->answer, len);
}

/* However a message is cut into pieces, what is sent is the same. */
static void
stuffing(void **state)
{
	static const struct {
		const char *octets;
		uint64_t lines;
		const char *sent;
	} rows[] = {
		{ "", STUFF_ALL, ".\r\n" },
		{ "a\r\n", STUFF_ALL, "a\r\n.\r\n" },
		{ "a", STUFF_ALL, "a\r\n.\r\n" },
		{ ".", STUFF_ALL, "..\r\n.\r\n" },
		{ ".\r\n", STUFF_ALL, "..\r\n.\r\n" },
		{ "..\r\n.", STUFF_ALL, "...\r\n..\r\n.\r\n" },
		{ "a.b\r\n.c\r\n\r\n.\r\n", STUFF_ALL,
		    "a.b\r\n..c\r\n\r\n..\r\n.\r\n" },
		{ "a\r\n.b\r\nc\r\n", 0, ".\r\n" },
		{ "a\r\n.b\r\nc\r\n", 1, "a\r\n.\r\n" },
		{ "a\r\n.b\r\nc\r\n", 2, "a\r\n..b\r\n.\r\n" },
		{ "a\r\n.b\r\nc\r\n", 3, "a\r\n..b\r\nc\r\n.\r\n" },
		{ "a\r\n.b\r\nc\r\n", 4, "a\r\n..b\r\nc\r\n.\r\n" },
		{ "a\r\n.", 1, "a\r\n.\r\n" },
		{ "a\r\n.", 2, "a\r\n..\r\n.\r\n" },
	};
	static struct wire wire;
	size_t i, piece;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		for (piece = 1; piece < 20; piece++) {
			struct slice rest = slice_from(rows[i].octets);
			struct stuff stuff;
			bool more = rows[i].lines > 0;

			wire_open(&wire);
			stuff =
			    (struct stuff){ wire.stream, rows[i].lines, false };
			for (; rest.len && more; rest = slice_skip(rest, piece))
				more =
				    stuff_put(&stuff, slice_head(rest, piece));
			stuff_end(&stuff);
			UNIT_CHECK(
			    i, slice_is(wire_close(&wire), rows[i].sent));
		}
}

static void
capabilities(void **state)
{
	static const struct {
		unsigned is;
		const char *has, *has_not;
	} rows[] = {
		{ CAPA_STRANGER, "\r\nTOP\r\n", "SASL" },
		{ CAPA_STRANGER, "\r\nUIDL\r\n", "STLS" },
		{ CAPA_STRANGER, "\r\nPIPELINING\r\n", "IMPLEMENTATION" },
		{ CAPA_STRANGER | CAPA_STLS, "\r\nSTLS\r\n", "USER" },
		{ CAPA_STRANGER | CAPA_LOGIN, "\r\nUSER\r\n", "STLS" },
		{ CAPA_STRANGER | CAPA_LOGIN, "\r\nSASL PLAIN LOGIN\r\n",
		    "IMPL" },
		{ CAPA_SESSION, "\r\nIMPLEMENTATION njiwa\r\n", "USER" },
		{ CAPA_SESSION, "\r\nEXPIRE NEVER\r\n", "SASL" },
	};
	static struct wire wire;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice all;

		wire_open(&wire);
		capa_write(wire.stream, rows[i].is, 0);
		all = wire_close(&wire);
		wire.answer[all.len] = '\0';
		UNIT_CHECK(i, strstr(all.ptr, rows[i].has) != NULL);
		UNIT_CHECK(i, strstr(all.ptr, rows[i].has_not) == NULL);
		UNIT_CHECK(i, slice_starts(all, "+OK"));
		UNIT_CHECK(i, strcmp(all.ptr + all.len - 5, "\r\n.\r\n") == 0);
	}
}

/* Verbs that write down what they were called with. */
static struct str called;

static void
note(void *ctx, struct slice argument)
{
	struct talk *talk = ctx;

	str_appendf(&called, "[%.*s]", SLICE_FMT(argument));
	stream_puts(talk->client, "+OK\r\n");
}

static void
leave(void *ctx, struct slice argument)
{
	struct talk *talk = ctx;

	(void)argument;
	talk->over = TALK_QUIT;
}

static const struct command verbs[] = {
	{ "NOTE", 1, ARG_OPTIONAL, 0, note },
	{ "LATER", 2, ARG_NONE, 0, note },
	{ "SAFE", 1, ARG_NONE, CMD_NEEDS_TLS, note },
	{ "QUIT", 1, ARG_NONE, 0, leave },
};

static void
conversations(void **state)
{
	static const struct {
		const char *said;
		enum talk_end end;
		const char *called, *answer;
	} rows[] = {
		{ "QUIT\r\n", TALK_QUIT, "", "" },
		{ "", TALK_CLOSED, "", "" },
		{ "NOTE", TALK_CLOSED, "", "" },
		{ "NOTE\r\nnote a b \nQUIT\r\nNOTE no\r\n", TALK_QUIT,
		    "[][a b]", "+OK\r\n+OK\r\n" },
		{ "LATER\r\n", TALK_CLOSED, "", "-ERR Not now\r\n" },
		{ "QUIT x\r\n", TALK_CLOSED, "",
		    "-ERR No argument allowed\r\n" },
		{ "SAFE\r\n", TALK_CLOSED, "",
		    "-ERR [AUTH] No login without TLS: STLS first\r\n" },
		{ "\r\n", TALK_CLOSED, "", "-ERR Unknown command\r\n" },
		{ "A\nB\nC\nNOTE\n", TALK_ERRORS, "",
		    "-ERR Unknown command\r\n-ERR Unknown command\r\n"
		    "-ERR Unknown command\r\n-ERR Too many bad commands\r\n" },
	};
	static struct wire wire;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice said = slice_from(rows[i].said);
		struct talk talk = { .table = verbs,
			.count = UNIT_COUNT(verbs),
			.ctx = &talk,
			.state = { 1, false, true },
			.errors_max = 3,
			.idle_ms = 10000 };

		str_clear(&called);
		wire_open(&wire);
		talk.client = wire.stream;
		UNIT_CHECK(i, write(wire.ends[1], said.ptr, said.len) ==
				  (ssize_t)said.len);
		UNIT_CHECK(i, shutdown(wire.ends[1], SHUT_WR) == 0);
		UNIT_CHECK(i, talk_run(&talk) == rows[i].end);
		UNIT_CHECK(i, slice_is(str_slice(&called), rows[i].called));
		UNIT_CHECK(i, slice_is(wire_close(&wire), rows[i].answer));
	}
	str_release(&called);
}

/* A line of as many octets as there may be, and one more. */
static void
longest_line(void **state)
{
	static struct wire wire;
	size_t more;

	(void)state;
	for (more = 0; more < 2; more++) {
		struct talk talk = { .table = verbs,
			.count = UNIT_COUNT(verbs),
			.ctx = &talk,
			.state = { 1, false, true },
			.errors_max = 3,
			.idle_ms = 10000 };
		STR_AUTO said = STR_INIT;

		str_append_cstr(&said, "NOTE ");
		while (said.len < POP3_COMMAND_MAX - 2 + more)
			str_append_char(&said, 'x');
		str_append_cstr(&said, "\r\n");
		wire_open(&wire);
		talk.client = wire.stream;
		UNIT_CHECK(more, write(wire.ends[1], said.ptr, said.len) ==
				     (ssize_t)said.len);
		UNIT_CHECK(more, shutdown(wire.ends[1], SHUT_WR) == 0);
		UNIT_CHECK(more, talk_run(&talk) == TALK_CLOSED);
		UNIT_CHECK(
		    more, slice_is(wire_close(&wire),
			      more ? "-ERR Line too long\r\n" : "+OK\r\n"));
	}
	str_release(&called);
}

static void
idle_client(void **state)
{
	static struct wire wire;
	struct talk talk = { .table = verbs,
		.count = UNIT_COUNT(verbs),
		.ctx = &talk,
		.state = { 1, false, true },
		.errors_max = 3,
		.idle_ms = 50 };

	(void)state;
	wire_open(&wire);
	talk.client = wire.stream;
	assert_int_equal(talk_run(&talk), TALK_TIMEOUT);
	assert_int_equal(wire_close(&wire).len, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stuffing),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(conversations),
		cmocka_unit_test(longest_line),
		cmocka_unit_test(idle_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
