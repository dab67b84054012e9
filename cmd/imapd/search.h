/* SEARCH (RFC 3501 section 6.4.4): the keys compiled to a program of nodes,
 * run for each message, the cheap ones first.  Never looks at the disk for what
 * the view knows. */
#ifndef NJIWA_CMD_IMAPD_SEARCH_H
#define NJIWA_CMD_IMAPD_SEARCH_H

#include "cmd/imapd/imap.h"
#include "cmd/imapd/seqset.h"

#define SEARCH_NODES_MAX 1000 /* keys of one search */
#define SEARCH_DEPTH_MAX 32   /* NOT, OR and parentheses within each other */

enum search_op {
	OP_ALL,
	OP_AND,     /* all children */
	OP_OR,      /* one child */
	OP_NOT,     /* its one child not */
	OP_FLAG,    /* (flags & mask) == value */
	OP_KEYWORD, /* has one of the keywords in mask, or none for unknown */
	OP_SEQ,
	OP_UID,
	OP_LARGER,
	OP_SMALLER,
	OP_BEFORE, /* internal date, its day in this machine's zone */
	OP_ON,
	OP_SINCE,
	OP_SENT_BEFORE, /* the day of its Date field, in that field's zone */
	OP_SENT_ON,
	OP_SENT_SINCE,
	OP_FIELD, /* needle in the field called name */
	OP_BODY,  /* needle in the texts of the parts */
	OP_TEXT   /* or in their headers */
};

struct search_node {
	enum search_op op;
	uint32_t mask, value; /* FLAG */
	struct slice name;    /* KEYWORD, until it has a mask; FIELD */
	struct str needle;    /* folded (casemap.h) */
	uint64_t number;      /* sizes, days */
	struct seqset set;
	size_t child, next; /* indices of nodes, 0 for none */
};

struct search_program {
	struct search_node *nodes; /* nodes[0] is the root, an AND */
	size_t count, cap;
	struct slice charset; /* of its strings; "" is UTF-8 */
};

/* Compiles the keys behind SEARCH.  NULL, or what is wrong; *ret_charset says
 * that it is the charset.  The program is to be released either way. */
const char *search_parse(
    struct args *args, struct search_program *ret_program, bool *ret_charset);
void search_release(struct search_program *program);

/* Gives sets and keywords their meaning in the selected mailbox. */
void search_bind(struct search_program *program, struct imap *im);

/* Does the message match?  A message that is gone matches no key that needs
 * the disk. */
bool search_matches(
    const struct search_program *program, struct imap *im, uint32_t seq);

#endif
