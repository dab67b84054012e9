#include <stdlib.h>

#include "cmd/imapd/sort.h"
#include "common/base/num.h"
#include "common/msg/casemap.h"
#include "tests/unit/unit.h"

/* ---- order of texts (RFC 5051) ---- */

static const struct {
	const char *a, *b;
	int order; /* of a beside b */
} text_rows[] = {
	/* clang-format off */
	{ "", "a", -1 },
	{ "a", "A", 0 },
	{ "a", "B", -1 },
	{ "B", "a", 1 },
	{ "_", "a", 1 },
	{ "[", "Z", 1 },
	{ "a", "aa", -1 },
	{ "\xc3\xa4", "a\xcc\x88", 0 },
	{ "\xc3\x84", "\xc3\xa4", 0 },
	{ "\xc3\xa4", "az", 1 },
	{ "\xd0\xb6", "\xd0\x96", 0 },
	{ "\xef\xbc\xa1", "a", 0 },
	{ "\xc7\x86", "\xc7\x84", 0 }, /* three cases */
	{ "\xc7\x86", "D\xc5\xbe", 1 }, /* its title case has a small z */
	{ "\xf0\x9f\x98\x80", "z", 1 },
	/* clang-format on */
};

static void
texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(text_rows); i++) {
		STR_AUTO a = STR_INIT;
		STR_AUTO b = STR_INIT;
		int order;

		casemap_order(slice_from(text_rows[i].a), &a);
		casemap_order(slice_from(text_rows[i].b), &b);
		order = strcmp(str_cstr(&a), str_cstr(&b));
		UNIT_CHECK(i, (order > 0) - (order < 0) == text_rows[i].order);
	}
}

/* ---- ranks, beside what is known of numbers ---- */

static void
ranks(void **state)
{
	struct sort_texts t = { .max = 1 << 20 };
	char text[16];
	uint32_t index, i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof text, "%08u", i * 7919 % 10000);
		assert_true(sort_texts_add(&t, slice_from(text), &index));
		assert_int_equal(index, i % 10000);
	}
	assert_int_equal(t.count, 10000);
	sort_texts_rank(&t);
	for (i = 0; i < 10000; i++)
		assert_int_equal(t.list[i].rank, i * 7919 % 10000);
	sort_texts_release(&t);
}

static void
ceilings(void **state)
{
	struct sort_texts t = { .max = 10 + 2 * SORT_TEXT_COST };
	char text[SORT_TEXT_MAX + 2];
	uint32_t first, second;

	(void)state;
	assert_true(sort_texts_add(&t, slice_from("1234567"), &first));
	assert_false(sort_texts_add(&t, slice_from("4321"), &second));
	assert_true(sort_texts_add(&t, slice_from("321"), &second));
	assert_false(sort_texts_add(&t, slice_from("1"), &second));
	assert_true(sort_texts_add(&t, slice_from("1234567"), &second));
	assert_int_equal(first, second);
	assert_false(sort_texts_add(&t, slice_from(""), &second));
	sort_texts_release(&t);

	t.max = 1 << 20;
	memset(text, 'x', sizeof text);
	assert_true(
	    sort_texts_add(&t, slice_of(text, SORT_TEXT_MAX - 1), &first));
	assert_true(sort_texts_add(&t, slice_of(text, SORT_TEXT_MAX), &second));
	assert_true(first != second);
	assert_true(
	    sort_texts_add(&t, slice_of(text, SORT_TEXT_MAX + 1), &first));
	assert_true(first == second);
	sort_texts_release(&t);
}

/* ---- texts of keys ---- */

static const struct {
	enum sort_key key;
	const char *field, *text;
} key_rows[] = {
	/* clang-format off */
	{ SORT_SUBJECT, " Re: [x]\r\n  hello", "HELLO" },
	{ SORT_SUBJECT, " =?utf-8?q?=C3=A9?=", "E\xcc\x81" },
	{ SORT_SUBJECT, "", "" },
	{ SORT_FROM, " Ann <bob@example.org>, carl@x", "BOB" },
	{ SORT_FROM, " bob (Ann)", "BOB" },
	{ SORT_FROM, " \"a b\"@x", "A B" },
	{ SORT_FROM, " Staff: dora@x, ed@x;", "STAFF" },
	{ SORT_FROM, " ,,", "" },
	{ SORT_TO, " <@r:bob@x>", "BOB" },
	{ SORT_CC, " bob@x", "BOB" },
	{ SORT_DISPLAYFROM, " Ann B <bob@x>", "ANN B" },
	{ SORT_DISPLAYFROM, " \"B, Ann\" <bob@x>", "B, ANN" },
	{ SORT_DISPLAYFROM, " =?utf-8?q?=C3=84nn?= <bob@x>", "A\xcc\x88NN" },
	{ SORT_DISPLAYFROM, " bob@x", "BOB@X" },
	{ SORT_DISPLAYFROM, " bob@x (Ann)", "ANN" },
	{ SORT_DISPLAYTO, " Staff:;", "STAFF" },
	{ SORT_DISPLAYTO, "", "" },
	/* clang-format on */
};

