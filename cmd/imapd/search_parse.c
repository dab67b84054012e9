#include "cmd/imapd/search.h"

#include <stdlib.h>

#include "cmd/imapd/response.h"
#include "common/base/mem.h"
#include "common/msg/date.h"

#define DAY 86400

static const char unknown[] = "Unknown or malformed search key";
static const char too_deep[] = "Search is too complex";
static const char no_text[] = "Searching in texts is not available";

enum key_argument {
	KEY_NONE,
	KEY_WORD,
	KEY_SET,
	KEY_NUMBER,
	KEY_DAY,
	KEY_NO_TEXT, /* these cannot be had yet */
	KEY_NO_FIELD,
	KEY_NO_DAY
};

static const struct key {
	const char *name;
	enum key_argument argument;
	enum search_op op;
	uint32_t mask, value;
} keys[] = {
	/* clang-format off */
	{ "ALL",        KEY_NONE,     OP_ALL,     0, 0 },
	{ "ANSWERED",   KEY_NONE,     OP_FLAG,    FLAG_ANSWERED, FLAG_ANSWERED },
	{ "BEFORE",     KEY_DAY,      OP_BEFORE,  0, 0 },
	{ "DELETED",    KEY_NONE,     OP_FLAG,    FLAG_DELETED, FLAG_DELETED },
	{ "DRAFT",      KEY_NONE,     OP_FLAG,    FLAG_DRAFT, FLAG_DRAFT },
	{ "FLAGGED",    KEY_NONE,     OP_FLAG,    FLAG_FLAGGED, FLAG_FLAGGED },
	{ "KEYWORD",    KEY_WORD,     OP_KEYWORD, 0, 1 },
	{ "LARGER",     KEY_NUMBER,   OP_LARGER,  0, 0 },
	{ "NEW",        KEY_NONE,     OP_FLAG,    FLAG_RECENT | FLAG_SEEN, FLAG_RECENT },
	{ "OLD",        KEY_NONE,     OP_FLAG,    FLAG_RECENT, 0 },
	{ "ON",         KEY_DAY,      OP_ON,      0, 0 },
	{ "RECENT",     KEY_NONE,     OP_FLAG,    FLAG_RECENT, FLAG_RECENT },
	{ "SEEN",       KEY_NONE,     OP_FLAG,    FLAG_SEEN, FLAG_SEEN },
	{ "SINCE",      KEY_DAY,      OP_SINCE,   0, 0 },
	{ "SMALLER",    KEY_NUMBER,   OP_SMALLER, 0, 0 },
	{ "UID",        KEY_SET,      OP_UID,     0, 0 },
	{ "UNANSWERED", KEY_NONE,     OP_FLAG,    FLAG_ANSWERED, 0 },
	{ "UNDELETED",  KEY_NONE,     OP_FLAG,    FLAG_DELETED, 0 },
	{ "UNDRAFT",    KEY_NONE,     OP_FLAG,    FLAG_DRAFT, 0 },
	{ "UNFLAGGED",  KEY_NONE,     OP_FLAG,    FLAG_FLAGGED, 0 },
	{ "UNKEYWORD",  KEY_WORD,     OP_KEYWORD, 0, 0 },
	{ "UNSEEN",     KEY_NONE,     OP_FLAG,    FLAG_SEEN, 0 },
	{ "BCC",        KEY_NO_TEXT,  OP_ALL,     0, 0 },
	{ "BODY",       KEY_NO_TEXT,  OP_ALL,     0, 0 },
	{ "CC",         KEY_NO_TEXT,  OP_ALL,     0, 0 },
	{ "FROM",       KEY_NO_TEXT,  OP_ALL,     0, 0 },
	{ "HEADER",     KEY_NO_FIELD, OP_ALL,     0, 0 },
	{ "SENTBEFORE", KEY_NO_DAY,   OP_ALL,     0, 0 },
	{ "SENTON",     KEY_NO_DAY,   OP_ALL,     0, 0 },
	{ "SENTSINCE",  KEY_NO_DAY,   OP_ALL,     0, 0 },
	{ "SUBJECT",    KEY_NO_TEXT,  OP_ALL,     0, 0 },
	{ "TEXT",       KEY_NO_TEXT,  OP_ALL,     0, 0 },
	{ "TO",         KEY_NO_TEXT,  OP_ALL,     0, 0 },
	/* clang-format on */
};

/* The compiler: the program grows, its parents' chains are followed by index,
 * for nodes move. */
struct compiler {
	struct args *args;
	struct search_program *program;
	const char *wrong;
	unsigned depth;
};

void
search_release(struct search_program *program)
{
	size_t i;

	for (i = 0; i < program->count; i++)
		seqset_release(&program->nodes[i].set);
	free(program->nodes);
	*program = (struct search_program){ .nodes = NULL };
}

/* A new node, its index; the first error sticks and makes it node 0. */
static size_t
add_node(struct compiler *c, enum search_op op)
{
	struct search_program *p = c->program;

	if (p->count == SEARCH_NODES_MAX) {
		c->wrong = too_deep;
		return 0;
	}
	p->nodes = mem_grow(p->nodes, &p->cap, p->count + 1, sizeof *p->nodes);
	p->nodes[p->count] = (struct search_node){ .op = op };
	return p->count++;
}

static void
add_child(struct compiler *c, size_t parent, size_t child)
{
	struct search_node *nodes = c->program->nodes;

	if (child == 0)
		return;
	nodes[child].next = nodes[parent].child;
	nodes[parent].child = child;
}

