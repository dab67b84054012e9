/* SEARCH (RFC 3501 section 6.4.4): the keys compiled to a program of nodes,
 * run for each message, the cheap ones first.  Never looks at the disk for what
 * the view knows. */
#ifndef NJIWA_CMD_IMAPD_SEARCH_H
#define NJIWA_CMD_IMAPD_SEARCH_H

#include "cmd/imapd/imap.h"
#include "cmd/imapd/partial.h"
#include "cmd/imapd/seqset.h"

#define SEARCH_NODES_MAX 1000 /* keys of one search */
#define SEARCH_DEPTH_MAX 32   /* NOT, OR and parentheses within each other */

enum search_op {
	OP_ALL,
	OP_NONE,    /* no message */
	OP_AND,     /* all children */
	OP_OR,      /* one child */
	OP_NOT,     /* its one child not */
	OP_FLAG,    /* (flags & mask) == value */
	OP_KEYWORD, /* has one of the keywords in mask, or none for unknown */
	OP_SEQ,
	OP_UID,
	OP_SAVED,   /* "$" (RFC 5182) */
	OP_MODSEQ,  /* at least that modification sequence (RFC 7162) */
	OP_EMAILID, /* its id is name (RFC 8474) */
	OP_LARGER,
	OP_SMALLER,
	OP_BEFORE, /* internal date, its day in this machine's zone */
	OP_ON,
	OP_SINCE,
	OP_SAVED_BEFORE, /* the day when it came here (RFC 8514) */
	OP_SAVED_ON,
	OP_SAVED_SINCE,
	OP_YOUNGER, /* seconds (RFC 5032) */
	OP_OLDER,
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
	struct slice name;    /* KEYWORD, until it has a mask; FIELD; EMAILID */
	struct str needle;    /* folded (casemap.h) */
	uint64_t number;      /* sizes, days, modification sequences */
	struct seqset set;
	size_t child, next; /* indices of nodes, 0 for none */
};

/* What RETURN asks for (RFC 4731, RFC 5182). */
enum {
	RETURN_MIN = 1 << 0,
	RETURN_MAX = 1 << 1,
	RETURN_ALL = 1 << 2,
	RETURN_COUNT = 1 << 3,
	RETURN_SAVE = 1 << 4,
	RETURN_PARTIAL = 1 << 5, /* RFC 9394 */
	RETURN_UPDATE = 1 << 6,  /* RFC 5267 section 4.3 */
	RETURN_CONTEXT = 1 << 7  /* section 4.2: nothing depends on it */
};

struct search_return {
	unsigned wanted;     /* RETURN_ bits, 0 for an old SEARCH */
	struct partial page; /* of PARTIAL */
	struct slice items;  /* "(UID ...)" behind UPDATE; empty: none */
};

struct search_program {
	struct search_node *nodes; /* nodes[0] is the root, an AND */
	size_t count, cap;
	struct slice charset; /* of its strings */
	bool charset_said;    /* by CHARSET */
	unsigned wanted;      /* RETURN_ bits, 0 for an old SEARCH */
	struct partial page;  /* of PARTIAL */
	bool modseq;          /* it looks at them: the answer has one too */
	bool update;          /* its result is to be kept (context.h) */
	struct slice items;   /* told of what is new in it, as FETCH has them */
	bool numbers;         /* it names sequence numbers */
};

/* Takes "RETURN" SP "(" options ")" and the blank behind it where it stands
 * (RFC 4466), with those options that are allowed (RETURN_ bits); no option is
 * RETURN_ALL.  False for a mistake, and for PARTIAL with ALL (RFC 9394 section
 * 3.1). */
bool search_parse_return(
    struct args *args, unsigned allowed, struct search_return *ret_return);

/* Compiles the keys of a command that names the charset before them (RFC 5256
 * section 3): charset SP key *(SP key).  As search_parse. */
const char *search_parse_keys(
    struct args *args, struct search_program *ret_program, bool *ret_charset);

/* Compiles the keys behind SEARCH.  NULL, or what is wrong; *ret_charset says
 * that it is the charset.  The program is to be released either way. */
const char *search_parse(
    struct args *args, struct search_program *ret_program, bool *ret_charset);
void search_release(struct search_program *program);

/* Gives sets and keywords their meaning in the selected mailbox.  False, and
 * the reply is set, when they can have none there. */
bool search_bind(struct search_program *program, struct imap *im);

/* Does the message match?  A message that is gone matches no key that needs
 * the disk. */
bool search_matches(
    const struct search_program *program, struct imap *im, uint32_t seq);

#endif
