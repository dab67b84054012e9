/* What FETCH makes of its arguments, ENVELOPE of a header, LIST of
 * a pattern, APPEND of line ends. */
#include "cmd/imapd/append.h"
#include "cmd/imapd/envelope.h"
#include "cmd/imapd/fetch.h"
#include "cmd/imapd/mailbox_name.h"
#include "cmd/imapd/store.h"
#include "common/msg/header.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	bool good;
	unsigned items;
	const char *labels; /* of the sections, blanks between */
	bool sees;
} fetch_rows[] = {
	{ "FLAGS", true, ITEM_FLAGS, "", false },
	{ "(FLAGS uid)", true, ITEM_FLAGS | ITEM_UID, "", false },
	{ "FAST", true, ITEM_FLAGS | ITEM_DATE | ITEM_SIZE, "", false },
	{ "BODY[]", true, 0, "BODY[]", true },
	{ "BODY.PEEK[]", true, 0, "BODY[]", false },
	{ "body.peek[header]", true, 0, "BODY[HEADER]", false },
	{ "BODY[TEXT]<0.10>", true, 0, "BODY[TEXT]<0>", true },
	{ "BODY[HEADER.FIELDS (Date \"From\")]", true, 0,
	    "BODY[HEADER.FIELDS (Date From)]", true },
	{ "BODY.PEEK[HEADER.FIELDS.NOT (To)]<5.7>", true, 0,
	    "BODY[HEADER.FIELDS.NOT (To)]<5>", false },
	{ "(RFC822.SIZE RFC822.HEADER)", true, ITEM_SIZE, "RFC822.HEADER",
	    false },
	{ "RFC822", true, 0, "RFC822", true },
	{ "(RFC822.TEXT BODY.PEEK[])", true, 0, "RFC822.TEXT BODY[]", true },
	{ "()", false, 0, "", false },
	{ "(FLAGS", false, 0, "", false },
	{ "FLAGS)", false, 0, "", false },
	{ "(FLAGS  UID)", false, 0, "", false },
	{ "FLAGS UID", false, 0, "", false },
	{ "FOO", false, 0, "", false },
	{ "BODY", true, ITEM_BODY, "", false },
	{ "(FLAGS BodyStructure)", true, ITEM_FLAGS | ITEM_BODYSTRUCTURE, "",
	    false },
	{ "FULL", true,
	    ITEM_FLAGS | ITEM_DATE | ITEM_SIZE | ITEM_ENVELOPE | ITEM_BODY, "",
	    false },
	{ "BODY[1]", true, 0, "BODY[1]", true },
	{ "BODY.PEEK[1.2.mime]<0.5>", true, 0, "BODY[1.2.MIME]<0>", false },
	{ "BODY[2.HEADER.FIELDS (To)]", true, 0, "BODY[2.HEADER.FIELDS (To)]",
	    true },
	{ "BODY[4294967295]", true, 0, "BODY[4294967295]", true },
	{ "BODY[4294967296]", false, 0, "", false },
	{ "BODY[0]", false, 0, "", false },
	{ "BODY[1.]", false, 0, "", false },
	{ "BODY[.1]", false, 0, "", false },
	{ "BODY[1..2]", false, 0, "", false },
	{ "BODY[1.FOO]", false, 0, "", false },
	{ "BODY[1.MIME.2]", false, 0, "", false },
	{ "BODY[1", false, 0, "", false },
	{ "PREVIEW", true, ITEM_PREVIEW, "", false },
	{ "preview (lazy)", true, ITEM_PREVIEW | ITEM_LAZY, "", false },
	{ "(PREVIEW (LAZY) FLAGS)", true, ITEM_PREVIEW | ITEM_LAZY | ITEM_FLAGS,
	    "", false },
	{ "(PREVIEW FLAGS)", true, ITEM_PREVIEW | ITEM_FLAGS, "", false },
	{ "PREVIEW (", false, 0, "", false },
	{ "PREVIEW ()", false, 0, "", false },
	{ "PREVIEW (FOO)", false, 0, "", false },
	{ "PREVIEW (LAZY LAZY)", false, 0, "", false },
	{ "FLAGS (LAZY)", false, 0, "", false },
	{ "(BODYSTRUCTURE FOO)", false, 0, "", false },
	{ "(MODSEQ SAVEDATE)", true, ITEM_MODSEQ | ITEM_SAVEDATE, "", false },
	{ "(EMAILID THREADID)", true, ITEM_EMAILID | ITEM_THREADID, "", false },
	{ "FLAGS (CHANGEDSINCE 5)", true, ITEM_FLAGS | ITEM_MODSEQ, "", false },
	{ "PREVIEW (changedsince 5)", true, ITEM_PREVIEW | ITEM_MODSEQ, "",
	    false },
	{ "PREVIEW (LAZY) (CHANGEDSINCE 5)", true,
	    ITEM_PREVIEW | ITEM_LAZY | ITEM_MODSEQ, "", false },
	{ "BODY[] (PARTIAL 1:5)", true, 0, "BODY[]", true },
	{ "BODY[", false, 0, "", false },
	{ "BODY[]<1>", false, 0, "", false },
	{ "BODY[]<1.0>", false, 0, "", false },
	{ "BODY[]<-1.2>", false, 0, "", false },
	{ "BODY[]<0.4294967296>", false, 0, "", false },
	{ "BODY[HEADER.FIELDS ()]", false, 0, "", false },
	{ "BODY[HEADER.FIELDS]", false, 0, "", false },
	{ "BODY[HEADER.FIELDS (a:b c)", false, 0, "", false },
	{ "BODY[HEADER.FIELDS (\"a\\\"b\")]", false, 0, "", false },
	{ "BODY[MIME]", false, 0, "", false },
	{ "FLAGS[]", false, 0, "", false },
	{ "", false, 0, "", false },
};

