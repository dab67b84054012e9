/* The file of local domains, one a line, as the predecessor's host_list: read
 * when it has changed.  Never says that a domain is foreign when the file is
 * there and cannot be read. */
#ifndef NJIWA_ACCOUNT_HOST_LIST_H
#define NJIWA_ACCOUNT_HOST_LIST_H

#include <sys/stat.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define HOST_LIST_MAX (4 << 20) /* octets of the file */

/* Zeroed is empty, and not read yet. */
struct host_list {
	struct str text;    /* the file, in lower case */
	struct slice *list; /* its domains, sorted, within text */
	size_t count;
	struct stat seen; /* the file that was read */
};

/* Is domain (lower case) in the file at path?  1 or 0 (also when there is no
 * such file), or -errno with err filled. */
int host_list_has(struct host_list *list, const char *path, struct slice domain,
    struct err *err);
void host_list_release(struct host_list *list);

#endif
