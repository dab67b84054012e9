/* The query compiler, and aliases with whatever stands in them. */
#include <stdlib.h>

#include "common/account/query.h"
#include "common/account/source.h"
#include "common/base/mem.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As many ? outside quotes as there are tokens: what a database will count. */
static size_t
count_marks(const char *sql)
{
	size_t n = 0;
	char quote = '\0';

	for (; *sql; sql++) {
		if (quote && *sql == quote)
			quote = '\0';
		else if (!quote && (*sql == '\'' || *sql == '"' || *sql == '`'))
			quote = *sql;
		else if (!quote && *sql == '?')
			n++;
	}
	return n;
}

static void
compile(const char *text, enum query_numbers numbers)
{
	struct query query = { 0 };
	struct err err;

	if (query_compile(text, numbers, &query, &err) < 0)
		return;
	if (count_marks(query.sql) != query.count)
		__builtin_trap();
	query_release(&query);
}

static enum account_outcome
every_domain(void *ctx, const struct account_name *name, struct str *alias_of,
    struct err *err)
{
	const struct slice *input = ctx;

	(void)err;
	if (name->domain.len % 3 == 0 && input->len)
		str_append(alias_of, slice_skip(*input, input->len / 2));
	return name->domain.len % 2 ? ACCOUNT_FOUND : ACCOUNT_UNKNOWN;
}

static enum account_outcome
some_user(void *ctx, const struct account_name *name,
    struct account_user *ret_user, struct err *err)
{
	(void)ctx;
	(void)err;
	if (name->local.len % 2)
		return ACCOUNT_UNKNOWN;
	*ret_user = (struct account_user){ 0 };
	ret_user->name = mem_strndup(name->user.ptr, name->user.len);
	ret_user->home = mem_strdup("");
	ret_user->disabled = name->local.len % 6 == 0;
	return ACCOUNT_FOUND;
}

/* The input is the targets of all that begins with a letter before 'm'. */
static enum account_outcome
input_alias(void *ctx, const struct account_name *name, struct str *targets,
    struct err *err)
{
	const struct slice *input = ctx;

	(void)err;
	if (name->user.ptr[0] > 'm')
		return ACCOUNT_UNKNOWN;
	str_append(targets, *input);
	return ACCOUNT_FOUND;
}

static void
expand(struct slice input)
{
	const struct account_source source = {
		.domain = every_domain,
		.user = some_user,
		.alias = input_alias,
		.ctx = &input,
		.delimiters = "+-",
		.mailbox_first = input.len % 2,
		.users_make_domains = input.len % 4 > 1,
	};
	struct account_targets targets = { NULL, 0 };
	struct err err;
	size_t i;
	enum account_outcome outcome =
	    account_expand(&source, slice_from("a@x"), &targets, &err);

	if ((outcome == ACCOUNT_FOUND) != (targets.count > 0) ||
	    targets.count > ACCOUNT_TARGETS_MAX)
		__builtin_trap();
	for (i = 0; i < targets.count; i++)
		if (targets.list[i].user.disabled ||
		    (targets.list[i].detail && !targets.list[i].detail[0]))
			__builtin_trap();
	account_targets_release(&targets);
}

/* What is cut apart is the name but for the delimiter. */
static void
split(struct slice input)
{
	STR_AUTO buffer = STR_INIT;
	STR_AUTO cut = STR_INIT;
	struct account_name name, base;
	struct slice detail;

	if (!account_name_parse(input, &buffer, &name) ||
	    !account_name_split(&name, "+-", &cut, &base, &detail))
		return;
	if (base.local.len == 0 ||
	    base.local.len + 1 + detail.len != name.local.len ||
	    !slice_equal(base.domain, name.domain))
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);

	compile(text, QUERY_TEXTS);
	compile(text, QUERY_NUMBERS);
	if (size < 4096)
		expand(slice_of((const char *)data, size));
	split(slice_of((const char *)data, size));
	free(text);
	return 0;
}
