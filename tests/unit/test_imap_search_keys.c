/* What SEARCH makes of its arguments. */
#include "cmd/imapd/search.h"
#include "tests/unit/unit.h"

/* Writes a program as text, children in the order in which they are looked
 * at: an own notation, just for these tests. */
static void
print_program(const struct search_program *p, size_t index, struct str *out)
{
	static const char *const names[] = { "all", "none", "and", "or", "not",
		"flag", "key", "seq", "uid", "saved", "modseq", "emailid",
		"larger", "smaller", "before", "on", "since", "savedbefore",
		"savedon", "savedsince", "younger", "older", "sentbefore",
		"senton", "sentsince", "field", "body", "text" };
	const struct search_node *node = &p->nodes[index];
	size_t child;

	str_append_cstr(out, names[node->op]);
	if (node->op == OP_FLAG)
		str_appendf(out, "=%x/%x", node->value, node->mask);
	if (node->op == OP_KEYWORD)
		str_appendf(
		    out, "=%u:%.*s", node->value, SLICE_FMT(node->name));
	if (node->op >= OP_FIELD)
		str_appendf(out, "=%.*s:%s", SLICE_FMT(node->name),
		    str_cstr(&node->needle));
	else if (node->op >= OP_LARGER || node->op == OP_MODSEQ)
		str_appendf(out, "=%llu", (unsigned long long)node->number);
	if (node->op == OP_EMAILID)
		str_appendf(out, "=%.*s", SLICE_FMT(node->name));
	if (node->op == OP_SEQ || node->op == OP_UID)
		seqset_print(&node->set, out);
	if (node->child == 0)
		return;
	str_append_char(out, '(');
	for (child = node->child; child; child = p->nodes[child].next) {
		if (child != node->child)
			str_append_char(out, ' ');
		print_program(p, child, out);
	}
	str_append_char(out, ')');
}

