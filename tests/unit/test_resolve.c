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
	"cat@two.dev", "dan+x@one.dev", "eve@all.dev", "off@one.dev",
	"fay@same.dev", "gus-y@one.dev" };

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
	{ "dan@one.dev",      "dan+x@one.dev|cat@two.dev" },
	{ "into@one.dev",     "cat@two.dev" },
	{ "into2@one.dev",    "cat+deep@two.dev|x@far.org" },
	{ "hal@two.dev",      "hal@two.dev|cat+lists@two.dev" },
	{ "cat+self@two.dev", "cat+self@two.dev|ann@one.dev" },
	{ "@all.dev",         "ann@one.dev" },
	{ "list@all.dev",     "bob@all.dev|cat@two.dev" },
	{ "@same.dev",        "cat@two.dev" },
	{ "@hole.dev",        NULL },
	{ "x@relay.org",      "ann@one.dev" },
	{ "@relay.org",       "ann@one.dev" },
	{ "gone@one.dev",     "off@one.dev" },
	{ "half2@one.dev",    "off@one.dev|cat@two.dev" },
	{ "tosame@two.dev",   "cat@same.dev" },
	{ "tostray@one.dev",  "x@stray.dev|cat@two.dev" },
};
/* clang-format on */

struct ram {
	struct str notices;
	size_t wide;  /* wide@one.dev has so many targets */
	size_t depth; /* deep0@one.dev is nested so deep */
	size_t chain; /* chain0 stands for so many domains, then two.dev */
	bool mailbox_first, users_make_domains;
	struct str steps;
	size_t domains; /* how often one was asked about */
};

static enum account_outcome
ram_domain(void *ctx, const struct account_name *name, struct str *alias_of,
    struct err *err)
{
	static const struct {
		const char *name, *alias_of;
	} ours[] = {
		{ "one.dev", "" },
		{ "two.dev", "" },
		{ "all.dev", "" },
		{ "hole.dev", "" },
		{ "same.dev", "TWO.dev" },
		{ "far.same.dev", "same.dev" },
		{ "ring1.dev", "ring2.dev" },
		{ "ring2.dev", "ring1.dev" },
		{ "stray.dev", "far.org" },
		{ "bad.dev", "no domain" },
	};
	struct ram *ram = ctx;
	size_t i;

