#include "cmd/imapd/search.h"

#include <stdlib.h>

#include "cmd/imapd/condstore.h"
#include "cmd/imapd/response.h"
#include "common/base/mem.h"
#include "common/msg/casemap.h"
#include "common/msg/charset.h"
#include "common/msg/date.h"

#define DAY 86400

static const char unknown[] = "Unknown or malformed search key";
static const char too_deep[] = "Search is too complex";

enum key_argument {
	KEY_NONE,
	KEY_WORD,
	KEY_SET,
	KEY_NUMBER,
	KEY_DAY,
	KEY_TEXT,
	KEY_FIELD_TEXT,
	KEY_MODSEQ
};

static const struct key {
	const char *name;
	enum key_argument argument;
	enum search_op op;
	uint32_t mask, value;
	const char *field; /* of OP_FIELD */
} keys[] = {
	/* clang-format off */
	{ "ALL",        KEY_NONE,     OP_ALL,     0, 0, NULL },
	{ "ANSWERED",   KEY_NONE,     OP_FLAG,    FLAG_ANSWERED, FLAG_ANSWERED, NULL },
	{ "BEFORE",     KEY_DAY,      OP_BEFORE,  0, 0, NULL },
	{ "DELETED",    KEY_NONE,     OP_FLAG,    FLAG_DELETED, FLAG_DELETED, NULL },
	{ "DRAFT",      KEY_NONE,     OP_FLAG,    FLAG_DRAFT, FLAG_DRAFT, NULL },
	{ "EMAILID",    KEY_WORD,     OP_EMAILID, 0, 0, NULL },
	{ "FLAGGED",    KEY_NONE,     OP_FLAG,    FLAG_FLAGGED, FLAG_FLAGGED, NULL },
	{ "KEYWORD",    KEY_WORD,     OP_KEYWORD, 0, 1, NULL },
	{ "LARGER",     KEY_NUMBER,   OP_LARGER,  0, 0, NULL },
	{ "MODSEQ",     KEY_MODSEQ,   OP_MODSEQ,  0, 0, NULL },
	{ "NEW",        KEY_NONE,     OP_FLAG,    FLAG_RECENT | FLAG_SEEN, FLAG_RECENT, NULL },
	{ "OLD",        KEY_NONE,     OP_FLAG,    FLAG_RECENT, 0, NULL },
	{ "OLDER",      KEY_NUMBER,   OP_OLDER,   0, 0, NULL },
	{ "ON",         KEY_DAY,      OP_ON,      0, 0, NULL },
	{ "RECENT",     KEY_NONE,     OP_FLAG,    FLAG_RECENT, FLAG_RECENT, NULL },
	{ "SAVEDATESUPPORTED", KEY_NONE, OP_ALL,  0, 0, NULL },
	{ "SAVEDBEFORE", KEY_DAY,     OP_SAVED_BEFORE, 0, 0, NULL },
	{ "SAVEDON",    KEY_DAY,      OP_SAVED_ON, 0, 0, NULL },
	{ "SAVEDSINCE", KEY_DAY,      OP_SAVED_SINCE, 0, 0, NULL },
	{ "SEEN",       KEY_NONE,     OP_FLAG,    FLAG_SEEN, FLAG_SEEN, NULL },
	{ "SINCE",      KEY_DAY,      OP_SINCE,   0, 0, NULL },
	{ "SMALLER",    KEY_NUMBER,   OP_SMALLER, 0, 0, NULL },
	{ "THREADID",   KEY_WORD,     OP_NONE,    0, 0, NULL },
	{ "UID",        KEY_SET,      OP_UID,     0, 0, NULL },
	{ "UNANSWERED", KEY_NONE,     OP_FLAG,    FLAG_ANSWERED, 0, NULL },
	{ "UNDELETED",  KEY_NONE,     OP_FLAG,    FLAG_DELETED, 0, NULL },
	{ "UNDRAFT",    KEY_NONE,     OP_FLAG,    FLAG_DRAFT, 0, NULL },
	{ "UNFLAGGED",  KEY_NONE,     OP_FLAG,    FLAG_FLAGGED, 0, NULL },
	{ "UNKEYWORD",  KEY_WORD,     OP_KEYWORD, 0, 0, NULL },
	{ "UNSEEN",     KEY_NONE,     OP_FLAG,    FLAG_SEEN, 0, NULL },
	{ "YOUNGER",    KEY_NUMBER,   OP_YOUNGER, 0, 0, NULL },
	{ "BCC",        KEY_TEXT,     OP_FIELD,   0, 0, "Bcc" },
	{ "BODY",       KEY_TEXT,     OP_BODY,    0, 0, NULL },
	{ "CC",         KEY_TEXT,     OP_FIELD,   0, 0, "Cc" },
	{ "FROM",       KEY_TEXT,     OP_FIELD,   0, 0, "From" },
	{ "HEADER",     KEY_FIELD_TEXT, OP_FIELD, 0, 0, NULL },
	{ "SENTBEFORE", KEY_DAY,      OP_SENT_BEFORE, 0, 0, NULL },
	{ "SENTON",     KEY_DAY,      OP_SENT_ON, 0, 0, NULL },
	{ "SENTSINCE",  KEY_DAY,      OP_SENT_SINCE, 0, 0, NULL },
	{ "SUBJECT",    KEY_TEXT,     OP_FIELD,   0, 0, "Subject" },
	{ "TEXT",       KEY_TEXT,     OP_TEXT,    0, 0, NULL },
	{ "TO",         KEY_TEXT,     OP_FIELD,   0, 0, "To" },
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

	for (i = 0; i < program->count; i++) {
		seqset_release(&program->nodes[i].set);
		str_release(&program->nodes[i].needle);
	}
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

/* What it takes to know: nothing, the disk, the message, all of its text. */
static int
cost_of(const struct search_program *p, const struct search_node *node)
{
	size_t i;
	int cost = 0;

	if (node->op >= OP_BODY)
		return 3;
	if (node->op >= OP_SENT_BEFORE)
		return 2;
	if (node->op >= OP_LARGER)
		return 1;
	for (i = node->child; i; i = p->nodes[i].next) {
		int other = cost_of(p, &p->nodes[i]);

		cost = other > cost ? other : cost;
	}
	return cost;
}

/* The cheap ones go first: what they decide the others need not. */
static void
add_child(struct compiler *c, size_t parent, size_t child)
{
	struct search_node *nodes = c->program->nodes;
	size_t *at = &nodes[parent].child;
	int cost;

	if (child == 0)
		return;
	cost = cost_of(c->program, &nodes[child]);
	while (*at && cost_of(c->program, &nodes[*at]) < cost)
		at = &nodes[*at].next;
	nodes[child].next = *at;
	*at = child;
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

/* A set of numbers, or what was found last. */
static bool
parse_set(struct compiler *c, struct search_node *node)
{
	struct slice text;

	if (!args_sequence(c->args, &text))
		return false;
	if (!slice_is(text, "$"))
		return seqset_parse(text, &node->set);
	node->op = OP_SAVED;
	return true;
}

/* A string to look for. */
static bool
parse_needle(struct compiler *c, struct search_node *node)
{
	STR_AUTO utf8 = STR_INIT;
	struct slice text;

	if (!args_astring(c->args, &text))
		return false;
	charset_to_utf8(c->program->charset, text, &utf8);
	casemap_fold(str_slice(&utf8), &node->needle);
	return true;
}

/* The flag of "/flags/\\Seen", which is quoted. */
static bool
parse_entry(struct args *args)
{
	static const char start[] = "/flags/";
	struct slice entry, flag;
	struct args ahead = { .depth = 0 }; /* a flag needs no scratch */

	if (!args_string(args, &entry) || !slice_starts(entry, start))
		return args_fail(args);
	ahead.rest = slice_skip(entry, sizeof start - 1);
	return (args_flag(&ahead, &flag) && args_end(&ahead)) ||
	       args_fail(args);
}

static bool
parse_entry_type(struct args *args)
{
	struct slice type;

	if (!args_atom(args, &type))
		return false;
	return slice_is_nocase(type, "priv") ||
	       slice_is_nocase(type, "shared") ||
	       slice_is_nocase(type, "all") || args_fail(args);
}

/* [entry SP type SP] modseq (RFC 7162 section 3.1.5).  A message has one
 * modification sequence for all of its flags, so which is named does not
 * matter. */
static bool
parse_modseq(struct compiler *c, struct search_node *node)
{
	struct args *args = c->args;

	c->program->modseq = true;
	if (args_peek(args) == '"' &&
	    !(parse_entry(args) && args_space(args) && parse_entry_type(args) &&
		args_space(args)))
		return false;
	return condstore_parse(args, &node->number);
}

/* The argument of a key, behind its blank. */
static bool
parse_argument(struct compiler *c, const struct key *key, size_t index)
{
	struct search_node *node = &c->program->nodes[index];

	if (key->argument == KEY_NONE)
		return true;
	if (!args_space(c->args))
		return false;
	switch (key->argument) {
	case KEY_WORD:
		return args_atom(c->args, &node->name);
	case KEY_SET:
		return parse_set(c, node);
	case KEY_NUMBER:
		return args_number(c->args, UINT32_MAX, &node->number);
	case KEY_DAY:
		return parse_day(c->args, &node->number);
	case KEY_FIELD_TEXT:
		return args_astring(c->args, &node->name) &&
		       args_space(c->args) && parse_needle(c, node);
	case KEY_MODSEQ:
		return parse_modseq(c, node);
	case KEY_TEXT:
		node->name = slice_from(key->field ? key->field : "");
		return parse_needle(c, node);
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

	if (index == 0)
		return 0;
	if (!parse_set(c, &c->program->nodes[index]))
		return fail(c, unknown);
	c->program->numbers |= c->program->nodes[index].op == OP_SEQ;
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
	else if ((at >= '0' && at <= '9') || at == '*' || at == '$')
		index = parse_sequence(c);
	else
		index = parse_word(c);
	c->depth--;
	return index;
}

/* "CHARSET" SP name SP, which may come first. */
static bool
parse_charset(struct args *args, struct search_program *program)
{
	struct args ahead = *args;
	struct slice word;

	if (!args_name(&ahead, false, &word) ||
	    !slice_is_nocase(word, "CHARSET"))
		return true;
	*args = ahead;
	program->charset_said = true;
	return args_space(args) && args_astring(args, &program->charset) &&
	       args_space(args);
}

static void
begin(struct search_program *program, bool *ret_charset)
{
	*program = (struct search_program){ .nodes = NULL,
		.charset = slice_from("utf-8") };
	*ret_charset = false;
}

/* The keys, up to the end. */
static const char *
compile(struct args *args, struct search_program *program, bool *ret_charset)
{
	struct compiler c = { args, program, NULL, 0 };

	(void)add_node(&c, OP_AND); /* the root, node 0 */
	if (!charset_is_known(program->charset)) {
		*ret_charset = true;
		return "Unknown charset";
	}
	add_child(&c, 0, parse_key(&c));
	while (!c.wrong && args_peek(args) == ' ' && args_space(args))
		add_child(&c, 0, parse_key(&c));
	if (!c.wrong && !args_end(args))
		c.wrong = unknown;
	return c.wrong;
}

/* What is told at once: UPDATE and CONTEXT alone say nothing of that. */
static unsigned
results_of(unsigned wanted)
{
	const unsigned kept = RETURN_UPDATE | RETURN_CONTEXT;

	return (wanted & kept) && !(wanted & ~kept) ? RETURN_ALL
						    : wanted & ~kept;
}

const char *
search_parse(
    struct args *args, struct search_program *ret_program, bool *ret_charset)
{
	const unsigned allowed = 2 * RETURN_CONTEXT - 1u;
	struct search_return wanted;

	begin(ret_program, ret_charset);
	if (!search_parse_return(args, allowed, &wanted))
		return unknown;
	ret_program->update = wanted.wanted & RETURN_UPDATE;
	ret_program->wanted = results_of(wanted.wanted);
	ret_program->page = wanted.page;
	ret_program->items = wanted.items;
	if (!parse_charset(args, ret_program))
		return unknown;
	return compile(args, ret_program, ret_charset);
}

const char *
search_parse_keys(
    struct args *args, struct search_program *ret_program, bool *ret_charset)
{
	begin(ret_program, ret_charset);
	if (!args_astring(args, &ret_program->charset) || !args_space(args))
		return unknown;
	return compile(args, ret_program, ret_charset);
}