static size_t
fail(struct compiler *c, const char *why)
{
	if (c->wrong == NULL)
		c->wrong = why;
	return 0;
}

/* A date, which may be quoted (RFC 3501 "date"). */
static bool
parse_day(struct args *args, uint64_t *ret_day)
{
	struct slice text;
	time_t start;

	if (!args_astring(args, &text) || !date_parse_imap_day(text, &start))
		return false;
	*ret_day = start < 0 ? 0 : (uint64_t)start / DAY;
	return true;
}

/* The argument of a key, behind its blank. */
static bool
parse_argument(struct compiler *c, const struct key *key, size_t index)
{
	struct search_node *node = &c->program->nodes[index];
	struct slice text;

	if (key->argument == KEY_NONE)
		return true;
	if (!args_space(c->args))
		return false;
	switch (key->argument) {
	case KEY_WORD:
		return args_atom(c->args, &node->name);
	case KEY_SET:
		return args_sequence(c->args, &text) &&
		       seqset_parse(text, &node->set);
	case KEY_NUMBER:
		return args_number(c->args, UINT32_MAX, &node->number);
	case KEY_DAY:
		return parse_day(c->args, &node->number);
	case KEY_NO_DAY:
		return parse_day(c->args, &node->number);
	case KEY_NO_FIELD:
		return args_astring(c->args, &text) && args_space(c->args) &&
		       args_astring(c->args, &text);
	case KEY_NO_TEXT:
		return args_astring(c->args, &text);
	case KEY_NONE:
		break;
	}
	return false;
}

static size_t parse_key(struct compiler *c);

/* OR and NOT: children keys behind the word. */
static size_t
parse_operator(struct compiler *c, enum search_op op, int children)
{
	size_t index = add_node(c, op);

	while (index && !c->wrong && children-- > 0) {
		if (!args_space(c->args))
			return fail(c, unknown);
		add_child(c, index, parse_key(c));
	}
	return index;
}

static size_t
parse_group(struct compiler *c)
{
	size_t index = add_node(c, OP_AND);
	bool first = true;

	(void)args_open(c->args); /* sticks */
	while (index && !c->wrong && args_more(c->args, first)) {
		first = false;
		add_child(c, index, parse_key(c));
	}
	if (index && c->program->nodes[index].child == 0)
		return fail(c, unknown);
	return index;
}

static size_t
parse_sequence(struct compiler *c)
{
	size_t index = add_node(c, OP_SEQ);
	struct slice text;

	if (index == 0)
		return 0;
	if (!args_sequence(c->args, &text) ||
	    !seqset_parse(text, &c->program->nodes[index].set))
		return fail(c, unknown);
	return index;
}

static size_t
parse_word(struct compiler *c)
{
	size_t i, n = sizeof keys / sizeof keys[0], index;
	struct slice name;

	if (!args_name(c->args, false, &name))
		return fail(c, unknown);
	if (slice_is_nocase(name, "NOT"))
		return parse_operator(c, OP_NOT, 1);
	if (slice_is_nocase(name, "OR"))
		return parse_operator(c, OP_OR, 2);
	for (i = 0; i < n; i++)
		if (slice_is_nocase(name, keys[i].name))
			break;
	if (i == n)
		return fail(c, unknown);
	if (keys[i].argument >= KEY_NO_TEXT)
		c->program->lacks = true;
	index = add_node(c, keys[i].op);
	if (index == 0)
		return 0;
	c->program->nodes[index].mask = keys[i].mask;
	c->program->nodes[index].value = keys[i].value;
	return parse_argument(c, &keys[i], index) ? index : fail(c, unknown);
}

static size_t
parse_key(struct compiler *c)
{
	size_t index;
	char at = args_peek(c->args);

	if (++c->depth > SEARCH_DEPTH_MAX)
		return fail(c, too_deep);
	if (at == '(')
		index = parse_group(c);
	else if ((at >= '0' && at <= '9') || at == '*')
		index = parse_sequence(c);
	else
		index = parse_word(c);
	c->depth--;
	return index;
}

/* "CHARSET" SP name SP, which may come first. */
static bool
parse_charset(struct args *args, bool *ret_good)
{
	struct args ahead = *args;
	struct slice word, charset;

	*ret_good = true;
	if (!args_name(&ahead, false, &word) ||
	    !slice_is_nocase(word, "CHARSET"))
		return true;
	*args = ahead;
	if (!args_space(args) || !args_astring(args, &charset) ||
	    !args_space(args))
		return false;
	*ret_good = slice_is_nocase(charset, "UTF-8") ||
		    slice_is_nocase(charset, "US-ASCII");
	return true;
}

const char *
search_parse(
    struct args *args, struct search_program *ret_program, bool *ret_charset)
{
	struct compiler c = { args, ret_program, NULL, 0 };
	bool good;

	*ret_program = (struct search_program){ .nodes = NULL };
	*ret_charset = false;
	(void)add_node(&c, OP_AND); /* the root, node 0 */
	if (!parse_charset(args, &good))
		return unknown;
	if (!good) {
		*ret_charset = true;
		return "Unknown charset";
	}
	add_child(&c, 0, parse_key(&c));
	while (!c.wrong && args_peek(args) == ' ' && args_space(args))
		add_child(&c, 0, parse_key(&c));
	if (!c.wrong && !args_end(args))
		c.wrong = unknown;
	if (c.wrong)
		ret_program->lacks = false;
	return ret_program->lacks ? no_text : c.wrong;
}