	ram->domains++;
	if (slice_is(name->domain, "sick.org")) {
		(void)err_set(err, 0, "domain is sick");
		return ACCOUNT_TEMPFAIL;
	}
	if (ram->chain && slice_starts(name->domain, "chain")) {
		i = (size_t)atoi(name->domain.ptr + strlen("chain"));
		if (i < ram->chain)
			str_appendf(alias_of, "chain%zu", i + 1);
		else
			str_append_cstr(alias_of, "two.dev");
		return ACCOUNT_FOUND;
	}
	for (i = 0; i < UNIT_COUNT(ours); i++) {
		if (!slice_is(name->domain, ours[i].name))
			continue;
		str_append_cstr(alias_of, ours[i].alias_of);
		return ACCOUNT_FOUND;
	}
	return ACCOUNT_UNKNOWN;
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
		ret_user->disabled = strcmp(users[i], "off@one.dev") == 0;
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

static void
ram_trace(void *ctx, const char *text)
{
	struct ram *ram = ctx;

	str_appendf(&ram->steps, "%s\n", text);
}

static enum account_outcome
expand(struct ram *ram, const char *address, struct str *out, size_t *ret_count)
{
	const struct account_source source = { ram_domain, ram_user, ram_alias,
		NULL, ram_notice, ram_trace, ram, "+-", ram->mailbox_first,
		ram->users_make_domains };
	struct account_targets targets = { NULL, 0 };
	struct err err = { 0, "" };
	enum account_outcome outcome =
	    account_expand(&source, slice_from(address), &targets, &err);
	size_t i;

	for (i = 0; i < targets.count; i++) {
		const struct account_target *target = &targets.list[i];

		str_append_cstr(
		    out, target->local ? target->user.name : target->address);
		if (target->detail)
			str_appendf(out, "/%s", target->detail);
		str_append_char(out, ' ');
	}
	if (outcome == ACCOUNT_TEMPFAIL)
		assert_string_not_equal(err.text, "");
	*ret_count = targets.count;
	account_targets_release(&targets);
	return outcome;
}

static const struct {
	const char *address;
	enum account_outcome outcome;
	const char *targets;
} outcome_rows[] = {
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
	/* subaddresses: the whole name first */
	{ "cat+lists@two.dev", ACCOUNT_FOUND, "cat@two.dev/lists " },
	{ "cat+@two.dev", ACCOUNT_FOUND, "cat@two.dev " },
	{ "cat+a+b@two.dev", ACCOUNT_FOUND, "cat@two.dev/a+b " },
	{ "cat-a+b@two.dev", ACCOUNT_FOUND, "cat@two.dev/a+b " },
	{ "+cat@two.dev", ACCOUNT_UNKNOWN, "" },
	{ "+@two.dev", ACCOUNT_UNKNOWN, "" },
	{ "+cat+a@two.dev", ACCOUNT_UNKNOWN, "" },
	{ "dan+x@one.dev", ACCOUNT_FOUND, "dan+x@one.dev " },
	{ "dan+y@one.dev", ACCOUNT_FOUND, "dan+x@one.dev/y cat@two.dev/y " },
	{ "gus-y@one.dev", ACCOUNT_FOUND, "gus-y@one.dev " },
	{ "gus-z@one.dev", ACCOUNT_UNKNOWN, "" },
	{ "nobody+x@one.dev", ACCOUNT_UNKNOWN, "" },
	{ "x+y@far.org", ACCOUNT_NOT_LOCAL, "" },
	/* through aliases, but not to others */
	{ "into+a@one.dev", ACCOUNT_FOUND, "cat@two.dev/a " },
	{ "into2+a@one.dev", ACCOUNT_FOUND, "cat@two.dev/deep x@far.org " },
	{ "hal@two.dev", ACCOUNT_FOUND, "cat@two.dev/lists " },
	{ "cat+self@two.dev", ACCOUNT_FOUND, "cat@two.dev/self ann@one.dev " },
	/* a catch-all swallows nothing that is more exact */
	{ "nobody@all.dev", ACCOUNT_FOUND, "ann@one.dev " },
	{ "no+x@all.dev", ACCOUNT_FOUND, "ann@one.dev " },
	{ "eve@all.dev", ACCOUNT_FOUND, "eve@all.dev " },
	{ "eve+x@all.dev", ACCOUNT_FOUND, "eve@all.dev/x " },
	{ "list@all.dev", ACCOUNT_FOUND, "cat@two.dev ann@one.dev " },
	{ "any@hole.dev", ACCOUNT_DROP, "" },
	/* rows do not make a domain ours */
	{ "x@relay.org", ACCOUNT_NOT_LOCAL, "" },
	{ "y@relay.org", ACCOUNT_NOT_LOCAL, "" },
	/* other names for domains: their own rows first */
	{ "cat@same.dev", ACCOUNT_FOUND, "cat@two.dev " },
	{ "cat+a@far.same.dev", ACCOUNT_FOUND, "cat@two.dev/a " },
	{ "fay@same.dev", ACCOUNT_FOUND, "fay@same.dev " },
	{ "fay@far.same.dev", ACCOUNT_FOUND, "fay@same.dev " },
	{ "fay@two.dev", ACCOUNT_UNKNOWN, "" },
	{ "hal@same.dev", ACCOUNT_FOUND, "cat@two.dev/lists " },
	{ "other@same.dev", ACCOUNT_FOUND, "cat@two.dev " },
	{ "tosame@two.dev", ACCOUNT_FOUND, "cat@two.dev " },
	{ "x@ring1.dev", ACCOUNT_UNKNOWN, "" },
	{ "x@stray.dev", ACCOUNT_TEMPFAIL, "" },
	{ "tostray@one.dev", ACCOUNT_TEMPFAIL, "" },
	{ "x@bad.dev", ACCOUNT_UNKNOWN, "" },
	/* disabled */
	{ "off@one.dev", ACCOUNT_DISABLED, "" },
	{ "off+x@one.dev", ACCOUNT_DISABLED, "" },
	{ "gone@one.dev", ACCOUNT_DISABLED, "" },
	{ "half2@one.dev", ACCOUNT_FOUND, "cat@two.dev " },
};

static void
outcomes(void **state)
{
	struct ram ram = { 0 };
	size_t i, count;

	(void)state;
again:
	for (i = 0; i < UNIT_COUNT(outcome_rows); i++) {
		STR_AUTO out = STR_INIT;
		enum account_outcome outcome =
		    expand(&ram, outcome_rows[i].address, &out, &count);

		if (strcmp(str_cstr(&out), outcome_rows[i].targets) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
		UNIT_CHECK(i, outcome == outcome_rows[i].outcome);
	}
	ram.users_make_domains = !ram.users_make_domains;
	if (ram.users_make_domains)
		goto again; /* the same, with fewer questions */
	str_release(&ram.notices);
	str_release(&ram.steps);
}

/* An alias and a mailbox of one name: the site says which. */
static void
mailbox_first(void **state)
{
	static const struct {
		const char *address, *targets;
	} rows[] = {
		{ "bob@one.dev", "bob@one.dev " },
		{ "bob+x@one.dev", "bob@one.dev/x " },
		{ "dan@one.dev", "dan+x@one.dev cat@two.dev " },
		{ "plain@one.dev", "ann@one.dev " },
		{ "nobody@all.dev", "ann@one.dev " },
	};
	struct ram ram = { .mailbox_first = true };
	size_t i, count;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		UNIT_CHECK(i, expand(&ram, rows[i].address, &out, &count) ==
				  ACCOUNT_FOUND);
		if (strcmp(str_cstr(&out), rows[i].targets) != 0)
			fail_msg("row %zu: %s", i, str_cstr(&out));
	}
	str_release(&ram.notices);
	str_release(&ram.steps);
}

/* Each step is told, in the order of looking; and who has a mailbox costs no
 * question about his domain. */
static void
steps_told(void **state)
{
	struct ram ram = { .users_make_domains = true };
	STR_AUTO out = STR_INIT;
	size_t count;

	(void)state;
	(void)expand(&ram, "cat@two.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.steps),
	    "alias cat@two.dev: none\nmailbox cat@two.dev: cat@two.dev\n");
	assert_int_equal(ram.domains, 0);
	str_clear(&ram.steps);
	(void)expand(&ram, "no+x@same.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.steps),
	    "alias no+x@same.dev: none\n"
	    "mailbox no+x@same.dev: none\n"
	    "domain of no+x@same.dev: ours, another name for TWO.dev\n"
	    "domain of no+x@two.dev: ours\n"
	    "alias no+x@two.dev: none\n"
	    "mailbox no+x@two.dev: none\n"
	    "subaddress no+x@same.dev: no@same.dev with the detail \"x\"\n"
	    "alias no@same.dev: none\n"
	    "mailbox no@same.dev: none\n"
	    "subaddress no+x@two.dev: no@two.dev with the detail \"x\"\n"
	    "alias no@two.dev: none\n"
	    "mailbox no@two.dev: none\n"
	    "alias @same.dev: cat@two.dev\n"
	    "domain of @same.dev: ours, another name for TWO.dev\n"
	    "alias cat@two.dev: none\n"
	    "mailbox cat@two.dev: cat@two.dev\n");
	str_release(&ram.steps);
	str_release(&ram.notices);
}

/* Who is left out is told of. */
static void
notices(void **state)
{
	struct ram ram = { 0 };
	STR_AUTO out = STR_INIT;
	size_t count;

	(void)state;
	(void)expand(&ram, "half@one.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.notices),
	    "alias half@one.dev: target nobody@one.dev does not exist\n");
	str_clear(&ram.notices);
	(void)expand(&ram, "nobody@one.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.notices), "");
	(void)expand(&ram, "half2@one.dev", &out, &count);
	assert_string_equal(str_cstr(&ram.notices),
	    "alias half2@one.dev: target off@one.dev is disabled\n");
	str_release(&ram.notices);
	str_release(&ram.steps);
}

static void
ceilings(void **state)
{
	struct ram ram = { .wide = ACCOUNT_TARGETS_MAX,
		.depth = ACCOUNT_ALIAS_DEPTH,
		.chain = ACCOUNT_DOMAINS_MAX - 2 };
	STR_AUTO out = STR_INIT;
	size_t count;

	(void)state;
	assert_int_equal(
	    expand(&ram, "wide@one.dev", &out, &count), ACCOUNT_FOUND);
	assert_int_equal(count, ACCOUNT_TARGETS_MAX);
	assert_int_equal(
	    expand(&ram, "deep0@one.dev", &out, &count), ACCOUNT_FOUND);
	assert_int_equal(
	    expand(&ram, "cat@chain0", &out, &count), ACCOUNT_FOUND);
	ram.wide++;
	ram.depth++;
	ram.chain++;
	assert_int_equal(
	    expand(&ram, "wide@one.dev", &out, &count), ACCOUNT_TEMPFAIL);
	assert_int_equal(
	    expand(&ram, "deep0@one.dev", &out, &count), ACCOUNT_TEMPFAIL);
	assert_int_equal(
	    expand(&ram, "cat@chain0", &out, &count), ACCOUNT_UNKNOWN);
	str_release(&ram.steps);
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
		cmocka_unit_test(mailbox_first),
		cmocka_unit_test(steps_told),
		cmocka_unit_test(notices),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(name_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
