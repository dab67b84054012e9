/* Values: text to field and field to text, one row of functions a type. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/svc/settings_table.h"

#define HOST_MAX 255 /* octets of a host name */

struct place {
	struct settings *settings;
	const struct setting *row;
};

static void *
field_of(struct settings *settings, const struct setting *row)
{
	return (char *)settings + row->offset;
}

static const void *
field_in(const struct settings *settings, const struct setting *row)
{
	return (const char *)settings + row->offset;
}

static const char *
text_in(const struct settings *settings, const struct setting *row)
{
	const char *const *field = field_in(settings, row);

	return *field ? *field : "";
}

static int64_t
number_in(const struct settings *settings, const struct setting *row)
{
	const int64_t *field = field_in(settings, row);

	return *field;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* The value in the largest unit that loses nothing. */
static void
append_in_units(struct str *out, int64_t value, const struct unit *units)
{
	while (units->factor > 1 && (value == 0 || value % units->factor))
		units++;
	str_appendf(
	    out, "%lld%s", (long long)(value / units->factor), units->name);
}

static void
append_number(struct str *out, enum setting_type type, int64_t value)
{
	static const struct unit sizes[] = { { "G", 1 << 30 }, { "M", 1 << 20 },
		{ "k", 1 << 10 }, { "", 1 } };
	static const struct unit times[] = { { "d", 86400000 },
		{ "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };

	if (type == SETTING_SIZE)
		append_in_units(out, value, sizes);
	else if (type == SETTING_TIME && value == 0)
		str_append_cstr(out, "0");
	else if (type == SETTING_TIME)
		append_in_units(out, value, times);
	else
		str_appendf(out, "%lld", (long long)value);
}

void
settings_print_bounds(const struct setting *row, struct str *out)
{
	if (row->type < SETTING_INT || row->type > SETTING_TIME)
		return;
	str_append_cstr(out, "from ");
	append_number(out, row->type, row->min);
	str_append_cstr(out, " to ");
	append_number(out, row->type, row->max);
}

static bool
set_bool(struct place at, const char *text, struct str *problem)
{
	static const char *const words[2][4] = {
		{ "no", "off", "false", "0" },
		{ "yes", "on", "true", "1" },
	};
	bool *field = field_of(at.settings, at.row);
	size_t i;

	for (i = 0; i < 8; i++) {
		if (strcasecmp(text, words[i / 4][i % 4]) == 0) {
			*field = i / 4;
			return true;
		}
	}
	str_appendf(problem, "\"%s\" is neither yes nor no", text);
	return false;
}

static bool
parse_int(struct slice text, int64_t *ret_value)
{
	bool negative = slice_starts(text, "-");
	uint64_t value;

	if (!num_parse(slice_skip(text, negative), INT64_MAX, &value))
		return false;
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static bool
parse_number(enum setting_type type, struct slice text, int64_t *ret_value)
{
	uint64_t value;
	bool good;

	if (type == SETTING_INT)
		return parse_int(text, ret_value);
	if (type == SETTING_SIZE)
		good = num_parse_size(text, INT64_MAX, &value);
	else
		good = num_parse_time(text, INT64_MAX, &value);
	if (good)
		*ret_value = (int64_t)value;
	return good;
}

static bool
set_number(struct place at, const char *text, struct str *problem)
{
	static const char *const kinds[] = {
		[SETTING_INT] = "a number",
		[SETTING_SIZE] = "a size such as 500k or 25M",
		[SETTING_TIME] = "a time such as 30s, 5m or 1h",
	};
	const struct setting *row = at.row;
	int64_t *field = field_of(at.settings, row), value;

	if (!parse_number(row->type, slice_from(text), &value)) {
		str_appendf(
		    problem, "\"%s\" is not %s", text, kinds[row->type]);
		return false;
	}
	if (value < row->min || value > row->max) {
		str_appendf(problem, "%s is not in the range ", text);
		settings_print_bounds(row, problem);
		return false;
	}
	*field = value;
	return true;
}

/* Frees the text of a row unless it is the table's own. */
static void
free_text(struct settings *settings, const struct setting *row)
{
	void *old;

	memcpy(&old, field_of(settings, row), sizeof old);
	if (old != row->initial)
		free(old);
}

static bool
keep_text(struct place at, const char *text)
{
	const char **field = field_of(at.settings, at.row);
	const char *kept = at.row->initial;

	if (strcmp(text, kept) != 0)
		kept = mem_strdup(text);
	free_text(at.settings, at.row);
	*field = kept;
	return true;
}

static bool
set_text(struct place at, const char *text, struct str *problem)
{
	if (at.row->min && text[0] == '\0') {
		str_append_cstr(problem, "must not be empty");
		return false;
	}
	return keep_text(at, text);
}

static bool
set_host(struct place at, const char *text, struct str *problem)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	if (text[strspn(text, good)] || strlen(text) > HOST_MAX ||
	    (text[0] && !isalnum((unsigned char)text[0]))) {
		str_appendf(problem, "\"%s\" is no name of a host", text);
		return false;
	}
	return keep_text(at, text);
}

static bool
set_score(struct place at, const char *text, struct str *problem)
{
	struct slice rest = slice_from(text);
	uint64_t part;

	rest = slice_skip(rest, slice_starts(rest, "-"));
	if (text[0] && (!num_eat(&rest, 9999, &part) ||
			   (slice_starts(rest, ".") &&
			       !num_parse(slice_skip(rest, 1), 9999, &part)) ||
			   (rest.len && rest.ptr[0] != '.'))) {
		str_appendf(
		    problem, "\"%s\" is not a score such as 5 or 7.5", text);
		return false;
	}
	return keep_text(at, text);
}

/* Is word one of words? */
static bool
is_choice(struct slice word, const char *words)
{
	struct slice rest = slice_from(words), choice;

	while (slice_next(&rest, ' ', &choice)) {
		if (slice_equal(choice, word))
			return true;
	}
	return false;
}

static bool
set_verdict(struct place at, const char *text, struct str *problem)
{
	STR_AUTO ignored = STR_INIT;

	if (is_choice(slice_from(text), "off log junk defer reject"))
		return keep_text(at, text);
	if (text[0] && set_score(at, text, &ignored))
		return true;
	str_appendf(problem,
	    "\"%s\" is neither off, log, junk, defer, reject nor a score",
	    text);
	return false;
}

static bool
set_enum(struct place at, const char *text, struct str *problem)
{
	struct slice near;

	if (is_choice(slice_from(text), at.row->choices))
		return keep_text(at, text);
	near = settings_nearest_word(slice_from(text), at.row->choices);
	str_appendf(problem, "\"%s\" is none of: %s", text, at.row->choices);
	if (near.len)
		str_appendf(problem, "; did you mean %.*s?", SLICE_FMT(near));
	return false;
}

/* Every % stands before % or one of the letters. */
static bool
tokens_good(const char *text, const char *letters, struct str *problem)
{
	const char *p = text, *l;

	while ((p = strchr(p, '%')) != NULL) {
		if (p[1] == '\0' || (p[1] != '%' && !strchr(letters, p[1])))
			break;
		p += 2;
	}
	if (p == NULL)
		return true;
	str_appendf(problem, "%%%.1s is not known here; there are", p + 1);
	for (l = letters; *l; l++)
		str_appendf(problem, " %%%c", *l);
	str_append_cstr(problem, " and %% for the sign itself");
	return false;
}

static bool
set_path(struct place at, const char *text, struct str *problem)
{
	const char *letters = at.row->choices;

	if (text[0] != '/' && (text[0] || at.row->min) &&
	    !(letters && slice_starts(slice_from(text), "%h/"))) {
		str_appendf(problem, "\"%s\" does not begin with /", text);
		return false;
	}
	if (letters && !tokens_good(text, letters, problem))
		return false;
	return keep_text(at, text);
}

static bool
set_query(struct place at, const char *text, struct str *problem)
{
	if (at.row->min && text[0] == '\0') {
		str_append_cstr(problem, "must not be empty");
		return false;
	}
	return tokens_good(text, at.row->choices, problem) &&
	       keep_text(at, text);
}

/* Of a secret only the default, which is empty. */
static bool
set_secret(struct place at, const char *text, struct str *problem)
{
	const char **field = field_of(at.settings, at.row);

	(void)text;
	(void)problem;
	*field = "";
	return true;
}

typedef bool setter(struct place at, const char *text, struct str *problem);

static setter *const setters[] = {
	[SETTING_BOOL] = set_bool,
	[SETTING_INT] = set_number,
	[SETTING_SIZE] = set_number,
	[SETTING_TIME] = set_number,
	[SETTING_TEXT] = set_text,
	[SETTING_HOST] = set_host,
	[SETTING_SCORE] = set_score,
	[SETTING_VERDICT] = set_verdict,
	[SETTING_ENUM] = set_enum,
	[SETTING_PATH] = set_path,
	[SETTING_QUERY] = set_query,
	[SETTING_SECRET] = set_secret,
};

bool
settings_set(struct settings *settings, const struct setting *row,
    const char *text, struct str *problem)
{
	const char *p;

	for (p = text; *p; p++) {
		if (iscntrl((unsigned char)*p)) {
			str_append_cstr(
			    problem, "a control character is in the value");
			return false;
		}
	}
	return setters[row->type](
	    (struct place){ settings, row }, text, problem);
}

void
settings_print(
    const struct settings *settings, const struct setting *row, struct str *out)
{
	const bool *yes = field_in(settings, row);

	switch (row->type) {
	case SETTING_BOOL:
		str_append_cstr(out, *yes ? "yes" : "no");
		break;
	case SETTING_INT:
	case SETTING_SIZE:
	case SETTING_TIME:
		append_number(out, row->type, number_in(settings, row));
		break;
	case SETTING_SECRET:
		if (text_in(settings, row)[0])
			str_append_cstr(out, "(set)");
		break;
	default:
		str_append_cstr(out, text_in(settings, row));
	}
}

static bool
is_text(enum setting_type type)
{
	return type >= SETTING_TEXT && type <= SETTING_QUERY;
}

void
settings_release(struct settings *settings)
{
	size_t i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];

		if (is_text(row->type))
			free_text(settings, row);
	}
	memset(settings, 0, sizeof *settings);
}