static const struct {
	const char *text;
	const char *program; /* NULL: refused */
} search_rows[] = {
	{ "ALL", "and(all)" },
	{ "unseen", "and(flag=0/1)" },
	{ "NEW", "and(flag=40/41)" },
	{ "SEEN FLAGGED", "and(flag=4/4 flag=1/1)" },
	{ "NOT SEEN", "and(not(flag=1/1))" },
	{ "OR SEEN (FLAGGED DELETED)",
	    "and(or(and(flag=8/8 flag=4/4) flag=1/1))" },
	{ "NOT OR ALL NOT ALL", "and(not(or(not(all) all)))" },
	{ "1:3", "and(seq1:3)" },
	{ "UID 4,6", "and(uid4,6)" },
	{ "KEYWORD $Junk", "and(key=1:$Junk)" },
	{ "UNKEYWORD a", "and(key=0:a)" },
	{ "LARGER 100 SMALLER 200", "and(smaller=200 larger=100)" },
	{ "SINCE 2-Jan-1970", "and(since=1)" },
	{ "BEFORE \"3-Jan-1970\"", "and(before=2)" },
	{ "SINCE 31-Dec-1969", "and(since=0)" },
	{ "BEFORE 1-Jan-1900", "and(before=0)" },
	{ "CHARSET utf-8 ALL", "and(all)" },
	{ "CHARSET UTF-8", NULL },
	{ "CHARSET KLINGON ALL", NULL },
	{ "CHARSET KOI8-R SUBJECT \"\xf0\"", "and(field=Subject:\xd0\xbf)" },
	{ "SUBJECT x", "and(field=Subject:x)" },
	{ "HEADER X-List \"A b\"", "and(field=X-List:a b)" },
	{ "HEADER To \"\"", "and(field=To:)" },
	{ "SENTSINCE 2-Jan-1970", "and(sentsince=1)" },
	{ "BODY x LARGER 1 SUBJECT y SEEN",
	    "and(flag=1/1 larger=1 field=Subject:y body=:x)" },
	{ "OR TEXT a (BODY b DELETED)",
	    "and(or(and(flag=8/8 body=:b) text=:a))" },
	{ "$", "and(saved)" },
	{ "UID $ SEEN", "and(flag=1/1 saved)" },
	{ "YOUNGER 60 OLDER 5", "and(older=5 younger=60)" },
	{ "MODSEQ 0", "and(modseq=0)" },
	{ "modseq 9223372036854775807", "and(modseq=9223372036854775807)" },
	{ "MODSEQ \"/flags/\\\\draft\" all 62", "and(modseq=62)" },
	{ "NOT MODSEQ \"/flags/kw\" Shared 2", "and(not(modseq=2))" },
	{ "MODSEQ \"/flags/\\\\Seen\" priv 2 SEEN", "and(flag=1/1 modseq=2)" },
	{ "SUBJECT \"a\\\"b\" MODSEQ \"/flags/\\\\Seen\" all 1",
	    "and(modseq=1 field=Subject:a\"b)" },
	{ "EMAILID M1a", "and(emailid=M1a)" },
	{ "THREADID T1", "and(none)" },
	{ "SAVEDATESUPPORTED", "and(all)" },
	{ "SAVEDBEFORE 3-Jan-1970 SAVEDON 2-Jan-1970 SAVEDSINCE 1-Jan-1970",
	    "and(savedsince=0 savedon=1 savedbefore=2)" },
	{ "RETURN (PARTIAL 1:2) ALL", "and(all)" },
	{ "RETURN (partial -1:-20 SAVE COUNT MIN MAX) ALL", "and(all)" },
	{ "RETURN () ALL", "and(all)" },
	{ "RETURN (MIN max Count SAVE) CHARSET UTF-8 SEEN", "and(flag=1/1)" },
	{ "RETURN (FOO) ALL", NULL },
	{ "RETURN (PARTIAL) ALL", NULL },
	{ "RETURN (PARTIAL 1) ALL", NULL },
	{ "RETURN (PARTIAL 1:-2) ALL", NULL },
	{ "RETURN (PARTIAL -1:2) ALL", NULL },
	{ "RETURN (PARTIAL 0:2) ALL", NULL },
	{ "RETURN (PARTIAL 1:4294967296) ALL", NULL },
	{ "RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL", NULL },
	{ "RETURN (PARTIAL 1:2 ALL) ALL", NULL },
	{ "RETURN (ALL PARTIAL 1:2) ALL", NULL },
	{ "MODSEQ", NULL },
	{ "MODSEQ x", NULL },
	{ "MODSEQ -1", NULL },
	{ "MODSEQ 9223372036854775808", NULL },
	{ "MODSEQ /flags/kw all 1", NULL },
	{ "MODSEQ \"/flags/\" all 1", NULL },
	{ "MODSEQ \"/flags/a b\" all 1", NULL },
	{ "MODSEQ \"flags/a\" all 1", NULL },
	{ "MODSEQ \"/flags/a\" any 1", NULL },
	{ "MODSEQ \"/flags/a\" all", NULL },
	{ "EMAILID", NULL },
	{ "SAVEDON", NULL },
	{ "RETURN MIN ALL", NULL },
	{ "RETURN (MIN)", NULL },
	{ "1,$", NULL },
	{ "OLDER x", NULL },
	{ "SUBJECT", NULL },
	{ "HEADER To", NULL },
	{ "SENTON x", NULL },
	{ "SUBJECT x FOO", NULL },
	{ "", NULL },
	{ "()", NULL },
	{ "(ALL", NULL },
	{ "ALL)", NULL },
	{ "ALL ", NULL },
	{ "NOT", NULL },
	{ "OR ALL", NULL },
	{ "FOO", NULL },
	{ "UID", NULL },
	{ "UID x", NULL },
	{ "LARGER x", NULL },
	{ "LARGER 4294967296", NULL },
	{ "SINCE 32-Jan-2020", NULL },
	{ "KEYWORD", NULL },
	{ "0", NULL },
};

static void
search_programs(void **state)
{
	struct str scratch = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(search_rows); i++) {
		STR_AUTO printed = STR_INIT;
		struct search_program program;
		struct args args;
		const char *wrong;
		bool charset;

		args_init(&args, slice_from(search_rows[i].text), &scratch);
		wrong = search_parse(&args, &program, &charset);
		UNIT_CHECK(
		    i, (wrong == NULL) == (search_rows[i].program != NULL));
		if (!wrong) {
			print_program(&program, 0, &printed);
			UNIT_CHECK(i, slice_is(str_slice(&printed),
					  search_rows[i].program));
		}
		search_release(&program);
	}
	str_release(&scratch);
}

static bool
search_is_good(const char *before, unsigned times, const char *after)
{
	STR_AUTO text = STR_INIT;
	struct str scratch = STR_INIT;
	struct search_program program;
	struct args args;
	bool charset, good;

	while (times-- > 0)
		str_append_cstr(&text, before);
	str_append_cstr(&text, after);
	args_init(&args, str_slice(&text), &scratch);
	good = search_parse(&args, &program, &charset) == NULL;
	search_release(&program);
	str_release(&scratch);
	return good;
}

static void
search_limits(void **state)
{
	(void)state;
	assert_true(search_is_good("NOT ", SEARCH_DEPTH_MAX - 1, "ALL"));
	assert_false(search_is_good("NOT ", SEARCH_DEPTH_MAX, "ALL"));
	/* the root is a node too */
	assert_true(search_is_good("ALL ", SEARCH_NODES_MAX - 2, "ALL"));
	assert_false(search_is_good("ALL ", SEARCH_NODES_MAX - 1, "ALL"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_programs),
		cmocka_unit_test(search_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