static void
fetch_items(void **state)
{
	struct str scratch = STR_INIT;
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(fetch_rows); i++) {
		STR_AUTO labels = STR_INIT;
		struct fetch_plan plan;
		struct args args;
		const char *wrong;

		args_init(&args, slice_from(fetch_rows[i].text), &scratch);
		wrong = fetch_parse(&args, &plan);
		UNIT_CHECK(i, (wrong == NULL) == fetch_rows[i].good);
		for (j = 0; !wrong && j < plan.nsections; j++)
			str_appendf(&labels, "%s%s", j ? " " : "",
			    str_cstr(&plan.sections[j].label));
		if (!wrong) {
			UNIT_CHECK(i, plan.items == fetch_rows[i].items);
			UNIT_CHECK(i, plan.sees == fetch_rows[i].sees);
			UNIT_CHECK(i,
			    slice_is(str_slice(&labels), fetch_rows[i].labels));
		}
		fetch_plan_release(&plan);
	}
	str_release(&scratch);
}

static const struct {
	const char *text;
	bool good, changed, vanished;
	uint64_t since;
	const char *page; /* NULL: the whole */
} modifier_rows[] = {
	{ "FLAGS", true, false, false, 0, NULL },
	{ "FLAGS (CHANGEDSINCE 9223372036854775807)", true, true, false,
	    INT64_MAX, NULL },
	/* mail programs ask for it */
	{ "FLAGS (CHANGEDSINCE 0)", true, true, false, 0, NULL },
	{ "FLAGS (VANISHED CHANGEDSINCE 7)", true, true, true, 7, NULL },
	{ "(FLAGS) (CHANGEDSINCE 7 VANISHED PARTIAL -5:-1)", true, true, true,
	    7, "-1:-5" },
	{ "FLAGS (PARTIAL 4294967295:1)", true, false, false, 0,
	    "1:4294967295" },
	{ "FLAGS (CHANGEDSINCE 9223372036854775808)", false, 0, 0, 0, NULL },
	{ "FLAGS (CHANGEDSINCE)", false, 0, 0, 0, NULL },
	{ "FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 1)", false, 0, 0, 0, NULL },
	{ "FLAGS (CHANGEDSINCE 1 VANISHED VANISHED)", false, 0, 0, 0, NULL },
	{ "FLAGS (VANISHED)", false, 0, 0, 0, NULL },
	{ "FLAGS (PARTIAL 1:1 PARTIAL 1:1)", false, 0, 0, 0, NULL },
	{ "FLAGS (PARTIAL)", false, 0, 0, 0, NULL },
	{ "FLAGS (PARTIAL 1:*)", false, 0, 0, 0, NULL },
	{ "FLAGS (FOO)", false, 0, 0, 0, NULL },
	{ "FLAGS ()", false, 0, 0, 0, NULL },
	{ "FLAGS CHANGEDSINCE 1", false, 0, 0, 0, NULL },
	{ "FLAGS (CHANGEDSINCE 1", false, 0, 0, 0, NULL },
	{ "FLAGS (CHANGEDSINCE 1) ", false, 0, 0, 0, NULL },
	{ "FLAGS  (CHANGEDSINCE 1)", false, 0, 0, 0, NULL },
};

