#include <errno.h>
#include <string.h>

#include "common/net/endpoint.h"
#include "common/proto/milter.h"
#include "common/proto/milter_list.h"
#include "common/proto/score.h"
#include "tests/unit/unit.h"

#define OCTETS(text)                                                           \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

static void
packets(void **state)
{
	static const struct {
		struct slice in;
		int result;
		size_t used;
	} rows[] = {
		/* clang-format off */
		{ OCTETS(""), 0, 0 },
		{ OCTETS("\0\0\0\1"), 0, 0 },
		{ OCTETS("\0\0\0\1c"), 1, 5 },
		{ OCTETS("\0\0\0\2cxc"), 1, 6 },
		{ OCTETS("\0\0\0\0"), -EMSGSIZE, 0 },
		{ OCTETS("\0\4\0\0"), 0, 0 },
		{ OCTETS("\0\4\0\1"), -EMSGSIZE, 0 },
		{ OCTETS("\xff\xff\xff\xff"), -EMSGSIZE, 0 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice packet;
		size_t used = 0;

		UNIT_CHECK(i,
		    milter_cut(rows[i].in, &packet, &used) == rows[i].result);
		UNIT_CHECK(i, used == rows[i].used);
	}
}

static void
answers(void **state)
{
	static const struct {
		struct slice in;
		bool good;
		enum milter_kind kind;
		unsigned code;
	} rows[] = {
		/* clang-format off */
		{ OCTETS("c"), true, MILTER_CONTINUES, 0 },
		{ OCTETS("a\0"), true, MILTER_ACCEPTS, 0 },
		{ OCTETS("d"), true, MILTER_DISCARDS, 0 },
		{ OCTETS("r"), true, MILTER_REJECTS, 0 },
		{ OCTETS("t"), true, MILTER_TEMPFAILS, 0 },
		{ OCTETS("4"), true, MILTER_SHUTS_DOWN, 0 },
		{ OCTETS("f"), true, MILTER_SHUTS_DOWN, 0 },
		{ OCTETS("s"), true, MILTER_SKIPS, 0 },
		{ OCTETS("p"), true, MILTER_PROGRESSES, 0 },
		{ OCTETS("X"), false, 0, 0 },
		{ OCTETS(""), false, 0, 0 },
		{ OCTETS("y550 no\0"), true, MILTER_REPLIES, 550 },
		{ OCTETS("y421\0"), true, MILTER_REPLIES, 421 },
		{ OCTETS("y450-a\r\n450 b\0"), true, MILTER_REPLIES, 450 },
		{ OCTETS("y450-a\n450 b\0"), true, MILTER_REPLIES, 450 },
		{ OCTETS("y450-a\r\n451 b\0"), false, 0, 0 },
		{ OCTETS("y450 a\r\n450 b\0"), false, 0, 0 },
		{ OCTETS("y450-a\0"), false, 0, 0 },
		{ OCTETS("y450-a\r\n\0"), false, 0, 0 },
		{ OCTETS("y550 a\rb\0"), false, 0, 0 },
		{ OCTETS("y250 a\0"), false, 0, 0 },
		{ OCTETS("y600 a\0"), false, 0, 0 },
		{ OCTETS("y5x0 a\0"), false, 0, 0 },
		{ OCTETS("y560 a\0"), false, 0, 0 },
		{ OCTETS("y55\0"), false, 0, 0 },
		{ OCTETS("y5500\0"), false, 0, 0 },
		{ OCTETS("y550 a"), false, 0, 0 },
		{ OCTETS("y550 a\0b"), false, 0, 0 },
		{ OCTETS("hA\0b\0"), true, MILTER_EDITS, 0 },
		{ OCTETS("hA\0b"), false, 0, 0 },
		{ OCTETS("hA\0b\0c"), false, 0, 0 },
		{ OCTETS("i\0\0\0\1A\0b\0"), true, MILTER_EDITS, 0 },
		{ OCTETS("i\0\0\1"), false, 0, 0 },
		{ OCTETS("m\0\0\0\1A\0\0"), true, MILTER_EDITS, 0 },
		{ OCTETS("b"), true, MILTER_EDITS, 0 },
		{ OCTETS("e<a@b>\0"), true, MILTER_EDITS, 0 },
		{ OCTETS("e<a@b>\0SIZE=1\0"), true, MILTER_EDITS, 0 },
		{ OCTETS("e<a@b>\0SIZE=1"), false, 0, 0 },
		{ OCTETS("-<a@b>\0x\0"), false, 0, 0 },
		{ OCTETS("qwhy\0"), true, MILTER_EDITS, 0 },
		{ OCTETS("q"), false, 0, 0 },
		{ OCTETS("O\0\0\0\6\0\0\0\0\0\0\0\0"), true, MILTER_AGREES, 0 },
		{ OCTETS("O\0\0\0\6\0\0\0\0\0\0\0"), false, 0, 0 },
		{ OCTETS("O\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\6i\0"), true,
		    MILTER_AGREES, 0 },
		{ OCTETS("O\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\7i\0"), false, 0, 0 },
		{ OCTETS("O\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\1i"), false, 0, 0 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct milter_said said = { .kind = MILTER_AGREES };
		bool good = milter_parse(rows[i].in, &said);

		UNIT_CHECK(i, good == rows[i].good);
		UNIT_CHECK(i, !good || said.kind == rows[i].kind);
		UNIT_CHECK(i, !good || said.code == rows[i].code);
	}
}

/* A reply of that many lines of that many octets each. */
static bool
takes_reply(size_t lines, size_t octets)
{
	STR_AUTO packet = STR_INIT;
	struct milter_said said;
	size_t i, k;

	str_append_char(&packet, 'y');
	for (i = 0; i < lines; i++) {
		str_append_cstr(&packet, i + 1 < lines ? "550-" : "550 ");
		for (k = 4; k < octets; k++)
			str_append_char(&packet, 'x');
		str_append_cstr(&packet, i + 1 < lines ? "\r\n" : "");
	}
	str_append_char(&packet, '\0');
	return milter_parse(str_slice(&packet), &said);
}

static void
reply_limits(void **state)
{
	(void)state;
	assert_true(takes_reply(MILTER_REPLY_LINES_MAX, 10));
	assert_false(takes_reply(MILTER_REPLY_LINES_MAX + 1, 10));
	assert_true(takes_reply(1, MILTER_REPLY_MAX));
	assert_false(takes_reply(1, MILTER_REPLY_MAX + 1));
}

/* ---- the setting ---- */

static void
lists(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *last; /* address of the last one */
		int64_t content;
		enum milter_failure failure;
		enum milter_audience audience;
	} rows[] = {
		/* clang-format off */
		{ "", 0, NULL, 0, 0, 0 },
		{ " , ", 0, NULL, 0, 0, 0 },
		{ "inet:a:1", 1, "inet:a:1", 7, MILTER_FAIL_REJECT, 0 },
		{ "inet:a:1,unix:/b c:3", 3, "c:3", 7, MILTER_FAIL_REJECT, 0 },
		{ "{inet:a:1}", 1, "inet:a:1", 7, MILTER_FAIL_REJECT, 0 },
		{ "a:1 { b:2, default_action=accept, for=users, "
		  "content_timeout=2s}", 2, "b:2", 2000, MILTER_FAIL_ACCEPT,
		  MILTER_FOR_USERS },
		{ "{ b:2 default_action=quarantine for=strangers } c:3", 2,
		  "c:3", 7, MILTER_FAIL_REJECT, MILTER_FOR_ALL },
		{ "{ b:2 for=nobody }", -EINVAL, NULL, 0, 0, 0 },
		{ "{ b:2 default_action=no }", -EINVAL, NULL, 0, 0, 0 },
		{ "{ b:2 connect_timeout=0 }", -EINVAL, NULL, 0, 0, 0 },
		{ "{ b:2 command_timeout=3601s }", -EINVAL, NULL, 0, 0, 0 },
		{ "{ b:2 command_timeout=3600s }", 1, "b:2", 7,
		  MILTER_FAIL_REJECT, 0 },
		{ "{ b:2", -EINVAL, NULL, 0, 0, 0 },
		{ "{ }", -EINVAL, NULL, 0, 0, 0 },
		{ "{", -EINVAL, NULL, 0, 0, 0 },
		{ "}", -EINVAL, NULL, 0, 0, 0 },
		{ "nothing", -EINVAL, NULL, 0, 0, 0 },
		{ "a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8", 8, "a:8", 7,
		  MILTER_FAIL_REJECT, 0 },
		{ "a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 a:9", -EINVAL, NULL, 0, 0,
		  0 },
		/* clang-format on */
	};
	const struct milter_spec defaults = { .content_ms = 7,
		.failure = MILTER_FAIL_REJECT };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct milter_spec specs[MILTERS_MAX];
		struct err err = { 0, "" };
		int n = milter_list_parse(rows[i].text, &defaults, specs, &err);

		UNIT_CHECK(i, n == rows[i].result);
		UNIT_CHECK(i, (n < 0) == (err.text[0] != '\0'));
		if (n <= 0)
			continue;
		UNIT_CHECK(i, slice_is(specs[n - 1].name, rows[i].last));
		UNIT_CHECK(i, specs[n - 1].content_ms == rows[i].content);
		UNIT_CHECK(i, specs[n - 1].failure == rows[i].failure);
		UNIT_CHECK(i, specs[n - 1].audience == rows[i].audience);
	}
}

