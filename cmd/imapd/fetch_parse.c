#include "cmd/imapd/fetch.h"

#include <stdlib.h>

#include "cmd/imapd/message_texts.h"
#include "common/base/mem.h"
#include "common/base/num.h"

static const char unknown[] = "Unknown or malformed FETCH item";
static const char too_many[] = "Too many items";
static const char bad_modifier[] = "Unknown or malformed FETCH modifier";

/* What a name stands for: bits, or a whole section. */
static const struct item {
	const char *name;
	unsigned items;
} items[] = {
	/* clang-format off */
	{ "FLAGS",        ITEM_FLAGS },
	{ "UID",          ITEM_UID },
	{ "INTERNALDATE", ITEM_DATE },
	{ "RFC822.SIZE",  ITEM_SIZE },
	{ "ENVELOPE",     ITEM_ENVELOPE },
	{ "FAST",         ITEM_FLAGS | ITEM_DATE | ITEM_SIZE },
	{ "ALL",          ITEM_FLAGS | ITEM_DATE | ITEM_SIZE | ITEM_ENVELOPE },
	{ "FULL",         ITEM_FLAGS | ITEM_DATE | ITEM_SIZE | ITEM_ENVELOPE |
	                  ITEM_BODY },
	{ "BODY",         ITEM_BODY },
	{ "BODYSTRUCTURE", ITEM_BODYSTRUCTURE },
	{ "PREVIEW",      ITEM_PREVIEW },
	{ "MODSEQ",       ITEM_MODSEQ },
	{ "SAVEDATE",     ITEM_SAVEDATE },
	{ "EMAILID",      ITEM_EMAILID },
	{ "THREADID",     ITEM_THREADID },
	/* clang-format on */
};

static const struct old_item {
	const char *name;
	enum section_part part;
	bool peek;
} old_items[] = {
	{ "RFC822", SECTION_ALL, false },
	{ "RFC822.HEADER", SECTION_HEADER, true },
	{ "RFC822.TEXT", SECTION_TEXT, false },
};

/* What follows the numbers of a part, or stands alone. */
static const struct {
	const char *name;
	enum section_part part;
} parts[] = {
	{ "HEADER", SECTION_HEADER },
	{ "TEXT", SECTION_TEXT },
	{ "HEADER.FIELDS", SECTION_FIELDS },
	{ "HEADER.FIELDS.NOT", SECTION_FIELDS_NOT },
	{ "MIME", SECTION_MIME },
};

/* What a section stands behind. */
static const struct kind {
	const char *name, *label;
	enum section_form form;
	bool peek; /* does not set \Seen */
} kinds[] = {
	{ "BODY", "BODY[", FORM_BODY, false },
	{ "BODY.PEEK", "BODY[", FORM_BODY, true },
	{ "BINARY", "BINARY[", FORM_BINARY, false },
	{ "BINARY.PEEK", "BINARY[", FORM_BINARY, true },
	{ "BINARY.SIZE", "BINARY.SIZE[", FORM_BINARY_SIZE, true },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

void
fetch_plan_release(struct fetch_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->nsections; i++) {
		free(plan->sections[i].fields);
		free(plan->sections[i].numbers);
		str_release(&plan->sections[i].label);
	}
	free(plan->sections);
	*plan = (struct fetch_plan){ 0 };
}

static struct section *
add_section(struct fetch_plan *plan)
{
	struct section *section;

	plan->sections = mem_grow(plan->sections, &plan->cap,
	    plan->nsections + 1, sizeof *plan->sections);
	section = &plan->sections[plan->nsections++];
	*section = (struct section){ 0 };
	return section;
}

/* " (" names ")", noted in the label as they came. */
static bool
parse_fields(struct args *args, struct section *section)
{
	size_t cap = 0;
	bool first = true;
	struct slice name;

	if (!args_space(args) || !args_open(args))
		return false;
	str_append_cstr(&section->label, " (");
	while (args_more(args, first)) {
		if (section->nfields == FETCH_FIELDS_MAX ||
		    !args_astring(args, &name) || !parse_is_atom(name))
			return args_fail(args);
		section->fields = mem_grow(section->fields, &cap,
		    section->nfields + 1, sizeof *section->fields);
		section->fields[section->nfields++] = name;
		str_appendf(&section->label, "%s%.*s", first ? "" : " ",
		    SLICE_FMT(name));
		first = false;
	}
	str_append_char(&section->label, ')');
	return !args->bad && section->nfields > 0;
}

/* "<" offset "." length ">" */
static bool
parse_partial(struct args *args, struct section *section)
{
	uint64_t offset, length;

	if (!args_try(args, '<'))
		return !args->bad;
	if (!args_number(args, UINT32_MAX, &offset) || !args_try(args, '.') ||
	    !args_number(args, UINT32_MAX, &length) || !args_try(args, '>') ||
	    length == 0)
		return args_fail(args);
	section->partial = true;
	section->offset = (uint32_t)offset;
	section->length = (uint32_t)length;
	str_appendf(&section->label, "<%u>", section->offset);
	return true;
}

/* Takes the numbers of "1.2" or "1.2.MIME" off the front of a section's name,
 * with the dot behind them. */
static bool
take_numbers(struct slice *name, struct section *section)
{
	struct slice rest = *name, word;
	size_t cap = 0;
	uint64_t number;

	while (slice_next(&rest, '.', &word) &&
	       num_parse(word, UINT32_MAX, &number)) {
		if (number == 0 || section->nnumbers == FETCH_NUMBERS_MAX)
			return false;
		section->numbers = mem_grow(section->numbers, &cap,
		    section->nnumbers + 1, sizeof *section->numbers);
		section->numbers[section->nnumbers++] = (uint32_t)number;
		*name = rest;
	}
	return true;
}

