#include "common/msg/base_subject.h"
#include "common/msg/msgid.h"
#include "tests/unit/unit.h"

/* ---- base subjects ---- */

static const struct {
	const char *subject, *base;
	bool reply;
} subject_rows[] = {
	/* clang-format off */
	{ "", "", false },
	{ "hello", "hello", false },
	/* step 1: blanks, encoded words */
	{ "  hello \t  there ", "hello there", false },
	{ "=?utf-8?q?Re=3A_gr=C3=BC=C3=9Fe?=", "gr\xc3\xbc\xc3\x9f" "e", true },
	{ "=?us-ascii?q?a__b?=", "a b", false },
	/* step 2: subj-trailer */
	{ "hello (fwd)", "hello", true },
	{ "hello (FWD) (fwd)(Fwd) ", "hello", true },
	{ "(fwd)", "", true },
	{ "hello (fwd) x", "hello (fwd) x", false },
	/* step 3: subj-leader */
	{ "Re: hello", "hello", true },
	{ "RE:hello", "hello", true },
	{ "fw: hello", "hello", true },
	{ "Fwd : hello", "hello", true },
	{ "Re[2]: hello", "hello", true },
	{ "Re [x y] : hello", "hello", true },
	{ "Re[2: hello", "Re[2: hello", false },
	{ "Re[2][3]: hello", "Re[2][3]: hello", false },
	{ "[list] Re: hello", "hello", true },
	{ "[a] [b]Re: hello", "hello", true },
	{ "Re: Re: Fwd: Re[3]: hello", "hello", true },
	{ "Re: [list] Re: hello", "hello", true },
	{ "Re:", "", true },
	{ "Re: (fwd)", "", true },
	{ "Rehearsal: hello", "Rehearsal: hello", false },
	{ "AW: hello", "AW: hello", false },
	/* step 4: subj-blob, unless nothing would be left */
	{ "[list] hello", "hello", false },
	{ "[a][b]  [c] hello", "hello", false },
	{ "[list]", "[list]", false },
	{ "[a] [b]", "[b]", false },
	{ "Re: [list]", "[list]", true },
	{ "[a[b] hello", "[a[b] hello", false },
	{ "[a]] hello", "] hello", false },
	{ "[] hello", "hello", false },
	/* steps 5 and 6: [fwd: ...] */
	{ "[fwd: hello]", "hello", true },
	{ "[FWD: Re: hello (fwd)]", "hello", true },
	{ "Re: [Fwd: [fwd: [list] hello]]", "hello", true },
	{ "[fwd: hello] there", "there", false },
	{ "[fwd: hello", "[fwd: hello", false },
	{ "[fwd:]", "", true },
	{ "[fwd:", "[fwd:", false },
	{ "[fwd: [list]]", "[list]", true },
	{ "[fwd: hello] (fwd)", "hello", true },
	/* clang-format on */
};

static void
subjects(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(subject_rows); i++) {
		STR_AUTO base = STR_INIT;
		bool reply;

		base_subject(
		    slice_from(subject_rows[i].subject), &base, &reply);
		UNIT_CHECK(i, slice_is(str_slice(&base), subject_rows[i].base));
		UNIT_CHECK(i, reply == subject_rows[i].reply);
	}
}

/* Who writes a megabyte of brackets must not get a minute for it. */
static void
long_subjects(void **state)
{
	static const char *const pieces[] = { "[a]", "[", "]", "re[", "re:[x]",
		"[fwd:", "(fwd)", "[fwd: ]", "re [" };
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(pieces); i++) {
		STR_AUTO text = STR_INIT;
		STR_AUTO base = STR_INIT;
		bool reply;

		for (j = 0; j < 200000; j++)
			str_append_cstr(&text, pieces[i]);
		base_subject(str_slice(&text), &base, &reply);
		UNIT_CHECK(i, base.len <= text.len);
	}
}

/* ---- message identifiers ---- */

static const struct {
	const char *field, *ids; /* each with a blank behind it */
} id_rows[] = {
	/* clang-format off */
	{ "", "" },
	{ "<a@b>", "a@b " },
	{ " <a@b>\r\n\t<c@d>\n <e@f>", "a@b c@d e@f " },
	{ "<a@b><c@d>", "a@b c@d " },
	{ "<a @\r\n b>", "a@b " },
	{ "<\"a\"@b>", "a@b " },
	{ "<\"a\\\"> c\"@b>", "a\"> c@b " },
	{ "<a(x (y\\)) z)@b>", "a@b " },
	{ "<a@[1.2.3.4]>", "a@[1.2.3.4] " },
	{ "<a@[x>y]>", "a@[x>y] " },
	{ "<A@b>", "A@b " },
	{ "a@b", "" },
	{ "<>", "" },
	{ "<a>", "" },
	{ "<@b>", "" },
	{ "<a@>", "" },
	{ "<a@b", "" },
	{ "<a <c@d>", "c@d " },
	{ "<a@b> word <no> (c) <c@d> >", "a@b c@d " },
	{ "<\"a@b> <c@d>", "" },
	{ "(<a@b>) <c@d>", "a@b c@d " },
	{ "Your message of today <a@b>", "a@b " },
	{ "<a@b@c>", "a@b@c " },
	/* clang-format on */
};

static void
ids(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(id_rows); i++) {
		STR_AUTO id = STR_INIT;
		STR_AUTO all = STR_INIT;
		struct slice rest = slice_from(id_rows[i].field);

		while (msgid_next(&rest, &id))
			str_appendf(&all, "%s ", str_cstr(&id));
		UNIT_CHECK(i, slice_is(str_slice(&all), id_rows[i].ids));
	}
}

static void
longest_id(void **state)
{
	size_t excess;

	(void)state;
	for (excess = 0; excess < 2; excess++) {
		STR_AUTO field = STR_INIT;
		STR_AUTO id = STR_INIT;
		struct slice rest;
		size_t i;

		str_append_cstr(&field, "<a@");
		for (i = 2; i < MSGID_MAX + excess; i++)
			str_append_char(&field, 'x');
		str_append_cstr(&field, "> <c@d>");
		rest = str_slice(&field);
		assert_true(msgid_next(&rest, &id));
		assert_int_equal(id.len, excess ? 3 : MSGID_MAX);
	}
}

/* Nor who never ends a string. */
static void
long_fields(void **state)
{
	static const char *const pieces[] = { "<", "<\"", "<(", "<a@[", "<a@b",
		"<a@b>", "<(x)", "<\\" };
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(pieces); i++) {
		STR_AUTO text = STR_INIT;
		STR_AUTO id = STR_INIT;
		struct slice rest;
		size_t found = 0;

		for (j = 0; j < 200000; j++)
			str_append_cstr(&text, pieces[i]);
		rest = str_slice(&text);
		while (msgid_next(&rest, &id))
			found++;
		UNIT_CHECK(i, found == (i == 5 ? 200000 : 0));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects),
		cmocka_unit_test(long_subjects),
		cmocka_unit_test(ids),
		cmocka_unit_test(longest_id),
		cmocka_unit_test(long_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