static void
fetch_modifiers(void **state)
{
	struct str scratch = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(modifier_rows); i++) {
		STR_AUTO page = STR_INIT;
		struct fetch_plan plan;
		struct args args;
		bool good;

		args_init(&args, slice_from(modifier_rows[i].text), &scratch);
		good = fetch_parse(&args, &plan) == NULL;
		UNIT_CHECK(i, good == modifier_rows[i].good);
		if (good) {
			UNIT_CHECK(i, plan.changed == modifier_rows[i].changed);
			UNIT_CHECK(
			    i, plan.vanished == modifier_rows[i].vanished);
			UNIT_CHECK(
			    i, plan.changed_since == modifier_rows[i].since);
			UNIT_CHECK(
			    i, plan.paged == (modifier_rows[i].page != NULL));
		}
		if (good && plan.paged) {
			partial_print(&plan.page, &page);
			UNIT_CHECK(i,
			    slice_is(str_slice(&page), modifier_rows[i].page));
		}
		fetch_plan_release(&plan);
	}
	str_release(&scratch);
}

static void
fetch_limits(void **state)
{
	STR_AUTO text = STR_INIT;
	struct str scratch = STR_INIT;
	struct fetch_plan plan;
	struct args args;
	int i;

	(void)state;
	for (i = 0; i < FETCH_SECTIONS_MAX; i++)
		str_appendf(&text, "%sBODY.PEEK[]", i ? " " : "(");
	str_append_char(&text, ')');
	args_init(&args, str_slice(&text), &scratch);
	assert_null(fetch_parse(&args, &plan));
	fetch_plan_release(&plan);
	str_truncate(&text, text.len - 1);
	str_append_cstr(&text, " RFC822)");
	args_init(&args, str_slice(&text), &scratch);
	assert_non_null(fetch_parse(&args, &plan));
	fetch_plan_release(&plan);
	str_release(&scratch);
}

static void
flag_lists(void **state)
{
	static const struct {
		const char *text;
		bool bare, good;
		uint8_t flags;
		size_t keywords;
	} rows[] = {
		{ "()", false, true, 0, 0 },
		{ "(\\Seen \\deleted)", false, true, FLAG_SEEN | FLAG_DELETED,
		    0 },
		{ "($Forwarded a)", false, true, FLAG_PASSED, 1 },
		{ "\\Seen a b", true, true, FLAG_SEEN, 2 },
		{ "\\Seen", false, false, 0, 0 },
		{ "", true, false, 0, 0 },
		{ "(\\Recent)", true, false, 0, 0 },
		{ "(\\Foo)", true, false, 0, 0 },
		{ "(\\*)", true, false, 0, 0 },
		{ "(a", true, false, 0, 0 },
		{ "a  b", true, false, 0, 0 },
	};
	struct str scratch = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct flag_list list;
		struct args args;
		bool good;

		args_init(&args, slice_from(rows[i].text), &scratch);
		good = flag_list_parse(&args, rows[i].bare, &list) &&
		       args_end(&args);
		UNIT_CHECK(i, good == rows[i].good);
		UNIT_CHECK(i, !good || list.flags == rows[i].flags);
		UNIT_CHECK(i, !good || list.nkeywords == rows[i].keywords);
	}
	str_release(&scratch);
}

