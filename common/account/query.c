#include <errno.h>
#include <stdlib.h>

#include "common/account/query.h"
#include "common/base/str.h"

struct compiler {
	struct slice rest;
	enum query_numbers numbers;
	struct str sql;
	struct query query;
	struct err *err;
};

struct token {
	char letter;
	enum query_token token;
	enum query_numbers needs;
};

static const struct token tokens[] = {
	{ 'u', QUERY_USER, QUERY_TEXTS },
	{ 'n', QUERY_NAME, QUERY_TEXTS },
	{ 'd', QUERY_DOMAIN, QUERY_TEXTS },
	{ 'b', QUERY_OCTETS, QUERY_NUMBERS },
	{ 'm', QUERY_MESSAGES, QUERY_NUMBERS },
};

static const struct token *
find_token(const struct compiler *c, struct slice at)
{
	size_t i;

	if (at.len < 2 || at.ptr[0] != '%')
		return NULL;
	for (i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
		if (tokens[i].letter == at.ptr[1])
			return tokens[i].needs <= c->numbers ? &tokens[i]
							     : NULL;
	return NULL;
}

static int
put_param(struct compiler *c, enum query_token token, size_t eat)
{
	if (c->query.count == QUERY_PARAMS_MAX)
		return err_set(c->err, EINVAL, "more than %d tokens in a query",
		    QUERY_PARAMS_MAX);
	c->query.tokens[c->query.count++] = token;
	str_append_char(&c->sql, '?');
	c->rest = slice_skip(c->rest, eat);
	return 0;
}

static void
copy(struct compiler *c, size_t n)
{
	str_append(&c->sql, slice_head(c->rest, n));
	c->rest = slice_skip(c->rest, n);
}

/* %% is one %: the first one is left out. */
static void
copy_percent(struct compiler *c)
{
	if (slice_starts(c->rest, "%%"))
		c->rest = slice_skip(c->rest, 1);
	copy(c, 1);
}

static bool
is_letter(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/* At a % that is not within quotes. */
static int
compile_percent(struct compiler *c)
{
	const struct token *t = find_token(c, c->rest);

	if (t)
		return put_param(c, t->token, 2);
	if (c->rest.len > 1 && is_letter(c->rest.ptr[1]))
		return err_set(c->err, EINVAL,
		    "%%%c is no token here (%%%% is a %% sign)",
		    c->rest.ptr[1]);
	copy_percent(c);
	return 0;
}

/* One octet, or a %%, within quotes. */
static int
compile_quoted_octet(struct compiler *c)
{
	if (c->rest.ptr[0] == '\\')
		return err_set(c->err, EINVAL,
		    "a backslash within quotes: not all databases read it "
		    "alike");
	if (find_token(c, c->rest))
		return err_set(c->err, EINVAL,
		    "%%%c amid a quoted text: use CONCAT() or ||",
		    c->rest.ptr[1]);
	if (c->rest.ptr[0] == '%')
		copy_percent(c);
	else
		copy(c, 1);
	return 0;
}

/* Does a quoted text end here?  A doubled quote is one within it. */
static bool
closes(struct slice at, char quote)
{
	return at.len && at.ptr[0] == quote &&
	       (at.len == 1 || at.ptr[1] != quote);
}

/* At an opening quote, which also closes. */
static int
compile_quoted(struct compiler *c)
{
	char quote = c->rest.ptr[0];
	const struct token *t = find_token(c, slice_skip(c->rest, 1));
	int rc = 0;

	if (t && quote != '`' && closes(slice_skip(c->rest, 3), quote))
		return put_param(c, t->token, 4);
	copy(c, 1);
	while (rc == 0 && c->rest.len && c->rest.ptr[0] != quote)
		rc = compile_quoted_octet(c);
	if (rc == 0 && c->rest.len == 0)
		return err_set(c->err, EINVAL, "a quote that does not end");
	if (rc == 0)
		copy(c, 1);
	return rc;
}

static int
compile_next(struct compiler *c)
{
	switch (c->rest.ptr[0]) {
	case '%':
		return compile_percent(c);
	case '\'':
	case '"':
	case '`':
		return compile_quoted(c);
	case '?':
		return err_set(c->err, EINVAL, "a ? in a query");
	default:
		copy(c, 1);
		return 0;
	}
}

int
query_compile(const char *text, enum query_numbers numbers,
    struct query *ret_query, struct err *err)
{
	struct compiler c = { slice_from(text), numbers, STR_INIT,
		{ NULL, { 0 }, 0 }, err };
	int rc = 0;

	if (c.rest.len > QUERY_TEXT_MAX)
		return err_set(err, EINVAL, "a query of more than %d octets",
		    QUERY_TEXT_MAX);
	while (rc == 0 && c.rest.len)
		rc = compile_next(&c);
	if (rc == 0) {
		c.query.sql = str_take(&c.sql);
		*ret_query = c.query;
	}
	str_release(&c.sql);
	return rc;
}

void
query_release(struct query *query)
{
	free(query->sql);
	*query = (struct query){ 0 };
}
