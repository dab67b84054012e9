/* The settings of the chain of filters, and what commands answer. */
#include <errno.h>
#include <string.h>

#include "common/svc/content/chain.h"
#include "cmd/smtpd/content/pipe_answer.h"
#include "tests/unit/unit.h"

#define W10 "1 2 3 4 5 6 7 8 9 0 "

/* Each command as "name(word|word)timeout,size,failure;". */
static void
print_list(const struct pipe_spec *specs, int n, struct str *out)
{
	int i;
	size_t k;

	for (i = 0; i < n; i++) {
		str_appendf(out, "%s(", specs[i].name);
		for (k = 0; k < specs[i].count; k++)
			str_appendf(out, "%s%.*s", k ? "|" : "",
			    SLICE_FMT(specs[i].words[k]));
		str_appendf(out, ")%lld,%llu,%d;",
		    (long long)specs[i].timeout_ms,
		    (unsigned long long)specs[i].max_size,
		    (int)specs[i].failure);
	}
}

static void
lists(void **state)
{
	static const struct {
		const char *text, *wanted; /* NULL: a mistake */
	} rows[] = {
		/* clang-format off */
		{ "", "" },
		{ " , ", "" },
		{ "/bin/a", "a(/bin/a)7,9,0;" },
		{ "/bin/a,/bin/b", "a(/bin/a)7,9,0;b(/bin/b)7,9,0;" },
		{ "{ /bin/a x y }", "a(/bin/a|x|y)7,9,0;" },
		{ "{/bin/a x,timeout=2s}", "a(/bin/a|x)2000,9,0;" },
		{ "{ /a, name=b, max_size=3k, default_action=reject }",
		    "b(/a)7,3072,2;" },
		{ "{ /a 'b c' \"d,{}'\" '' }", "a(/a|b c|d,{}'|)7,9,0;" },
		{ "'/bin/a b'", NULL }, /* no name can be made of it */
		{ "{ '/bin/a b', name=x }", "x(/bin/a b)7,9,0;" },
		{ "{ /a, timeout=10m }", "a(/a)600000,9,0;" },
		{ "{ /a, timeout=601s }", NULL },
		{ "{ /a, timeout=0 }", NULL },
		{ "{ /a, max_size=3G }", NULL },
		{ "{ /a, name= }", NULL },
		{ "{ /a, name=abcdefghijklmnopqrstuvwxyz012345 }",
		    "abcdefghijklmnopqrstuvwxyz012345(/a)7,9,0;" },
		{ "{ /a, name=abcdefghijklmnopqrstuvwxyz0123456 }", NULL },
		{ "{ /a, name=spam }", NULL },
		{ "/bin/milters", NULL },
		{ "{ /a " W10 W10 W10 "1 }",
		    "a(/a|1|2|3|4|5|6|7|8|9|0|1|2|3|4|5|6|7|8|9|0|1|2|3|4|5|6"
		    "|7|8|9|0|1)7,9,0;" },
		{ "{ /a " W10 W10 W10 "1 2 }", NULL },
		{ "/1 /2 /3 /4 /5 /6 /7 /8",
		    "1(/1)7,9,0;2(/2)7,9,0;3(/3)7,9,0;4(/4)7,9,0;5(/5)7,9,0;"
		    "6(/6)7,9,0;7(/7)7,9,0;8(/8)7,9,0;" },
		{ "/1 /2 /3 /4 /5 /6 /7 /8 /9", NULL },
		{ "/a /b/a", NULL },
		{ "a", NULL }, { "{ a }", NULL }, { "{}", NULL },
		{ "{", NULL }, { "}", NULL }, { "{ /a", NULL },
		{ "{ /a,", NULL }, { "{ /a, b }", NULL }, { "{ /a { }", NULL },
		{ "{ /a, {", NULL }, { "{ /a, 'name=b }", NULL },
		{ "\"/a", NULL }, { "'", NULL },
		/* clang-format on */
	};
	const struct pipe_spec defaults = { .timeout_ms = 7, .max_size = 9 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct pipe_spec specs[PIPES_MAX];
		struct err err = { 0, "" };
		STR_AUTO got = STR_INIT;
		int n = pipe_list_parse(rows[i].text, &defaults, specs, &err);

		UNIT_CHECK(i, (n < 0) == (rows[i].wanted == NULL));
		UNIT_CHECK(i, (n < 0) == (err.text[0] != '\0'));
		print_list(specs, n, &got);
		UNIT_CHECK(
		    i, n < 0 || strcmp(str_cstr(&got), rows[i].wanted) == 0);
	}
}

