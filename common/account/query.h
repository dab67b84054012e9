/* Queries of the settings: SQL with %u %n %d %b %m becomes SQL with ? and a
 * list of what to bind.  Never puts a value into the text. */
#ifndef NJIWA_ACCOUNT_QUERY_H
#define NJIWA_ACCOUNT_QUERY_H

#include "common/base/err.h"
#include "common/base/slice.h"

#define QUERY_PARAMS_MAX 16 /* tokens of one query */
#define QUERY_TEXT_MAX 8192 /* octets of one query */

enum query_token {
	QUERY_USER,    /* %u: the whole address */
	QUERY_NAME,    /* %n: the local part */
	QUERY_DOMAIN,  /* %d */
	QUERY_OCTETS,  /* %b: a number */
	QUERY_MESSAGES /* %m: a number */
};

enum query_numbers {
	QUERY_TEXTS,   /* %u %n %d alone */
	QUERY_NUMBERS, /* %b and %m too */
};

struct query {
	char *sql;
	enum query_token tokens[QUERY_PARAMS_MAX];
	size_t count;
};

/*
 * Compiles text.  A token stands bare or alone in quotes ('%u'); %% is a %.
 * Refused, with what to write instead in err: a token amid a quoted text, an
 * unknown one, a ? of its own, a backslash within quotes, a quote that does
 * not end, too many tokens.  0 or -EINVAL.
 */
int query_compile(const char *text, enum query_numbers numbers,
    struct query *ret_query, struct err *err);
void query_release(struct query *query);

#endif
