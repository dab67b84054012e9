#include <errno.h>

#include "common/svc/content/pipe_list.h"
#include "common/base/num.h"

#define BLANKS " \t"
#define SPECIAL " \t,{}" /* ends a word that is not in quotes */

/* What a piece of the text is. */
enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_COMMA, TOKEN_OPEN, TOKEN_CLOSE };

struct token {
	enum token_kind kind;
	struct slice text;
	bool bad; /* a quote without its end */
};

static struct token
cut_quoted(struct slice *rest)
{
	char quote = rest->ptr[0];
	struct slice inner = slice_skip(*rest, 1);
	size_t end = slice_find(inner, quote);
	struct token token = { TOKEN_WORD, slice_head(inner, end),
		end == inner.len };

	*rest = slice_skip(inner, end + 1);
	return token;
}

static enum token_kind
kind_of(char c)
{
	if (c == ',')
		return TOKEN_COMMA;
	if (c == '{')
		return TOKEN_OPEN;
	return c == '}' ? TOKEN_CLOSE : TOKEN_WORD;
}

static struct token
next_token(struct slice *rest)
{
	struct token token = { TOKEN_END, { "", 0 }, false };
	size_t n = 0;

	while (rest->len && strchr(BLANKS, rest->ptr[0]))
		*rest = slice_skip(*rest, 1);
	if (rest->len == 0)
		return token;
	if (rest->ptr[0] == '"' || rest->ptr[0] == '\'')
		return cut_quoted(rest);
	while (n < rest->len && !strchr(SPECIAL, rest->ptr[n]))
		n++;
	token.kind = kind_of(rest->ptr[0]);
	token.text = slice_head(*rest, n ? n : 1);
	*rest = slice_skip(*rest, token.text.len);
	return token;
}

/* ---- an entry ---- */

static int
bad_text(struct err *err, struct slice text)
{
	return err_set(err, EINVAL, "content_commands: %.*s makes no sense",
	    SLICE_FMT(text));
}

static bool
is_name(struct slice name)
{
	size_t i;

	for (i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || strchr("._-", c);

		if (c == '\0' || !good)
			return false;
	}
	return name.len > 0 && name.len <= PIPE_NAME_MAX;
}

/* A word of filters_mx that stands for something else. */
static bool
is_reserved(struct slice name)
{
	return slice_is(name, "milters") || slice_is(name, "clamd") ||
	       slice_is(name, "spam") || slice_is(name, "commands");
}

static bool
set_name(struct pipe_spec *spec, struct slice name)
{
	if (!is_name(name) || is_reserved(name))
		return false;
	memcpy(spec->name, name.ptr, name.len);
	spec->name[name.len] = '\0';
	return true;
}

/* name=value */
static bool
set_option(struct pipe_spec *spec, struct slice option)
{
	size_t at = slice_find(option, '=');
	struct slice name = slice_head(option, at);
	struct slice value = slice_skip(option, at + 1);
	uint64_t number;

	if (slice_is(name, "name"))
		return set_name(spec, value);
	if (slice_is(name, "default_action"))
		return milter_failure_parse(value, &spec->failure);
	if (slice_is(name, "timeout")) {
		if (!num_parse_time(value, PIPE_TIMEOUT_MAX_MS, &number))
			return false;
		spec->timeout_ms = (int64_t)number;
		return number > 0;
	}
	if (slice_is(name, "max_size"))
		return num_parse_size(value, PIPE_SIZE_MAX, &spec->max_size);
	return false;
}

static int
add_word(struct pipe_spec *spec, const struct token *token, struct err *err)
{
	if (token->bad)
		return err_set(
		    err, EINVAL, "content_commands: a quote has no end");
	if (spec->count == 0 && !slice_starts(token->text, "/"))
		return err_set(err, EINVAL,
		    "content_commands: %.*s is no absolute path",
		    SLICE_FMT(token->text));
	if (spec->count == PIPE_WORDS_MAX)
		return err_set(err, EINVAL,
		    "content_commands: more than %d words", PIPE_WORDS_MAX);
	spec->words[spec->count++] = token->text;
	return 0;
}

