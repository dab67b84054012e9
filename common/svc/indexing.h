/* Where a session's index is (settings index, index_dir), and what of it must
 * be done before the confinement: this boot's id is in /proc, and a folder for
 * indexes is made by whoever may.
 * Never opens an index: the store does when a mailbox is. */
#ifndef NJIWA_SVC_INDEXING_H
#define NJIWA_SVC_INDEXING_H

#include "common/store/store.h"
#include "common/svc/settings.h"

#define INDEXING_BOOT_MAX 40 /* octets of the id, with its NUL */

/* Reads the id of this boot; "" when it cannot be had. */
void indexing_read_boot(char ret_boot[INDEXING_BOOT_MAX]);

/* Makes the folder of the setting index_dir, when there is one; before the
 * keeper gives its rights up.  What fails is told by who wants to use it. */
void indexing_make_dir(const struct settings *settings);

/* Appends where the account's index is, whose mail is at mail.  0, or -EINVAL
 * for a name that cannot be a folder's. */
int indexing_find(const struct settings *settings, const char *account,
    const char *mail, struct str *out);

/* Makes the folder for the account below it, which is then the owner's, and
 * appends its path; nothing where indexes are beside the mail.  0; -EINVAL for
 * a name that cannot be a folder's; -errno. */
int indexing_make_own(const struct settings *settings, const char *account,
    const uint32_t owner[2], struct str *out);

#endif
