/* How much one folder adds to a user's quota, and how old it is.  Never counts
 * what the quota leaves out.  For the whole tree see store_usage. */
#ifndef NJIWA_STORE_USAGE_H
#define NJIWA_STORE_USAGE_H

#include "common/store/tree.h"

/* Adds the octets and the number of the messages in the folder, whose new and
 * cur are open.  0, or -errno and some of them were added. */
int usage_of_folder(
    const struct tree_folder *folder, uint64_t *octets, uint64_t *messages);

/* When the message came that was the first to come into the folder, seconds of
 * the epoch, as far as names and files tell; 0 when there is none. */
int64_t usage_oldest(const struct tree_folder *folder);

#endif
