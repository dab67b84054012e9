#include <stdlib.h>

#include "common/account/source.h"
#include "common/base/mem.h"
#include "tests/unit/unit.h"

/* A database of the test's own: mailboxes and aliases in tables. */
struct alias {
	const char *address;
	const char *targets; /* NULL: drop; "!": cannot look */
};

static const char *const users[] = { "ann@one.dev", "bob@one.dev",
	"cat@two.dev" };

/* clang-format off */
static const struct alias aliases[] = {
	{ "plain@one.dev",    "ann@one.dev" },
	{ "several@one.dev",  "ann@one.dev|bob@one.dev | cat@two.dev" },
	{ "far@one.dev",      "x@far.org" },
	{ "twice@one.dev",    "ann@one.dev|plain@one.dev|x@far.org|x@far.org" },
	{ "nested@one.dev",   "several@one.dev|far@one.dev" },
	{ "ann@one.dev",      "ann@one.dev" },
	{ "bob@one.dev",      "BOB@one.dev|x@far.org" },
	{ "loop1@one.dev",    "loop2@one.dev" },
	{ "loop2@one.dev",    "loop1@one.dev" },
	{ "loop3@one.dev",    "loop4@one.dev|cat@two.dev" },
	{ "loop4@one.dev",    "loop3@one.dev" },
	{ "self@one.dev",     "self@one.dev" },
	{ "drop@one.dev",     NULL },
	{ "drops@one.dev",    "drop@one.dev" },
	{ "part@one.dev",     "drop@one.dev|cat@two.dev" },
	{ "broken@one.dev",   "nobody@one.dev" },
	{ "half@one.dev",     "nobody@one.dev|cat@two.dev" },
	{ "bad@one.dev",      "cat@two.dev|sick@one.dev" },
	{ "sick@one.dev",     "!" },
	{ "baddomain@one.dev", "x@sick.org|cat@two.dev" },
	{ "empty@one.dev",    "" },
	{ "bars@one.dev",     " | || cat@two.dev |" },
	{ "rubbish@one.dev",  "no address|@|x@|@one.dev|cat@two.dev" },
	{ "case@one.dev",     "cat@TWO.dev|x@FAR.org" },
};
/* clang-format on */

struct ram {
	struct str notices;
	size_t wide;  /* wide@one.dev has so many targets */
	size_t depth; /* deep0@one.dev is nested so deep */
};

static enum account_outcome
ram_domain(void *ctx, const struct account_name *name, struct err *err)
{
	(void)ctx;
	if (slice_is(name->domain, "sick.org")) {
		(void)err_set(err, 0, "domain is sick");
		return ACCOUNT_TEMPFAIL;
	}
	return slice_is(name->domain, "one.dev") ||
		       slice_is(name->domain, "two.dev")
		   ? ACCOUNT_FOUND
		   : ACCOUNT_UNKNOWN;
}

static enum account_outcome
ram_user(void *ctx, const struct account_name *name,
    struct account_user *ret_user, struct err *err)
{
	size_t i;

	(void)ctx;
	(void)err;
	for (i = 0; i < UNIT_COUNT(users); i++) {
		if (!slice_is_nocase(name->user, users[i]))
			continue;
		*ret_user =
		    (struct account_user){ .name = mem_strdup(users[i]) };
		ret_user->home = mem_strdup("");
		return ACCOUNT_FOUND;
	}
	return ACCOUNT_UNKNOWN;
}

static enum account_outcome
ram_many(
    const struct ram *ram, const struct account_name *name, struct str *targets)
{
	size_t i;

	if (slice_is(name->user, "wide@one.dev")) {
		for (i = 0; i < ram->wide; i++)
			str_appendf(targets, "%zu@far.org|", i);
		return ACCOUNT_FOUND;
	}
	if (slice_starts(name->user, "deep")) {
		i = (size_t)atoi(name->user.ptr + strlen("deep"));
		if (i + 1 >= ram->depth)
			str_append_cstr(targets, "x@far.org");
		else
			str_appendf(targets, "deep%zu@one.dev", i + 1);
		return ACCOUNT_FOUND;
	}
	return ACCOUNT_UNKNOWN;
}

static enum account_outcome
ram_alias(void *ctx, const struct account_name *name, struct str *targets,
    struct err *err)
{
	size_t i;

	for (i = 0; i < UNIT_COUNT(aliases); i++) {
		if (!slice_is_nocase(name->user, aliases[i].address))
			continue;
		if (aliases[i].targets == NULL)
			return ACCOUNT_DROP;
		if (strcmp(aliases[i].targets, "!") == 0) {
			(void)err_set(err, 0, "alias is sick");
			return ACCOUNT_TEMPFAIL;
		}
		str_append_cstr(targets, aliases[i].targets);
		return ACCOUNT_FOUND;
	}
	return ram_many(ctx, name, targets);
}

static void
ram_notice(void *ctx, const char *text)
{
	struct ram *ram = ctx;

	str_append_cstr(&ram->notices, text);
	str_append_char(&ram->notices, '\n');
}

