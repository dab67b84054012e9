/* Folder names: UTF-8 with levels separated by '/', as users see them, and
 * Maildir++ directory names (".Level.Level" in modified UTF-7).
 * Never touches the disk. */
#ifndef NJIWA_STORE_FOLDER_H
#define NJIWA_STORE_FOLDER_H

#include "common/base/str.h"

/* Is it INBOX, in any case? */
bool folder_is_inbox(struct slice name);

/*
 * Appends the directory name of the folder called name; "." for INBOX.  False,
 * and out as it was, for what cannot be a folder's name: not UTF-8, control
 * characters, an empty level, a '.' in a level (it is the separator on disk),
 * more than STORE_DEPTH_MAX levels, more than STORE_NAME_MAX octets on disk.
 */
bool folder_to_dir(struct slice name, struct str *out);

/* Appends the folder name of a directory ("." is INBOX).  False, and out as it
 * was, when folder_to_dir would not give that directory. */
bool folder_from_dir(struct slice dir, struct str *out);

#endif
