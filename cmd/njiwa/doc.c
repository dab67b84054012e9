/* From the table's rows to mdoc. */
#include "cmd/njiwa/doc.h"
#include "common/svc/settings_table.h"

#define COLUMNS 78 /* of the page's source */

/* Appends text for mdoc: a backslash is one. */
static void
append_escaped(struct str *out, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\')
			str_append_cstr(out, "\\e");
		else
			str_append_char(out, text.ptr[i]);
	}
}

/* Appends one sentence, folded. */
static void
append_folded(struct str *out, struct slice text)
{
	struct slice word;
	size_t column = 0;

	while (slice_next(&text, ' ', &word)) {
		bool first = column == 0;

		if (!first && column + 1 + word.len > COLUMNS) {
			str_append_char(out, '\n');
			column = 0;
		} else if (!first) {
			str_append_char(out, ' ');
			column++;
		}
		append_escaped(out, word);
		column += word.len;
	}
	str_append_char(out, '\n');
}

/* Appends the paragraph, each sentence on a new line. */
static void
append_help(struct str *out, const char *help)
{
	const char *end;

	while ((end = strstr(help, ".  ")) != NULL) {
		append_folded(out, slice_of(help, (size_t)(end + 1 - help)));
		help = end + 3;
	}
	append_folded(out, slice_from(help));
}

/* " a, b, c" */
static void
append_words(struct str *out, const char *words)
{
	struct slice rest = slice_from(words), word;
	bool first = true;

	while (slice_next(&rest, ' ', &word)) {
		str_appendf(out, "%s %.*s", first ? "" : ",", SLICE_FMT(word));
		first = false;
	}
}

/* " with %a %b" */
static void
append_letters(struct str *out, const char *letters)
{
	str_append_cstr(out, " with");
	for (; *letters; letters++)
		str_appendf(out, " %%%c", *letters);
}

/* What the value may be, in a sentence of its own. */
static void
append_kind(struct str *out, const struct setting *row)
{
	static const char *const kinds[] = {
		[SETTING_BOOL] = "Yes or no",
		[SETTING_INT] = "A number",
		[SETTING_SIZE] = "A size",
		[SETTING_TIME] = "A time",
		[SETTING_TEXT] = "A text",
		[SETTING_HOST] = "The name of a host",
		[SETTING_SCORE] = "A number such as 7.5",
		[SETTING_VERDICT] =
		    "Off, log (only noted), junk, defer, reject, or a score",
		[SETTING_ENUM] = "One of:",
		[SETTING_PATH] = "A path",
		[SETTING_QUERY] = "A query",
		[SETTING_SECRET] = "A secret",
	};

	str_append_cstr(out, kinds[row->type]);
	if (row->type >= SETTING_INT && row->type <= SETTING_TIME)
		str_append_char(out, ' ');
	settings_print_bounds(row, out);
	if (row->type == SETTING_ENUM)
		append_words(out, row->choices);
	else if (row->choices)
		append_letters(out, row->choices);
	str_append_cstr(out, ".\n");
}

/* An argument of a macro: one word, whatever is in it. */
static void
append_argument(struct str *out, const char *text)
{
	const char *p;

	str_append_char(out, '"');
	for (p = text; *p; p++) {
		if (*p == '"')
			str_append_cstr(out, "\"\"");
		else
			append_escaped(out, slice_of(p, 1));
	}
	/* a dot at the end is not the sentence's */
	str_append_cstr(out, "\\&\"");
}

static void
append_default(struct str *out, const char *value)
{
	if (value[0] == '\0')
		return;
	/* depends on how njiwa was configured; the page does not */
	if (strcmp(value, NJIWA_LIBEXEC_DIR) == 0) {
		str_append_cstr(out, "Default: where they were installed.\n");
		return;
	}
	str_append_cstr(out, "Default:\n.Ql ");
	append_argument(out, value);
	str_append_cstr(out, " .\n");
}

static void
append_row(struct str *out, const struct setting *row)
{
	str_appendf(out, ".It Ic %s\n", row->name);
	append_help(out, row->help);
	append_kind(out, row);
	if (row->env)
		str_appendf(out, "Environment:\n.Ev %s .\n", row->env);
	append_default(out, row->initial);
}

void
doc_settings(struct str *out)
{
	const char *section = NULL;
	size_t i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];

		if (section == NULL || strcmp(section, row->section) != 0) {
			if (section)
				str_append_cstr(out, ".El\n");
			section = row->section;
			str_appendf(
			    out, ".Ss %s\n.Bl -tag -width Ds\n", section);
		}
		append_row(out, row);
	}
	str_append_cstr(out, ".El\n");
}
