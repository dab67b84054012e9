/* Domains beyond ASCII: which are, their two forms, and what is none. */
#include "common/account/source.h"
#include "common/base/mem.h"
#include "tests/unit/unit.h"

extern const struct idna_driver njiwa_idna_driver;

struct row {
	const char *domain;
	const char *ascii; /* NULL: no domain */
	const char *utf8;
};

static const struct row rows[] = {
	{ "b\xc3\xbc"
	  "cher.example",
	    "xn--bcher-kva.example",
	    "b\xc3\xbc"
	    "cher.example" },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example",
	    "b\xc3\xbc"
	    "cher.example" },
	/* upper case, and a letter of two characters */
	{ "B\xc3\x9c"
	  "CHER.example",
	    "xn--bcher-kva.example",
	    "b\xc3\xbc"
	    "cher.example" },
	/* letters in their parts, and one that nobody sees */
	{ "b\x75\xcc\x88"
	  "cher.example",
	    NULL, NULL },
	{ "test.d\xc2\xad"
	  "ev",
	    NULL, NULL },
	/* not transitional: a sharp s stays one */
	{ "stra\xc3\x9f"
	  "e.example",
	    "xn--strae-oqa.example",
	    "stra\xc3\x9f"
	    "e.example" },
	/* wide letters are ASCII's */
	{ "\xef\xbd\x81.example", "a.example", "a.example" },
	{ "a_b.xn--bcher-kva", "a_b.xn--bcher-kva",
	    "a_b.b\xc3\xbc"
	    "cher" },
	/* A-labels of nothing, and of ASCII; no letter; a label
	 * and a name that are too long */
	{ "xn--.example", NULL, NULL },
	{ "xn--a-.example", NULL, NULL },
	{ "xn--99999999.example", NULL, NULL },
	{ "\xe2\x80\xae"
	  "a.example",
	    NULL, NULL },
	{ "\xc3\xbcxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	    NULL, NULL },
};

static void
forms(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct idna_forms got = { STR_INIT, STR_INIT };
		bool valid = njiwa_idna_driver.forms(row->domain, &got);

		if (valid != (row->ascii != NULL))
			fail_msg("row %zu: %s %s", i, row->domain,
			    str_cstr(&got.ascii));
		if (valid) {
			assert_string_equal(str_cstr(&got.ascii), row->ascii);
			assert_string_equal(str_cstr(&got.utf8), row->utf8);
		}
		idna_forms_release(&got);
	}
}

static void
needs(void **state)
{
	(void)state;
	assert_false(idna_is_needed(slice_from("")));
	assert_false(idna_is_needed(slice_from("test.dev")));
	assert_false(idna_is_needed(slice_from("axn--b.xn-c.dev")));
	assert_true(idna_is_needed(slice_from("a.xn--b.dev")));
	assert_true(idna_is_needed(slice_from("xn--")));
	assert_true(idna_is_needed(slice_from("a.b\xc3\xbc")));
}

/* ---- addresses: the domain is ours in one form alone, the rows have both ----
 */

#define UTF8 "\xc3\xbc.dev"
#define ASCII "xn--tda.dev"

static enum account_outcome
one_domain(void *ctx, const struct account_name *name, struct str *alias_of,
    struct err *err)
{
	(void)ctx;
	(void)alias_of;
	(void)err;
	return slice_is(name->domain, UTF8) ? ACCOUNT_FOUND : ACCOUNT_UNKNOWN;
}

static enum account_outcome
two_users(void *ctx, const struct account_name *name,
    struct account_user *ret_user, struct err *err)
{
	(void)ctx;
	(void)err;
	if (!slice_is(name->user, "eva@" UTF8) &&
	    !slice_is(name->user, "ute@" ASCII))
		return ACCOUNT_UNKNOWN;
	ret_user->name = mem_strndup(name->user.ptr, name->user.len);
	ret_user->home = mem_strdup("");
	return ACCOUNT_FOUND;
}

static enum account_outcome
one_alias(void *ctx, const struct account_name *name, struct str *targets,
    struct err *err)
{
	(void)ctx;
	(void)err;
	if (!slice_is(name->user, "to@" ASCII))
		return ACCOUNT_UNKNOWN;
	str_append_cstr(targets, "ute@" UTF8);
	return ACCOUNT_FOUND;
}

/* As the driver would, of that one; another one cannot be, and one cannot be
 * told. */
static enum account_outcome
both_forms(struct slice domain, struct idna_forms *got, struct err *err)
{
	if (slice_is(domain, "xn--sick.dev")) {
		(void)err_set(err, 0, "no driver");
		return ACCOUNT_TEMPFAIL;
	}
	if (slice_is(domain, "xn--.dev"))
		return ACCOUNT_UNKNOWN;
	str_append_cstr(&got->ascii, ASCII);
	str_append_cstr(&got->utf8, UTF8);
	return ACCOUNT_FOUND;
}

static const struct {
	const char *address;
	enum account_outcome outcome;
	const char *found;
} addresses[] = {
	{ "eva@" UTF8, ACCOUNT_FOUND, "eva@" UTF8 },
	{ "eva@" ASCII, ACCOUNT_FOUND, "eva@" UTF8 },
	{ "ute@" UTF8, ACCOUNT_FOUND, "ute@" ASCII },
	{ "ute@" ASCII, ACCOUNT_FOUND, "ute@" ASCII },
	{ "to+x@" UTF8, ACCOUNT_FOUND, "ute@" ASCII },
	{ "no@" UTF8, ACCOUNT_UNKNOWN, NULL },
	{ "no@" ASCII, ACCOUNT_UNKNOWN, NULL },
	{ "eva@xn--.dev", ACCOUNT_UNKNOWN, NULL },
	{ "eva@xn--sick.dev", ACCOUNT_TEMPFAIL, NULL },
	{ "eva@far.dev", ACCOUNT_NOT_LOCAL, NULL },
};

static void
look_ups(void **state)
{
	const struct account_source source = { .domain = one_domain,
		.user = two_users,
		.alias = one_alias,
		.forms = both_forms,
		.delimiters = "+" };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(addresses); i++) {
		struct account_targets got = { NULL, 0 };
		enum account_outcome outcome = account_expand(
		    &source, slice_from(addresses[i].address), &got, &err);

		UNIT_CHECK(i, outcome == addresses[i].outcome);
		UNIT_CHECK(i, got.count == (addresses[i].found != NULL));
		if (got.count)
			assert_string_equal(
			    got.list[0].user.name, addresses[i].found);
		account_targets_release(&got);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(needs),
		cmocka_unit_test(look_ups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
