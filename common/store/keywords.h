/* The format of dovecot-keywords, which names the letters a to z of file
 * names: lines of <index> <name>.  Never touches the disk. */
#ifndef NJIWA_STORE_KEYWORDS_H
#define NJIWA_STORE_KEYWORDS_H

#include "common/base/str.h"
#include "common/store/mailbox.h"

#define KEYWORDS_NAME "dovecot-keywords"
#define KEYWORDS_NAME_MAX 200         /* octets of a keyword */
#define KEYWORDS_FILE_MAX (64 * 1024) /* octets of the file */

struct keywords {
	char *names[MAILBOX_KEYWORDS_MAX]; /* owned; NULL: no such keyword */
};

void keywords_release(struct keywords *keywords);

/* Replaces keywords by what text says; lines that make no sense are left out,
 * of two lines for one index the later counts. */
void keywords_parse(struct slice text, struct keywords *keywords);

/* Appends the file's contents. */
void keywords_format(const struct keywords *keywords, struct str *out);

/* The index of name, any case; -1 when there is none. */
int keywords_find(const struct keywords *keywords, struct slice name);

/* Gives name the lowest index that is free and not in the bits used; -ENOSPC
 * when there is none, -EINVAL when name cannot be a keyword. */
int keywords_add(struct keywords *keywords, struct slice name, uint32_t used);

#endif