/* Options, up to "}". */
static int
parse_options(struct slice *rest, struct pipe_spec *spec, struct err *err)
{
	struct token token;

	while ((token = next_token(rest)).kind != TOKEN_END) {
		if (token.kind == TOKEN_CLOSE)
			return 0;
		if (token.kind == TOKEN_OPEN ||
		    (token.kind == TOKEN_WORD &&
			(token.bad || !set_option(spec, token.text))))
			return bad_text(err, token.text);
	}
	return err_set(err, EINVAL, "content_commands: } is missing");
}

/* What follows "{": the command, options, up to "}". */
static int
parse_group(struct slice *rest, struct pipe_spec *spec, struct err *err)
{
	struct token token;
	int rc = 0;

	while (rc == 0 && (token = next_token(rest)).kind == TOKEN_WORD)
		rc = add_word(spec, &token, err);
	if (rc < 0)
		return rc;
	if (token.kind == TOKEN_COMMA)
		rc = parse_options(rest, spec, err);
	else if (token.kind != TOKEN_CLOSE)
		rc = err_set(err, EINVAL, "content_commands: } is missing");
	if (rc == 0 && spec->count == 0)
		rc = err_set(err, EINVAL, "content_commands: { } is empty");
	return rc;
}

/* The last part of the program's path, unless it has a name. */
static int
name_it(struct pipe_spec *spec, struct err *err)
{
	struct slice path = spec->words[0];
	size_t at = path.len;

	if (spec->name[0])
		return 0;
	while (at && path.ptr[at - 1] != '/')
		at--;
	if (set_name(spec, slice_skip(path, at)))
		return 0;
	return err_set(err, EINVAL,
	    "content_commands: %.*s needs an option name=", SLICE_FMT(path));
}

static bool
is_known(const struct pipe_spec *specs, int n, const char *name)
{
	while (n-- > 0)
		if (strcmp(specs[n].name, name) == 0)
			return true;
	return false;
}

static int
parse_entry(struct slice *rest, const struct token *token,
    struct pipe_spec *spec, struct err *err)
{
	int rc;

	if (token->kind == TOKEN_OPEN)
		rc = parse_group(rest, spec, err);
	else if (token->kind == TOKEN_WORD)
		rc = add_word(spec, token, err);
	else
		rc = bad_text(err, token->text);
	return rc < 0 ? rc : name_it(spec, err);
}

int
pipe_list_parse(const char *text, const struct pipe_spec *defaults,
    struct pipe_spec ret_specs[PIPES_MAX], struct err *err)
{
	struct slice rest = slice_from(text);
	struct token token;
	int n = 0, rc;

	while ((token = next_token(&rest)).kind != TOKEN_END) {
		struct pipe_spec spec = *defaults;

		if (token.kind == TOKEN_COMMA)
			continue;
		if (n == PIPES_MAX)
			return err_set(err, EINVAL,
			    "content_commands: more than %d", PIPES_MAX);
		rc = parse_entry(&rest, &token, &spec, err);
		if (rc < 0)
			return rc;
		if (is_known(ret_specs, n, spec.name))
			return err_set(err, EINVAL,
			    "content_commands: two are called %s", spec.name);
		ret_specs[n++] = spec;
	}
	return n;
}

int
pipe_list_of(const struct settings *settings,
    struct pipe_spec ret_specs[PIPES_MAX], struct err *err)
{
	struct pipe_spec defaults = {
		.timeout_ms = settings->content_command_timeout,
		.max_size = (uint64_t)settings->content_command_max_size,
	};

	(void)milter_failure_parse(
	    slice_from(settings->content_command_default_action),
	    &defaults.failure); /* a word of the setting's own list */
	return pipe_list_parse(
	    settings->content_commands, &defaults, ret_specs, err);
}
