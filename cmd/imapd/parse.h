/* A command's arguments, cut off one after another (RFC 3501 section 9):
 * atoms, strings, numbers, lists.  A mistake sticks: callers parse on and ask
 * once, with args_end.  Never copies but to take the escapes out of a string.
 */
#ifndef NJIWA_CMD_IMAPD_PARSE_H
#define NJIWA_CMD_IMAPD_PARSE_H

#include <stdint.h>
#include "cmd/imapd/name_style.h"
#include "common/base/str.h"

#define ARGS_DEPTH_MAX 32   /* lists within lists */
#define PARSE_TAG_MAX 512   /* octets of a tag */
#define ARGS_COUNT_MAX 5000 /* words, strings and lists of one command */

/* A cursor over the text of a command, its literals in their places as they
 * came ("{3}" CRLF and the octets).  All slices that it gives live until the
 * command's text or the scratch change. */
struct args {
	struct slice rest;
	struct str *scratch; /* strings without their escapes */
	unsigned depth;
	unsigned count;
	bool bad;
	struct name_style names; /* of mailboxes */
};

/* Begins at the start of text.  scratch is emptied; it never has to grow
 * while text is parsed, so what is cut from it stays where it is. */
void args_init(struct args *args, struct slice text, struct str *scratch);

/* One blank.  This and all that follow: false, and args->bad, when what stands
 * there is something else. */
bool args_space(struct args *args);

/* Is this the end, and was everything before it right? */
bool args_end(const struct args *args);

/* The next octet, unread; NUL at the end and after a mistake. */
char args_peek(const struct args *args);

/* Eats c if it stands there; no mistake if it does not. */
bool args_try(struct args *args, char c);

/* An atom; a number of at most max; a sequence set (its syntax is seqset.h's
 * business); a keyword or system flag. */
bool args_atom(struct args *args, struct slice *ret_atom);
bool args_number(struct args *args, uint64_t max, uint64_t *ret_number);
bool args_sequence(struct args *args, struct slice *ret_sequence);
bool args_flag(struct args *args, struct slice *ret_flag);

/* A run of letters, digits and dots (a FETCH item, a section); may be empty
 * when it may. */
bool args_name(struct args *args, bool may_be_empty, struct slice *ret_name);

/* A quoted string or a literal; the same or an atom (astring); the same or
 * NIL (ret_string->ptr is then NULL); a string or list-mailbox. */
bool args_string(struct args *args, struct slice *ret_string);
bool args_astring(struct args *args, struct slice *ret_string);
bool args_nstring(struct args *args, struct slice *ret_string);
bool args_pattern(struct args *args, struct slice *ret_string);

/* args_nstring, or a literal8, which may hold NUL (RFC 5464 section 5). */
bool args_nstring8(struct args *args, struct slice *ret_string);

/* "(" and ")"; args_more says whether another element follows in a list whose
 * elements are parted by one blank each, and eats the blank, or the ")". */
bool args_open(struct args *args);
bool args_more(struct args *args, bool first);

/* Nothing more, or a command's modifiers, SP "(" one or more of them ")" (RFC
 * 4466 section 2.1), each parsed by parse. */
bool args_modifiers(
    struct args *args, bool (*parse)(struct args *args, void *ctx), void *ctx);

/* Marks a mistake; false, for return. */
bool args_fail(struct args *args);

/* The "{n}" or "{n+}" at the end of a line without its line end; binary
 * tells of "~{n}".  False when there is none.  A number above 2^63 - 1 counts
 * as UINT64_MAX, which nobody takes. */
struct literal {
	uint64_t size;
	bool sync;   /* the client waits for "+" */
	bool binary; /* literal8 (RFC 3516) */
};
bool literal_at_end(struct slice line, struct literal *ret_literal);

/* May the octet stand in an atom, or in an astring's atom? */
bool parse_is_atom_char(unsigned char c);
bool parse_is_astring_char(unsigned char c);

/* Is all of text a tag, not too long?  An atom (no list, no quotes)? */
bool parse_is_tag(struct slice text);
bool parse_is_atom(struct slice text);

#endif