static const char *
parse_part(struct args *args, struct section *section)
{
	struct slice name, all;
	size_t i;

	if (!args_name(args, true, &name))
		return unknown;
	all = name;
	if (!take_numbers(&name, section))
		return unknown;
	str_append(&section->label, slice_head(all, all.len - name.len));
	section->part = SECTION_ALL;
	if (name.ptr == NULL || all.len == 0)
		return NULL;
	for (i = 0; i < COUNT(parts); i++)
		if (slice_is_nocase(name, parts[i].name))
			break;
	if (i == COUNT(parts) ||
	    (parts[i].part == SECTION_MIME && section->nnumbers == 0))
		return unknown;
	section->part = parts[i].part;
	str_append_cstr(&section->label, parts[i].name);
	return NULL;
}

/* "[" section "]" partial, behind BODY, BINARY and the like. */
static const char *
parse_section(
    struct args *args, struct fetch_plan *plan, const struct kind *kind)
{
	struct section *section;
	const char *wrong;

	if (!args_try(args, '['))
		return unknown;
	if (plan->nsections == FETCH_SECTIONS_MAX)
		return too_many;
	section = add_section(plan);
	section->form = kind->form;
	section->peek = kind->peek;
	str_append_cstr(&section->label, kind->label);
	wrong = parse_part(args, section);
	if (wrong)
		return wrong;
	if (kind->form != FORM_BODY && section->part != SECTION_ALL)
		return unknown;
	if (section->part >= SECTION_FIELDS && !parse_fields(args, section))
		return unknown;
	str_append_char(&section->label, ']');
	if (!args_try(args, ']') || !parse_partial(args, section) ||
	    (kind->form == FORM_BINARY_SIZE && section->partial))
		return unknown;
	plan->sees |= !kind->peek;
	plan->parts |= section->nnumbers > 0;
	return NULL;
}

static const char *
add_old_item(struct fetch_plan *plan, const struct old_item *item)
{
	struct section *section;

	if (plan->nsections == FETCH_SECTIONS_MAX)
		return too_many;
	section = add_section(plan);
	section->part = item->part;
	section->peek = item->peek;
	str_append_cstr(&section->label, item->name);
	plan->sees |= !item->peek;
	return NULL;
}

/* " (LAZY)" behind PREVIEW, or nothing (RFC 8970 section 3.2): no item begins
 * with a parenthesis, and other words in one are FETCH's modifiers. */
static const char *
parse_lazy(struct args *args, struct fetch_plan *plan)
{
	struct args ahead = *args;
	struct slice word;

	if (!args_try(&ahead, ' ') || args_peek(&ahead) != '(' ||
	    !args_open(&ahead) || !args_atom(&ahead, &word) ||
	    !slice_is_nocase(word, "LAZY"))
		return NULL;
	*args = ahead;
	if (args_more(args, false) || args->bad)
		return unknown;
	plan->items |= ITEM_LAZY;
	return NULL;
}

static const char *
parse_item(struct args *args, struct fetch_plan *plan)
{
	struct slice name;
	size_t i;

	if (!args_name(args, false, &name))
		return unknown;
	if (args_peek(args) == '[') {
		for (i = 0; i < COUNT(kinds); i++)
			if (slice_is_nocase(name, kinds[i].name))
				return parse_section(args, plan, &kinds[i]);
		return unknown;
	}
	for (i = 0; i < COUNT(items); i++) {
		if (!slice_is_nocase(name, items[i].name))
			continue;
		plan->items |= items[i].items;
		return items[i].items == ITEM_PREVIEW ? parse_lazy(args, plan)
						      : NULL;
	}
	for (i = 0; i < COUNT(old_items); i++)
		if (slice_is_nocase(name, old_items[i].name))
			return add_old_item(plan, &old_items[i]);
	return unknown;
}

/* Can it be told without the message? */
static bool
is_usual(const struct section *section)
{
	size_t i;

	if (section->form != FORM_BODY || section->part != SECTION_FIELDS ||
	    section->nnumbers)
		return false;
	for (i = 0; i < section->nfields; i++)
		if (!message_text_is_usual(section->fields[i]))
			return false;
	return true;
}

/* Where the sections' octets are found. */
static void
find_sources(struct fetch_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->nsections; i++) {
		struct section *section = &plan->sections[i];

		section->usual = is_usual(section);
		plan->fields |= section->usual;
		plan->body |= !section->usual;
	}
}

const char *
fetch_parse(struct args *args, struct fetch_plan *ret_plan)
{
	const char *wrong = NULL;
	bool first = true;

	*ret_plan = (struct fetch_plan){ 0 };
	if (args_peek(args) != '(') {
		wrong = parse_item(args, ret_plan);
	} else {
		(void)args_open(args); /* sticks */
		while (!wrong && args_more(args, first)) {
			wrong = parse_item(args, ret_plan);
			first = false;
		}
		if (!wrong && first)
			wrong = unknown;
	}
	if (!wrong && !fetch_parse_modifiers(args, ret_plan))
		wrong = bad_modifier;
	find_sources(ret_plan);
	return wrong;
}

size_t
fetch_list_length(struct slice rest)
{
	unsigned depth = 0;
	bool quoted = false;
	size_t i;

	for (i = 0; i < rest.len; i++) {
		char c = rest.ptr[i];

		if (c == '\\' || c == '{')
			return 0;
		if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '(')
			depth++;
		else if (!quoted && c == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}