static enum account_outcome
expand(struct ram *ram, const char *address, struct str *out, size_t *ret_count)
{
	const struct account_source source = { ram_domain, ram_user, ram_alias,
		ram_notice, ram };
	struct account_targets targets = { NULL, 0 };
	struct err err = { 0, "" };
	enum account_outcome outcome =
	    account_expand(&source, slice_from(address), &targets, &err);
	size_t i;

	for (i = 0; i < targets.count; i++)
		str_appendf(out, "%s ",
		    targets.list[i].local ? targets.list[i].user.name
					  : targets.list[i].address);
	if (outcome == ACCOUNT_TEMPFAIL)
		assert_string_not_equal(err.text, "");
	*ret_count = targets.count;
	account_targets_release(&targets);
	return outcome;
}

static void
outcomes(void **state)
{
	static const struct {
		const char *address;
		enum account_outcome outcome;
		const char *targets;
	} rows[] = {
		{ "cat@two.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "cat@TWO.DEV", ACCOUNT_FOUND, "cat@two.dev " },
		{ "CAT@two.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "nobody@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "x@far.org", ACCOUNT_NOT_LOCAL, "" },
		{ "x@sick.org", ACCOUNT_TEMPFAIL, "" },
		{ "nobody", ACCOUNT_UNKNOWN, "" },
		{ "", ACCOUNT_UNKNOWN, "" },
		{ "@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "a\nb@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "a\xff@one.dev", ACCOUNT_UNKNOWN, "" },
		{ "a@b@two.dev", ACCOUNT_UNKNOWN, "" },
		{ "plain@one.dev", ACCOUNT_FOUND, "ann@one.dev " },
		{ "several@one.dev", ACCOUNT_FOUND,
		    "cat@two.dev ann@one.dev bob@one.dev x@far.org " },
		{ "far@one.dev", ACCOUNT_FOUND, "x@far.org " },
		{ "twice@one.dev", ACCOUNT_FOUND, "x@far.org ann@one.dev " },
		{ "nested@one.dev", ACCOUNT_FOUND,
		    "cat@two.dev x@far.org ann@one.dev bob@one.dev " },
		{ "ann@one.dev", ACCOUNT_FOUND, "ann@one.dev " },
		{ "bob@one.dev", ACCOUNT_FOUND, "bob@one.dev x@far.org " },
		{ "Bob@one.dev", ACCOUNT_FOUND, "bob@one.dev x@far.org " },
		{ "loop1@one.dev", ACCOUNT_TEMPFAIL, "" },
		{ "loop3@one.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "self@one.dev", ACCOUNT_TEMPFAIL, "" },
		{ "drop@one.dev", ACCOUNT_DROP, "" },
		{ "drops@one.dev", ACCOUNT_DROP, "" },
		{ "part@one.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "broken@one.dev", ACCOUNT_TEMPFAIL, "" },
		{ "half@one.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "bad@one.dev", ACCOUNT_TEMPFAIL, "" },
		{ "baddomain@one.dev", ACCOUNT_TEMPFAIL, "" },
		{ "empty@one.dev", ACCOUNT_TEMPFAIL, "" },
		{ "bars@one.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "rubbish@one.dev", ACCOUNT_FOUND, "cat@two.dev " },
		{ "case@one.dev", ACCOUNT_FOUND, "cat@two.dev x@FAR.org " },
	};
	struct ram ram = { STR_INIT, 0, 0 };
	size_t i, count;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		enum account_outcome outcome =
		    expand(&ram, rows[i].address, &out, &count);

		if (strcmp(str_cstr(&out), rows[i].targets) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
		UNIT_CHECK(i, outcome == rows[i].outcome);
	}
	str_release(&ram.notices);
}

/* Who is left out is told of. */
static void
notices(void **state)
{
	struct ram ram = { STR_INIT, 0, 0 };
	STR_AUTO out = STR_INIT;
	size_t count;

	(void)state;
	(void)expand(&ram, "half@one.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.notices),
	    "alias half@one.dev: target nobody@one.dev does not exist\n");
	str_clear(&ram.notices);
	(void)expand(&ram, "nobody@one.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.notices), "");
	str_release(&ram.notices);
}

static void
ceilings(void **state)
{
	struct ram ram = { STR_INIT, ACCOUNT_TARGETS_MAX, ACCOUNT_ALIAS_DEPTH };
	STR_AUTO out = STR_INIT;
	size_t count;

	(void)state;
	assert_int_equal(
	    expand(&ram, "wide@one.dev", &out, &count), ACCOUNT_FOUND);
	assert_int_equal(count, ACCOUNT_TARGETS_MAX);
	assert_int_equal(
	    expand(&ram, "deep0@one.dev", &out, &count), ACCOUNT_FOUND);
	ram.wide++;
	ram.depth++;
	assert_int_equal(
	    expand(&ram, "wide@one.dev", &out, &count), ACCOUNT_TEMPFAIL);
	assert_int_equal(
	    expand(&ram, "deep0@one.dev", &out, &count), ACCOUNT_TEMPFAIL);
}

static void
name_length(void **state)
{
	char address[ACCOUNT_NAME_MAX + 1];
	struct account_name name;
	STR_AUTO buffer = STR_INIT;

	(void)state;
	memset(address, 'a', sizeof address);
	memcpy(address, "a@", 2);
	assert_true(account_name_parse(
	    slice_of(address, ACCOUNT_NAME_MAX), &buffer, &name));
	assert_int_equal(name.local.len, 1);
	assert_int_equal(name.domain.len, ACCOUNT_NAME_MAX - 2);
	assert_false(account_name_parse(
	    slice_of(address, ACCOUNT_NAME_MAX + 1), &buffer, &name));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(notices),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(name_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