/* Each step as its kind, and a command's number. */
static void
print_chain(const struct chain *chain, struct str *out)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		str_append_char(out, "mvsc"[chain->steps[i].kind]);
		if (chain->steps[i].kind == CHAIN_COMMAND)
			str_appendf(out, "%zu", chain->steps[i].command);
	}
}

static void
chains(void **state)
{
	static const struct {
		const char *commands, *text, *wanted; /* NULL: a mistake */
	} rows[] = {
		{ "", "milters clamd commands spam", "mvs" },
		{ "/a /b", "milters clamd commands spam", "mvc0c1s" },
		{ "/a /b", "b,spam\tcommands", "c1sc0" },
		{ "/a /b", "b", "c1" },
		{ "/a", "commands commands", NULL },
		{ "/a", "a a", NULL },
		{ "/a", "a commands", "c0" },
		{ "", "clamd clamd", NULL },
		{ "", "a", NULL },
		{ "", "spamd", NULL },
		{ "a", "spam", NULL },
		{ "a", "", NULL },
		{ "", "", "" },
		{ "/1 /2 /3 /4 /5 /6 /7 /8", "milters clamd spam commands",
		    "mvsc0c1c2c3c4c5c6c7" },
	};
	static const char *const profiles[] = { "mx", "submission",
		"submissions", "lmtp" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows) * UNIT_COUNT(profiles); i++) {
		const char *profile = profiles[i % UNIT_COUNT(profiles)];
		const char *text = rows[i / UNIT_COUNT(profiles)].text;
		const char *wanted = rows[i / UNIT_COUNT(profiles)].wanted;
		const struct settings settings = {
			.content_commands =
			    rows[i / UNIT_COUNT(profiles)].commands,
			.content_command_default_action = "accept",
			.filters_mx = profile[0] == 'm' ? text : "wrong",
			.filters_submission =
			    profile[0] == 's' ? text : "wrong",
			.filters_lmtp = profile[0] == 'l' ? text : "wrong",
		};
		struct chain chain;
		struct err err = { 0, "" };
		STR_AUTO got = STR_INIT;
		int rc = chain_of(&settings, profile, &chain, &err);

		UNIT_CHECK(i, (rc < 0) == (wanted == NULL));
		print_chain(&chain, &got);
		UNIT_CHECK(
		    i, strcmp(str_cstr(&got), wanted ? wanted : "") == 0);
		UNIT_CHECK(i, chain_has(&chain, CHAIN_SPAM) ==
				  (strchr(str_cstr(&got), 's') != NULL));
	}
}

#define HEADER "A: 1\nB: 2\n two\nA: 3\n\n"