static void
endpoints(void **state)
{
	static const struct {
		const char *text, *path, *host;
		uint16_t port;
	} rows[] = {
		/* clang-format off */
		{ "/run/x", "/run/x", "", 0 },
		{ "unix:/run/x", "/run/x", "", 0 },
		{ "local:/run/x", "/run/x", "", 0 },
		{ "host:25", "", "host", 25 },
		{ "inet:host:65535", "", "host", 65535 },
		{ "inet:8891@localhost", "", "localhost", 8891 },
		{ "inet6:8891@::1", "", "::1", 8891 },
		{ "[::1]:8891", "", "::1", 8891 },
		{ "inet:8891@[::1]", "", "::1", 8891 },
		{ "unix:run/x", NULL, NULL, 0 },
		{ "host", NULL, NULL, 0 },
		{ "host:", NULL, NULL, 0 },
		{ "host:0", NULL, NULL, 0 },
		{ "host:65536", NULL, NULL, 0 },
		{ ":25", NULL, NULL, 0 },
		{ "[::1:25", NULL, NULL, 0 },
		{ "a/b:25", NULL, NULL, 0 },
		{ "", NULL, NULL, 0 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct endpoint at;
		bool good = endpoint_parse(slice_from(rows[i].text), &at);

		UNIT_CHECK(i, good == (rows[i].path != NULL));
		if (!good)
			continue;
		UNIT_CHECK(i, slice_is(at.path, rows[i].path));
		UNIT_CHECK(i, slice_is(at.host, rows[i].host));
		UNIT_CHECK(i, at.port == rows[i].port);
	}
}

static void
scores(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t score;
	} rows[] = {
		/* clang-format off */
		{ "5", true, 5000 }, { "-1.25", true, -1250 },
		{ " 0.5 ", true, 500 }, { "4.9999", true, 4999 },
		{ "never", true, SCORE_NEVER }, { "NEVER", true, SCORE_NEVER },
		{ "1000000", true, 1000000000 }, { "1000001", false, 0 },
		{ "", false, 0 }, { "-", false, 0 }, { "1.", false, 0 },
		{ ".5", false, 0 }, { "1.5x", false, 0 }, { "1,5", false, 0 },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		int64_t score = 0;

		UNIT_CHECK(i, score_parse(slice_from(rows[i].text), &score) ==
				  rows[i].good);
		UNIT_CHECK(i, score == rows[i].score);
	}
	assert_true(score_of_setting("") == SCORE_NEVER);
	assert_true(score_of_points(4.9996) == 5000);
	assert_true(score_of_points(-1.25) == -1250);
	assert_true(score_of_points(1e300) < SCORE_NEVER);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets),
		cmocka_unit_test(answers),
		cmocka_unit_test(reply_limits),
		cmocka_unit_test(lists),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(scores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