static void
addresses(void **state)
{
	static const struct {
		const char *text, *list;
	} rows[] = {
		{ "a@b", "((NIL NIL \"a\" \"b\"))" },
		{ "A B <a@b>", "((\"A B\" NIL \"a\" \"b\"))" },
		{ "\"B, A\" <a@b>, c@d",
		    "((\"B, A\" NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))" },
		{ "a@b (A \\(x\\) B)", "((\"A (x) B\" NIL \"a\" \"b\"))" },
		{ "<@x,@y:a@b>", "((NIL NIL \"a\" \"b\"))" },
		{ "< @x:a@b >", "((NIL NIL \"a\" \"b\"))" },
		{ "<\"a b\"@c>, <\"d>\\\"@e\"@f>",
		    "((NIL NIL \"a b\" \"c\")(NIL NIL \"d>\\\"@e\" \"f\"))" },
		{ "\"q\\\"t\" <a@b>", "((\"q\\\"t\" NIL \"a\" \"b\"))" },
		{ "=?utf-8?q?=C3=A9?= <a@b>",
		    "((\"=?utf-8?q?=C3=A9?=\" NIL \"a\" \"b\"))" },
		{ "g: a@b, C <c@d>;, e@f",
		    "((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")"
		    "(\"C\" NIL \"c\" \"d\")(NIL NIL NIL NIL)"
		    "(NIL NIL \"e\" \"f\"))" },
		{ "undisclosed-recipients:;",
		    "((NIL NIL \"undisclosed-recipients\" NIL)"
		    "(NIL NIL NIL NIL))" },
		{ "root", "((NIL NIL \"root\" \"\"))" },
		{ "h\xc3\xa9 <a@b>", "(({3}\r\nh\xc3\xa9 NIL \"a\" \"b\"))" },
		{ "", "NIL" },
		{ ",,", "NIL" },
		{ "<", "((NIL NIL \"\" \"\"))" },
		{ "\"", "NIL" },
		{ "(((", "NIL" },
		{ "g:", "((NIL NIL \"g\" NIL)(NIL NIL NIL NIL))" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		envelope_addresses(slice_from(rows[i].text), &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].list));
	}
}

static void
envelopes(void **state)
{
	STR_AUTO out = STR_INIT;

	(void)state;
	envelope_append(
	    slice_from("Date: today\nFrom: a@b\nSubject: x\n\ty \"z\"\n"
		       "Message-ID: <1@b>\n\n"),
	    &out);
	assert_string_equal(str_cstr(&out),
	    "(\"today\" \"x y \\\"z\\\"\" ((NIL NIL \"a\" \"b\"))"
	    " ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\"))"
	    " NIL NIL NIL NIL \"<1@b>\")");
	str_clear(&out);
	envelope_append(slice_from(""), &out);
	assert_string_equal(
	    str_cstr(&out), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
}

static void
patterns(void **state)
{
	static const struct {
		const char *name, *pattern;
		bool match;
	} rows[] = {
		{ "INBOX", "*", true },
		{ "INBOX", "inbox", true },
		{ "INBOX", "%", true },
		{ "inbox/a", "INBOX/%", true },
		{ "INBOXES", "inboxes", false },
		{ "a", "A", false },
		{ "a/b", "*", true },
		{ "a/b", "%", false },
		{ "a/b", "%/%", true },
		{ "a/b", "a/%", true },
		{ "a/b/c", "a/%", false },
		{ "a/b/c", "a/*", true },
		{ "a/b/c", "*/c", true },
		{ "a/b/c", "%/c", false },
		{ "a/b/c", "*%c", true },
		{ "a/b/c", "%*c", true },
		{ "abcabd", "%ab%d", true },
		{ "abc/abd", "*ab%d", true },
		{ "abc/abd", "ab%d", false },
		{ "", "", true },
		{ "", "*", true },
		{ "a", "", false },
		{ "a", "a*%*%", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(
		    i, mailbox_name_matches(slice_from(rows[i].name),
			   slice_from(rows[i].pattern)) == rows[i].match);
}

/* Line ends, cut into pieces at every place. */
static void
line_ends(void **state)
{
	static const char in[] = "a\r\nb\rc\r\r\n\nd\r";
	static const char want[] = "a\nb\rc\r\n\nd\r";
	size_t at;

	(void)state;
	for (at = 0; at < sizeof in; at++) {
		struct append_filter filter = { false, false };
		STR_AUTO out = STR_INIT;

		append_filter(&filter, slice_of(in, at), &out);
		append_filter(&filter, slice_skip(slice_from(in), at), &out);
		append_filter_end(&filter, &out);
		assert_string_equal(str_cstr(&out), want);
		assert_false(filter.nul);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fetch_items),
		cmocka_unit_test(fetch_modifiers),
		cmocka_unit_test(fetch_limits),
		cmocka_unit_test(flag_lists),
		cmocka_unit_test(addresses),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(patterns),
		cmocka_unit_test(line_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
