/* What the store's own files share: the open tree, and how files and folders
 * in it are opened and made.  Never follows a link, and gives what it makes to
 * the tree's owner. */
#ifndef NJIWA_STORE_TREE_H
#define NJIWA_STORE_TREE_H

#include <sys/stat.h>
#include "common/base/err.h"
#include "common/store/store.h"

struct index;
struct lock_kept;

struct store {
	int root;    /* the Maildir itself */
	char *path;  /* its absolute path, without a '/' at the end */
	uid_t uid;   /* its owner, */
	gid_t gid;   /* its group, */
	mode_t mode; /* and its permissions */
	struct store_config config;
	unsigned number;        /* of the next unique name */
	unsigned locks;         /* taken with lock_take_often, and */
	struct lock_kept *kept; /* their file; NULL: none yet */
	struct told *told;      /* modseqs; NULL: not open */
	struct index *index;    /* NULL: not open */
	unsigned index_opened;  /* how often it was */
};

/* The directories of an open folder; -1 where not open. */
struct tree_folder {
	int dir;
	int new_dir;
	int cur_dir;
	char *path; /* for messages; owned */
	bool ignored_by_quota;
	bool borrowed; /* dir is the store's root */
};

#define TREE_FOLDER_INIT                                                       \
	{                                                                      \
		-1, -1, -1, NULL, false, false                                 \
	}

/* Opens the folder called name (UTF-8) with its new and cur, which are made
 * when they are missing and may be; with create, the folder too.  0, -ENOENT,
 * -EINVAL or -errno with err filled.  tree_folder_close ends it (also a
 * TREE_FOLDER_INIT one). */
int tree_folder_open(struct store *store, struct slice name, bool create,
    struct tree_folder *ret_folder, struct err *err);
void tree_folder_close(struct tree_folder *folder);

/* Opens the folder alone, as tree_folder_open; and of the open folder new or
 * cur, into *ret_fd, which the folder has for it.  0 or -errno with err
 * filled. */
int tree_folder_enter(struct store *store, struct slice name, bool create,
    struct tree_folder *ret_folder, struct err *err);
int tree_folder_sub(struct store *store, const struct tree_folder *folder,
    const char *sub, int *ret_fd, struct err *err);

/* Tells config.first of the open folder. */
void tree_tell_first(const struct store *store,
    const struct tree_folder *folder, int64_t saved, bool added);

/* Makes the folder whose directory name is dir; 0, -EEXIST, -errno. */
int tree_folder_make(struct store *store, const char *dir, struct err *err);

/* Opens the directory name in dirfd; -errno. */
int tree_open_dir(int dirfd, const char *name);

/* Makes a directory in dirfd that is the owner's; an existing one is fine.
 * 0 or -errno. */
int tree_make_dir(struct store *store, int dirfd, const char *name);

/* Is there nothing in the open directory? */
bool tree_is_empty(int dirfd);

/* Gives the directory name in dirfd to the tree's owner, if it is one that root
 * made and could not give any more: it is empty.  0 or -errno. */
int tree_mend(const struct store *store, int dirfd, const char *name);

/* Makes tmp, new and cur in dirfd where they are missing.  0 or -errno. */
int tree_furnish(struct store *store, int dirfd);

/* Opens a regular file for reading (O_RDONLY) or more; -errno, -EINVAL for
 * anything but a regular file. */
int tree_open_file(int dirfd, const char *name, int flags);

/* Opens whatever has that name for reading, without waiting; -errno.  The
 * reader finds out whether it can be read by offset, as only files can. */
int tree_open_any(int dirfd, const char *name);

/* Makes the new file name in dirfd (O_EXCL), with the owner and permissions
 * of the tree; -errno. */
int tree_create_file(struct store *store, int dirfd, const char *name);

/* Opens a file without a name (O_TMPFILE) in the directory name in dirfd, the
 * owner's already; -errno, also where the file system has no such thing. */
int tree_create_nameless(struct store *store, int dirfd, const char *name);

/* Gives the open file, made so, a name in dirfd, never another's.  0, -EEXIST,
 * -errno. */
int tree_link(int fd, int dirfd, const char *name);

/* Gives the open file to the tree's owner.  0 or -errno. */
int tree_give(const struct store *store, int fd);

/* Permissions for files in a tree with such directories. */
mode_t tree_file_mode(const struct store *store);

/* Appends the contents of the file name in dirfd to out.  0, -ENOENT,
 * -EFBIG, -errno; *ret_st (may be NULL) is the file's. */
int tree_read(int dirfd, const char *name, size_t max, struct str *out,
    struct stat *ret_st);

/* Renames, never over another file.  0, -EEXIST, -errno. */
int tree_rename(int from_dir, const char *from, int to_dir, const char *to);

/* fsync when the settings say so; 0 or -errno. */
int tree_sync(const struct store *store, int fd);

/* Sends the file's octets on their way to the disk, where that saves time, for
 * a tree_sync that follows.  0, or -errno when they cannot be written. */
int tree_sync_begin(const struct store *store, int fd);

/* Fills err for code (an errno) met at path/what, and says what to do about
 * it.  Returns -code. */
int tree_error(const struct store *store, struct err *err, int code,
    const char *path, const char *what);

#endif
