/* A message that got its uid and its name in a folder is noted in the index, so
 * that nobody has to read the folder for it.  Never notes one where anything
 * else has changed since the index was told: then the next look finds it. */
#ifndef NJIWA_STORE_ADDED_H
#define NJIWA_STORE_ADDED_H

#include "common/store/uidfile.h"
#include "common/store/view_index.h"

/* The folder just before and after the message got its name. */
struct added {
	bool seen; /* both */
	struct view_disk before, after;
};

/* Looks at the open folder whose uidlist is locked: before and after. */
void added_before(struct added *added, const struct tree_folder *folder);
void added_after(struct added *added, const struct tree_folder *folder);

/* Notes the file called name, which has just one of uids.  Opens the index when
 * it is not open.  What fails is told as all failures of the index. */
void added_note(const struct added *added, struct store *store,
    const struct tree_folder *folder, const struct uidfile_uids *uids,
    const char *name);

#endif
