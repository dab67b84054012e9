/* The file: inih cuts lines into names and values, here they find their rows.
 * inih tells no line numbers and passes over what it cannot read, so the lines
 * are handed to it, and counted, one by one. */
#include <ini.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/svc/settings_load.h"

#define WHERE_MAX 4200 /* octets of "path:line" */

struct reading {
	struct loading *load;
	const char *name;
	struct slice rest;
	unsigned line; /* of the line that inih has */
	bool indented; /* it begins with a blank */
	bool open;     /* an indented line continues the entry before it */
	const struct setting *row; /* of that entry; NULL: it is a mistake */
	unsigned row_line;         /* where it began */
	struct str value;          /* what it says so far, never a secret */
	unsigned *lines;           /* where each row was set */
};

static void
complain_at(struct reading *in, unsigned line, const char *problem)
{
	char where[WHERE_MAX];

	(void)snprintf(where, sizeof where, "%s:%u", in->name, line);
	loading_complain(in->load, where, problem);
}

/* Sets the row that is complete now; a secret is from the start. */
static void
finish_entry(struct reading *in)
{
	const struct setting *row = in->row;
	char where[WHERE_MAX];

	(void)snprintf(where, sizeof where, "%s:%u", in->name, in->row_line);
	if (row && row->type != SETTING_SECRET)
		loading_set(in->load, row, where, str_cstr(&in->value));
	in->row = NULL;
	str_clear(&in->value);
}

/* May inih have this line, in room for num octets with its end and NUL? */
static bool
line_good(struct reading *in, struct slice line, size_t num)
{
	struct slice text = slice_trim(line);
	STR_AUTO problem = STR_INIT;

	if (memchr(line.ptr, '\0', line.len)) {
		complain_at(in, in->line, "a NUL is in the line");
		return false;
	}
	if (line.len + 2 <= num)
		return true;
	if (text.ptr[0] == '#' || text.ptr[0] == ';')
		return false; /* a comment may be of any length */
	str_appendf(&problem,
	    "the line is longer than %zu octets; continue "
	    "it on the next line, indented (a secret: use file:)",
	    num - 2);
	complain_at(in, in->line, str_cstr(&problem));
	return false;
}

/* inih's fgets: the next line, an empty one instead of a bad one. */
static char *
next_line(char *room, int num, void *stream)
{
	struct reading *in = stream;
	struct slice line;

	if (in->rest.len == 0 || !slice_next(&in->rest, '\n', &line))
		return NULL;
	in->line++;
	in->indented = line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
	if (!line_good(in, line, (size_t)num))
		line = slice_head(line, 0);
	if (slice_starts(line, "["))
		in->open = false;
	if (line.len)
		memcpy(room, line.ptr, line.len);
	room[line.len] = '\n';
	room[line.len + 1] = '\0';
	return room;
}

/* Does an indented line look like a setting of its own? */
static bool
looks_like_entry(const char *value)
{
	struct slice text = slice_from(value);

	text = slice_trim(slice_head(text, slice_find(text, '=')));
	return settings_find(text) && strchr(value, '=');
}

static void
continue_entry(struct reading *in, const char *value)
{
	STR_AUTO problem = STR_INIT;

	if (looks_like_entry(value)) {
		complain_at(in, in->line,
		    "the line is indented and would "
		    "continue the one before it; remove the blanks before it");
		return;
	}
	if (in->row == NULL)
		return;
	if (in->row->type == SETTING_SECRET) {
		str_appendf(&problem,
		    "%s: a secret cannot be continued; use "
		    "file:",
		    in->row->name);
		complain_at(in, in->line, str_cstr(&problem));
		return;
	}
	str_append_char(&in->value, ' ');
	str_append_cstr(&in->value, value);
}

static void
complain_unknown(struct reading *in, const char *name)
{
	STR_AUTO problem = STR_INIT;
	const char *near = settings_nearest(slice_from(name));

	str_appendf(&problem, "%s: there is no such setting", name);
	if (near)
		str_appendf(&problem, "; did you mean %s?", near);
	complain_at(in, in->line, str_cstr(&problem));
}

static void
complain_twice(struct reading *in, const char *name, unsigned line)
{
	STR_AUTO problem = STR_INIT;

	str_appendf(&problem, "%s: already set in line %u", name, line);
	complain_at(in, in->line, str_cstr(&problem));
}

static void
begin_entry(struct reading *in, const struct setting *row, const char *value)
{
	char where[WHERE_MAX];
	unsigned *line = &in->lines[row - settings_table];

	if (*line) {
		complain_twice(in, row->name, *line);
		return;
	}
	*line = in->line;
	in->row = row;
	in->row_line = in->line;
	if (row->type != SETTING_SECRET) {
		str_append_cstr(&in->value, value);
		return;
	}
	(void)snprintf(where, sizeof where, "%s:%u", in->name, in->line);
	loading_set(in->load, row, where, value);
}

/* inih's handler: one name and value, or a further line of the value. */
static int
take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reading *in = user;
	const struct setting *row;

	(void)section; /* headings group lines and mean nothing */
	if (in->open && in->indented) {
		continue_entry(in, value ? value : "");
		return 1;
	}
	finish_entry(in);
	in->open = name[0] != '\0';
	row = settings_find(slice_from(name));
	if (row == NULL)
		complain_unknown(in, name);
	else if (value == NULL)
		complain_at(in, in->line, "there is no = in the line");
	else
		begin_entry(in, row, value);
	return 1;
}

void
loading_text(struct loading *load, const char *name, struct slice text)
{
	struct reading in = { .load = load, .name = name, .rest = text };
	int bad;

	in.lines = mem_zalloc(settings_count, sizeof *in.lines);
	ini_allow_inline_comments = false;
	ini_allow_no_value = true;
	ini_allow_multiline = true;
	bad = ini_parse_stream(next_line, &in, take_pair, &in);
	if (bad > 0)
		complain_at(
		    &in, (unsigned)bad, "the heading has no ] at its end");
	finish_entry(&in);
	str_release(&in.value);
	free(in.lines);
}
