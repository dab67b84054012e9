/* DELETE and RENAME of folders.  Never leaves a folder half changed that
 * somebody could see. */
#ifndef NJIWA_STORE_FOLDER_CHANGE_H
#define NJIWA_STORE_FOLDER_CHANGE_H

#include "common/store/store.h"

/*
 * Deletes a folder, and its messages from the quota; those below it stay.  Its
 * name is gone in one step, its files after it (a crash leaves them to the next
 * time).  0; -ENOENT; -EINVAL for INBOX and what is no name; -ENOTEMPTY for
 * what is only the parent of folders; -errno.
 */
int store_delete(struct store *store, struct slice name, struct err *err);

/*
 * Renames a folder and those below it, which keep their uidvalidity and uids.
 * 0; -ENOENT; -EEXIST when a folder has one of the new names; -EINVAL for
 * INBOX, what is no name, and a place below the folder itself; -errno, and all
 * is as it was.
 */
int store_rename(
    struct store *store, struct slice from, struct slice to, struct err *err);

#endif
