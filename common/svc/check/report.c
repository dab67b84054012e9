/* What is written about the findings: the header's field and the log's. */
#include <stdlib.h>

#include "common/svc/check/report.h"

static const char *const results[] = {
	[CHECK_NONE] = "none",
	[CHECK_PASS] = "pass",
	[CHECK_NEUTRAL] = "neutral",
	[CHECK_FAIL] = "fail",
	[CHECK_TEMPERROR] = "temperror",
	[CHECK_PERMERROR] = "permerror",
};

/* What a finding asks for besides its score. */
static const char *const actions[] = {
	[CHECK_NOTHING] = "",
	[CHECK_FILE_AS_JUNK] = ", junk",
	[CHECK_DEFER] = ", defer",
	[CHECK_REJECT] = ", reject",
	[CHECK_CLOSE] = ", close",
};

/* A method that is not registered begins with "x-" (RFC 8601 section 2.7). */
static void
put_method(const struct check *row, struct str *out)
{
	if (row->method)
		str_append_cstr(out, row->method);
	else
		str_appendf(out, "x-%s", row->name);
}

void
checks_header(const struct checks *c, struct str *out)
{
	size_t i, n = 0;

	for (i = 0; c && i < checks_count; i++) {
		const struct check_finding *f = &c->findings[i];

		if (f->result == CHECK_NONE)
			continue;
		if (n++ == 0)
			str_appendf(out, "Authentication-Results: %s",
			    c->about.settings->hostname);
		str_append_cstr(out, ";\n\t");
		put_method(checks_table[i], out);
		str_appendf(out, "=%s", results[f->result]);
		if (f->properties.len)
			str_appendf(out, "%s%s",
			    str_cstr(&f->properties)[0] == ';' ? "" : " ",
			    str_cstr(&f->properties));
	}
	if (n)
		str_append_char(out, '\n');
}

void
check_print_score(int score, struct str *out)
{
	int size = abs(score);

	str_appendf(out, "%s%d", score < 0 ? "-" : "", size / CHECK_SCORE_UNIT);
	if (size % CHECK_SCORE_UNIT)
		str_appendf(out, ".%02d", size % CHECK_SCORE_UNIT);
}

void
checks_log(const struct checks *c, struct str *out)
{
	size_t i;

	for (i = 0; c && i < checks_count; i++) {
		const struct check_finding *f = &c->findings[i];

		if (f->result == CHECK_NONE)
			continue;
		str_appendf(out, "%s%s=%s", out->len ? " " : "",
		    checks_table[i]->name, results[f->result]);
		if (f->score == 0)
			continue;
		str_append_char(out, ':');
		check_print_score(f->score, out);
	}
}

void
check_describe(const struct check_finding *f, struct str *out)
{
	if (f->result == CHECK_NONE) {
		str_append_cstr(out, "nothing to look at");
		return;
	}
	str_append_cstr(out, results[f->result]);
	if (f->score)
		str_append_cstr(out, ", score ");
	if (f->score)
		check_print_score(f->score, out);
	str_append_cstr(out, actions[f->action]);
	if (f->reason.len)
		str_appendf(out, ": %s", str_cstr(&f->reason));
}