static void
changes(void **state)
{
	static const struct {
		const char *answer, *header; /* NULL: a mistake */
	} rows[] = {
		{ "", HEADER },
		{ "\n\r\n\n", HEADER },
		{ "add C: 4", "C: 4\n" HEADER },
		{ "add C:4\r\n", "C:4\n" HEADER },
		{ "add  C: 4 \n", "C: 4\n" HEADER },
		{ "add C:\n 4\n\t5\r\nadd D: 6\n",
		    "C:\n 4\n\t5\nD: 6\n" HEADER },
		{ "add C: 4\n \n 5\n", "C: 4\n 5\n" HEADER },
		{ "add C: \xc3\xa9\t\xff", "C: \xc3\xa9\t\xff\n" HEADER },
		{ "replace a: 9", "a: 9\nB: 2\n two\n\n" },
		{ "replace B: 9\n folded", "A: 1\nB: 9\n folded\nA: 3\n\n" },
		{ "replace C: 9", "C: 9\n" HEADER },
		{ "remove A", "B: 2\n two\n\n" },
		{ "remove B\nremove A", "\n" },
		{ "remove C", HEADER },
		{ "replace A: 4\nreplace A: 5", "A: 5\nB: 2\n two\n\n" },
		{ "reply no\njunk\nquarantine\ndiscard", HEADER },
		{ "add", NULL },
		{ "add ", NULL },
		{ "add C", NULL },
		{ "add : x", NULL },
		{ "add C D: x", NULL },
		{ "add \xc3: x", NULL },
		{ "add C: \x7f", NULL },
		{ "add C: a\rb", NULL },
		{ "add C: 4\n \x01", NULL },
		{ " x", NULL },
		{ "remove", NULL },
		{ "remove A: 1", NULL },
		{ "replace A", NULL },
		{ "reply", NULL },
		{ "reply a\nreply b", NULL },
		{ "junk x", NULL },
		{ "Add C: 4", NULL },
		{ "accept", NULL },
		{ "ok", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct pipe_answer answer;
		struct err err = { 0, "" };
		STR_AUTO got = STR_INIT;
		int rc = pipe_answer_parse(slice_from(rows[i].answer),
		    slice_from(HEADER), &answer, &err);

		UNIT_CHECK(i, rc == (rows[i].header ? 0 : -EPROTO));
		str_append(&got, str_slice(&answer.top));
		str_append(&got, str_slice(&answer.own));
		UNIT_CHECK(
		    i, rc < 0 || strcmp(str_cstr(&got), rows[i].header) == 0);
		UNIT_CHECK(i, rc < 0 || answer.changed ||
				  strcmp(str_cstr(&got), HEADER) == 0);
		pipe_answer_release(&answer);
	}
}

static void
words(void **state)
{
	struct pipe_answer answer;
	struct err err;

	(void)state;
	assert_int_equal(
	    0, pipe_answer_parse(slice_from("junk\nreply a\tb \xff"),
		   slice_from(""), &answer, &err));
	assert_true(answer.junk);
	assert_false(answer.quarantine || answer.discard || answer.changed);
	assert_string_equal(answer.reply, "a?b ?");
	pipe_answer_release(&answer);
	assert_int_equal(0, pipe_answer_parse(slice_from("quarantine\ndiscard"),
				slice_from(""), &answer, &err));
	assert_true(answer.quarantine && answer.discard && !answer.junk);
	pipe_answer_release(&answer);
}

/* "add C: x" so often, or one value so long. */
static int
many(size_t count, size_t length)
{
	struct pipe_answer answer;
	struct err err;
	STR_AUTO text = STR_INIT;
	size_t i, k;
	int rc;

	for (i = 0; i < count; i++) {
		str_append_cstr(&text, "add C: ");
		for (k = 0; k < length; k++)
			str_append_char(&text, 'x');
		str_append_char(&text, '\n');
	}
	rc = pipe_answer_parse(
	    str_slice(&text), slice_from("\n"), &answer, &err);
	pipe_answer_release(&answer);
	return rc;
}

static void
limits(void **state)
{
	(void)state;
	assert_int_equal(many(PIPE_EDITS_MAX, 1), 0);
	assert_int_equal(many(PIPE_EDITS_MAX + 1, 1), -EPROTO);
	assert_int_equal(many(1, 998 - 3), 0); /* "C: " */
	assert_int_equal(many(1, 998 - 2), -EPROTO);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(chains),
		cmocka_unit_test(changes),
		cmocka_unit_test(words),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
