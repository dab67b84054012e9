/* What is written about the findings: the header's field and the log's. */
#include <stdlib.h>

#include "cmd/smtpd/check/report.h"

static const char *const results[] = {
	[CHECK_NONE] = "none",
	[CHECK_PASS] = "pass",
	[CHECK_NEUTRAL] = "neutral",
	[CHECK_FAIL] = "fail",
	[CHECK_TEMPERROR] = "temperror",
	[CHECK_PERMERROR] = "permerror",
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
checks_header(const struct smtp *s, struct str *out)
{
	size_t i, n = 0;

	for (i = 0; s->checks && i < checks_count; i++) {
		const struct check_finding *f = &s->checks->findings[i];

		if (f->result == CHECK_NONE)
			continue;
		if (n++ == 0)
			str_appendf(out, "Authentication-Results: %s",
			    s->settings->hostname);
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

static void
put_score(int score, struct str *out)
{
	int size = abs(score);

	str_appendf(
	    out, ":%s%d", score < 0 ? "-" : "", size / CHECK_SCORE_UNIT);
	if (size % CHECK_SCORE_UNIT)
		str_appendf(out, ".%02d", size % CHECK_SCORE_UNIT);
}

void
checks_log(const struct smtp *s, struct str *out)
{
	size_t i;

	for (i = 0; s->checks && i < checks_count; i++) {
		const struct check_finding *f = &s->checks->findings[i];

		if (f->result == CHECK_NONE)
			continue;
		str_appendf(out, "%s%s=%s", out->len ? " " : "",
		    checks_table[i]->name, results[f->result]);
		if (f->score)
			put_score(f->score, out);
	}
}
