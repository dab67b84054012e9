#include "cmd/imapd/cmd_any.h"

#include "cmd/imapd/conn.h"
#include "cmd/imapd/response.h"
#include "common/base/log.h"

/* RFC 2971 section 3.3 */
#define ID_PAIRS_MAX 30
#define ID_NAME_MAX 30
#define ID_VALUE_MAX 1024
#define ID_LOG_MAX 512 /* octets of all that is logged */

void
cmd_noop(void *ctx, struct slice argument)
{
	(void)ctx;
	(void)argument;
}

/* "default" is what was spoken before LANGUAGE was said. */
static bool
is_spoken(struct slice range)
{
	static const char *const names[] = { "EN", "I-DEFAULT", "default" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is_nocase(range, names[i]))
			return true;
	return slice_starts_nocase(range, "EN-");
}

/* There is English, which i-default has to be (RFC 2277 section 4.5). */
void
cmd_language(void *ctx, struct slice argument)
{
	struct conn *conn = ctx;
	bool asked = argument.len > 0, spoken = false, good = true;
	struct slice range;
	struct args args;

	conn_args(conn, argument, &args);
	while (good && args.rest.len > 0) {
		good = args_astring(&args, &range) &&
		       (args.rest.len == 0 ||
			   (args_space(&args) && args.rest.len > 0));
		spoken |= good && is_spoken(range);
	}
	if (!good || !args_end(&args))
		conn_bad(conn, "LANGUAGE takes names of languages");
	else if (asked && !spoken)
		conn_no(conn, "CANNOT", "There is English alone");
	else
		str_append_cstr(
		    &conn->out, asked ? "* LANGUAGE (EN)\r\n"
				      : "* LANGUAGE (EN I-DEFAULT)\r\n");
}

void
cmd_logout(void *ctx, struct slice argument)
{
	(void)argument;
	conn_bye(ctx, "Logging out");
}

static void
note_pair(struct str *seen, struct slice name, struct slice value)
{
	if (value.ptr && seen->len < ID_LOG_MAX)
		str_appendf(seen, "%s%.*s=%.*s", seen->len ? ", " : "",
		    SLICE_FMT(name), SLICE_FMT(value));
	str_truncate(seen, ID_LOG_MAX);
}

/* "(" name value ... ")" */
static bool
parse_pairs(struct args *args, struct str *seen)
{
	struct slice name, value;
	unsigned pairs = 0;
	bool first = true;

	if (!args_open(args))
		return false;
	while (args_more(args, first)) {
		first = false;
		if (++pairs > ID_PAIRS_MAX || !args_string(args, &name) ||
		    !args_space(args) || !args_nstring(args, &value) ||
		    name.len > ID_NAME_MAX ||
		    (value.ptr && value.len > ID_VALUE_MAX))
			return args_fail(args);
		note_pair(seen, name, value);
	}
	return !args->bad;
}

void
cmd_id(void *ctx, struct slice argument)
{
	struct conn *conn = ctx;
	STR_AUTO seen = STR_INIT;
	struct slice nil;
	struct args args;

	conn_args(conn, argument, &args);
	if (args_peek(&args) == '(')
		(void)parse_pairs(&args, &seen); /* sticks in args */
	else if (args_nstring(&args, &nil) && nil.ptr)
		(void)args_fail(&args); /* false, always */
	if (!args_end(&args)) {
		conn_bad(conn, "ID takes a list of strings, or NIL");
		return;
	}
	if (seen.len)
		log_info("client is %s", str_cstr(&seen));
	str_append_cstr(&conn->out, "* ID (\"name\" \"njiwa\" \"version\" ");
	response_string(&conn->out, slice_from(NJIWA_VERSION));
	str_append_cstr(&conn->out, ")\r\n");
}