static void
keys(void **state)
{
	static const enum message_field fields[SORT_KEYS] = {
		[SORT_SUBJECT] = FIELD_SUBJECT,
		[SORT_FROM] = FIELD_FROM,
		[SORT_TO] = FIELD_TO,
		[SORT_CC] = FIELD_CC,
		[SORT_DISPLAYFROM] = FIELD_FROM,
		[SORT_DISPLAYTO] = FIELD_TO,
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(key_rows); i++) {
		struct message_fields f = { .bodies = { { NULL, 0 } } };
		STR_AUTO text = STR_INIT;

		f.bodies[fields[key_rows[i].key]] =
		    slice_from(key_rows[i].field);
		sort_key_text(key_rows[i].key, &f, &text);
		UNIT_CHECK(i, slice_is(str_slice(&text), key_rows[i].text));
	}
}

/* ---- headers ---- */

static void
finds_fields(void **state)
{
	static const char header[] =
	    "received: x\nDATE: Thu, 1 Jan 1970 01:00:10 +0100\n"
	    "Subject: one\nSubject: two\nTo: a,\n\tb\nMessage-Id: <1@x>\n"
	    "\nFrom: nobody\n";
	struct message_fields f;
	int64_t sent = -1;

	(void)state;
	message_fields_find(slice_from(header), 0xff & ~(1u << FIELD_TO), &f);
	assert_true(slice_is(f.bodies[FIELD_SUBJECT], " one\n"));
	assert_true(slice_is(f.bodies[FIELD_MESSAGE_ID], " <1@x>\n"));
	assert_null(f.bodies[FIELD_TO].ptr);
	assert_null(f.bodies[FIELD_FROM].ptr);
	assert_true(message_fields_date(&f, &sent));
	assert_int_equal(sent, 10);
	message_fields_find(slice_from(header), 1u << FIELD_TO, &f);
	assert_true(slice_is(f.bodies[FIELD_TO], " a,\n\tb\n"));
	assert_false(message_fields_date(&f, &sent));
	message_fields_find(slice_from("Date: x\n"), 1u << FIELD_DATE, &f);
	assert_false(message_fields_date(&f, &sent));
	message_fields_find(slice_from(""), 0xff, &f);
	assert_null(f.bodies[FIELD_DATE].ptr);
}

/* ---- criteria and order ---- */

static bool
parse(const char *text, struct sort_criteria *criteria)
{
	STR_AUTO scratch = STR_INIT;
	struct args args;

	args_init(&args, slice_from(text), &scratch);
	return sort_parse_criteria(&args, criteria) && args_end(&args);
}

static void
criteria(void **state)
{
	static const char *const wrong[] = { "", "()", "(", "DATE", "(DATE",
		"(DATE )", "( DATE)", "(DATE  SIZE)", "(REVERSE)",
		"(DATE REVERSE)", "(REVERSE REVERSE DATE)", "(NAME)",
		"((DATE))" };
	struct sort_criteria c;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(wrong); i++)
		UNIT_CHECK(i, !parse(wrong[i], &c));
	assert_true(parse("(size reverse DATE Subject SIZE date)", &c));
	assert_int_equal(c.count, 3);
	assert_int_equal(c.list[0].key, SORT_SIZE);
	assert_false(c.list[0].reverse);
	assert_int_equal(c.list[1].key, SORT_DATE);
	assert_true(c.list[1].reverse);
	assert_int_equal(c.list[2].key, SORT_SUBJECT);
	assert_int_equal(c.fields, 1 << FIELD_DATE | 1 << FIELD_SUBJECT);
	assert_true(parse("(ARRIVAL CC DATE DISPLAYFROM DISPLAYTO FROM SIZE "
			  "SUBJECT TO REVERSE TO REVERSE CC)",
	    &c));
	assert_int_equal(c.count, SORT_KEYS);
}

static const struct {
	const char *criteria, *order;
} order_rows[] = {
	{ "(SUBJECT)", "3142" },
	{ "(REVERSE SUBJECT)", "2143" },
	{ "(DATE)", "3214" },
	{ "(REVERSE DATE)", "1423" },
	{ "(REVERSE DATE REVERSE SUBJECT)", "1423" },
	{ "(SUBJECT DATE)", "3142" },
	{ "(DATE SIZE)", "3241" },
	{ "(ARRIVAL)", "1234" },
	{ "(REVERSE SIZE)", "1324" },
};

static void
orders(void **state)
{
	static const struct {
		int64_t sent;
		uint64_t size;
		const char *subject;
	} mails[] = {
		{ 5, 30, " b" },
		{ -1, 10, " Re: C" },
		{ INT64_MIN, UINT32_MAX / 200000000, "" },
		{ 5, 1, " [l] B" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(order_rows); i++) {
		struct sort_criteria c;
		struct sort sort = { .criteria = &c, .texts = { .max = 999 } };
		char got[8] = "";

		assert_true(parse(order_rows[i].criteria, &c));
		for (j = 0; j < UNIT_COUNT(mails); j++) {
			struct sort_facts facts = { .sent = mails[j].sent,
				.size = mails[j].size };

			facts.fields.bodies[FIELD_SUBJECT] =
			    slice_from(mails[j].subject);
			assert_true(sort_add(&sort, (uint32_t)j + 1, &facts));
		}
		sort_finish(&sort);
		for (j = 0; j < sort.count; j++)
			got[j] = (char)('0' + sort_seq(&sort, j));
		if (strcmp(got, order_rows[i].order) != 0)
			fail_msg("%s: %s", order_rows[i].criteria, got);
		sort_release(&sort);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(ranks),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(keys),
		cmocka_unit_test(finds_fields),
		cmocka_unit_test(criteria),
		cmocka_unit_test(orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
