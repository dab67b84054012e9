#include "common/store/mailbox.h"
#include "common/store/maildir.h"
#include "tests/unit/unit.h"

static void
messages(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{ "1.M2P3.host", true },
		{ "1.M2P3.host:2,S", true },
		{ "with blank", true },
		{ "", false },
		{ ".hidden", false },
		{ ":2,S", false },
		{ "a\nb", false },
		{ "a\rb", false },
		{ "a/b", false },
	};
	char name[MAILDIR_NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, maildir_is_message(slice_from(rows[i].name)) ==
				  rows[i].good);
	memset(name, 'a', sizeof name);
	assert_true(maildir_is_message(slice_of(name, MAILDIR_NAME_MAX)));
	assert_false(maildir_is_message(slice_of(name, MAILDIR_NAME_MAX + 1)));
}

static void
get_flags(void **state)
{
	static const struct {
		const char *name, *base;
		uint8_t flags;
		uint32_t keywords;
	} rows[] = {
		{ "a", "a", 0, 0 },
		{ "a:2,", "a", 0, 0 },
		{ "a:2,DFPRST", "a", 0x3f, 0 },
		{ "a:2,S", "a", FLAG_SEEN, 0 },
		{ "a:2,R", "a", FLAG_ANSWERED, 0 },
		{ "a:2,F", "a", FLAG_FLAGGED, 0 },
		{ "a:2,T", "a", FLAG_DELETED, 0 },
		{ "a:2,D", "a", FLAG_DRAFT, 0 },
		{ "a:2,P", "a", FLAG_PASSED, 0 },
		{ "a:2,az", "a", 0, 1 | 1U << 25 },
		{ "a:2,S,T", "a", FLAG_SEEN, 0 },
		{ "a:1,S", "a", 0, 0 },
		{ "a:S", "a", 0, 0 },
		{ "a,S=3:2,S", "a,S=3", FLAG_SEEN, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice name = slice_from(rows[i].name);
		uint32_t keywords;
		uint8_t flags;

		maildir_get_flags(name, &flags, &keywords);
		UNIT_CHECK(i, slice_is(maildir_base(name), rows[i].base));
		UNIT_CHECK(i, flags == rows[i].flags);
		UNIT_CHECK(i, keywords == rows[i].keywords);
	}
}

static void
put_flags(void **state)
{
	static const struct {
		const char *name;
		uint8_t flags;
		uint32_t keywords;
		const char *want;
	} rows[] = {
		{ "a", 0, 0, "a:2," },
		{ "a:2,S", 0, 0, "a:2," },
		{ "a", 0x3f, 3, "a:2,DFPRSTab" },
		{ "a:2,XaS", FLAG_FLAGGED, 2, "a:2,FXb" },
		{ "a:2,S,other", FLAG_DRAFT, 0, "a:2,D,other" },
		{ "a:1,x", FLAG_SEEN, 0, "a:2,S" },
		{ "a", FLAG_RECENT, 0, "a:2," },
		{ "a", 0, 1U << 25, "a:2,z" },
		{ "a", 0, 1U << 26, "a:2," },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO name = STR_INIT;

		maildir_put_flags(slice_from(rows[i].name), rows[i].flags,
		    rows[i].keywords, &name);
		UNIT_CHECK(i, slice_is(str_slice(&name), rows[i].want));
	}
}

static void
sizes(void **state)
{
	static const struct {
		const char *name;
		char key;
		bool good;
		uint64_t octets;
	} rows[] = {
		{ "a,S=10,W=12:2,S", 'S', true, 10 },
		{ "a,S=10,W=12:2,S", 'W', true, 12 },
		{ "a,W=12,S=10", 'S', true, 10 },
		{ "a,S=10", 'W', false, 0 },
		{ "a,S=", 'S', false, 0 },
		{ "a,S=x", 'S', false, 0 },
		{ "a,S=-1", 'S', false, 0 },
		{ "a:2,S=5", 'S', false, 0 },
		{ "S=5", 'S', false, 0 },
		{ "a,S=9223372036854775807", 'S', true, INT64_MAX },
		{ "a,S=9223372036854775808", 'S', false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		uint64_t octets = 0;
		bool good = maildir_get_size(
		    slice_from(rows[i].name), rows[i].key, &octets);

		UNIT_CHECK(i, good == rows[i].good);
		UNIT_CHECK(i, octets == rows[i].octets);
	}
}

static void
unique(void **state)
{
	struct timespec now = { 1700000000, 123456789 };
	STR_AUTO name = STR_INIT;
	struct slice base;

	(void)state;
	maildir_put_unique(now, 7, "mail/a:b,c d\x01.example", &name);
	maildir_put_sizes(5, 6, &name);
	base = str_slice(&name);
	assert_true(slice_starts(base, "1700000000.M123456P"));
	assert_non_null(strstr(name.ptr, "Q7.mail_a_b_c_d_.example,S=5,W=6"));
	assert_true(maildir_is_message(base));
	str_clear(&name);
	maildir_put_unique(now, 0, "", &name);
	assert_non_null(strstr(name.ptr, "Q0.localhost"));
}

static void
order(void **state)
{
	static const struct {
		const char *a, *b;
		int sign;
	} rows[] = {
		{ "9.x", "10.x", -1 },
		{ "10.M9P1.h", "10.M10P1.h", -1 },
		{ "10.M1P2.h", "10.M1P10.h", 1 },
		{ "a", "a", 0 },
		{ "a", "ab", -1 },
		{ "x", "1.M1P1.h", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct maildir_arrival a =
		    maildir_get_arrival(slice_from(rows[i].a));
		struct maildir_arrival b =
		    maildir_get_arrival(slice_from(rows[i].b));
		int ab = maildir_compare(&a, &b), ba = maildir_compare(&b, &a);

		UNIT_CHECK(i, (ab > 0) - (ab < 0) == rows[i].sign);
		UNIT_CHECK(i, (ba > 0) - (ba < 0) == -rows[i].sign);
	}
}

static void
ids(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "1.M2P3.h,S=1,W=2,E=0123456789abcdef0123456789abcdef:2,S",
		    true },
		{ "1,E=0123456789abcdef0123456789abcdef", true },
		{ "1,E=0123456789abcdef0123456789abcde:2,", false },
		{ "1,E=0123456789abcdef0123456789abcdef0", false },
		{ "1,E=0123456789ABCDEF0123456789abcdef", false },
		{ "1:2,,E=0123456789abcdef0123456789abcdef", false },
		{ "E=0123456789abcdef0123456789abcdef", false },
		{ "1,E=", false },
	};
	STR_AUTO name = STR_INIT;
	struct slice id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		id = maildir_get_id(slice_from(cases[i].name));
		assert_int_equal(id.ptr != NULL, cases[i].good);
	}
	str_append_cstr(&name, "1.h");
	maildir_put_id(slice_from("0123456789abcdef0123456789abcdef"), &name);
	assert_string_equal(
	    str_cstr(&name), "1.h,E=0123456789abcdef0123456789abcdef");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(get_flags),
		cmocka_unit_test(put_flags),
		cmocka_unit_test(sizes),
		cmocka_unit_test(unique),
		cmocka_unit_test(order),
		cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
