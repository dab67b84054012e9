/* A user's mail: a Maildir++ tree with its folders, subscriptions and side
 * files, opened once and worked on through its descriptor.
 * Never leaves the tree and never follows a link out of it. */
#ifndef NJIWA_STORE_STORE_H
#define NJIWA_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define STORE_NAME_MAX 255      /* octets of a folder's directory name */
#define STORE_DEPTH_MAX 32      /* levels of a folder name */
#define STORE_FOLDERS_MAX 10000 /* folders listed of one user */

/* Told when messages come (positive) or go; octets are those on disk.  Called
 * after the disk says so; must not fail (the caller heals by a recount). */
typedef void store_quota(void *ctx, int64_t octets, int64_t messages);

/* Told of a folder (UTF-8) when a message was added at saved (seconds of the
 * epoch), or when its first one has gone: saved is then when the one that is
 * first now came (RFC 8514), 0 when there is none.  As store_quota. */
typedef void store_first(
    void *ctx, struct slice folder, int64_t saved, bool added);

/* How a mailbox that is opened is remembered from one session to the next. */
struct store_indexing {
	const char *dir;  /* the folder of this user's index, which exists;
			   * NULL: STORE_INDEX_DIR in the Maildir, made */
	const char *boot; /* this boot's id */
	uint64_t octets;  /* that it may grow to */
	void (*complain)(void *ctx, const char *text); /* why there is none */
	void *ctx;
};

#define STORE_INDEX_DIR "njiwa-index"  /* no dot first: no Maildir++ folder */
#define STORE_TOLD_NAME "njiwa-modseq" /* beside the mail: see told.h */

struct store_config {
	bool sync;        /* fsync files and directories */
	const char *host; /* our name, in file names */
	const char
	    *quota_ignore;   /* folder that does not count ("Sent"), or NULL */
	store_quota *quota;  /* may be NULL */
	store_first *first;  /* may be NULL */
	void *quota_ctx;     /* of both */
	const char *trusted; /* links are followed down to here (mail_root);
			      * NULL: above the Maildir */
	uid_t uid;           /* whose a Maildir is that root makes, */
	gid_t gid;           /* and its group; 0: its parent's owner's */
	const struct store_indexing *indexing; /* borrowed; NULL: no index */
};

struct store;

enum store_mode {
	STORE_MUST_EXIST,
	STORE_CREATE /* make path and its cur, new, tmp (0700) when missing;
		      * new and tmp beside an existing cur when they are used */
};

/*
 * Opens the Maildir at the absolute path.  config is copied, its strings
 * borrowed for the life of the store.  0, or -errno with err filled (-ENOENT,
 * -EACCES with the owner found and wanted: also a user's that is root's).  Free
 * with store_free.
 */
int store_open(const char *path, enum store_mode mode,
    const struct store_config *config, struct store **ret_store,
    struct err *err);
void store_free(struct store *store);

/* Gives back memory while nobody asks for anything; it comes back by itself. */
void store_rest(struct store *store);

/* Is there room on its disk for so many octets?  True when that cannot be
 * seen. */
bool store_has_room(const struct store *store, uint64_t octets);

/* One folder for LIST. */
struct store_folder {
	char *name;  /* UTF-8, levels separated by '/' */
	bool exists; /* false: a parent of folders (children) or, subscribed to,
		      * one that is gone */
	bool children;
	bool subscribed;
};

/* All folders, INBOX first, then by name; *ret_folders is the caller's, freed
 * with store_folders_free.  Of more than STORE_FOLDERS_MAX, which only others
 * can make, some are left out.  0 or -errno. */
int store_list(struct store *store, struct store_folder **ret_folders,
    size_t *ret_count, struct err *err);
void store_folders_free(struct store_folder *folders, size_t count);

/* How many folders there are, INBOX included, without a look into them: a
 * directory with a folder's name counts.  0 or -errno. */
int store_count_folders(
    struct store *store, size_t *ret_count, struct err *err);

/* Makes a folder (and not its parents).  0; -EEXIST; -EMLINK when there are
 * STORE_FOLDERS_MAX already; -EINVAL for a name that cannot be a folder's
 * (empty level, "." at an edge, '/', NUL, too long or too deep, not UTF-8,
 * control characters); -errno. */
int store_create(struct store *store, struct slice name, struct err *err);

/* Is there a folder called name?  1, 0 or -errno. */
int store_has_folder(struct store *store, struct slice name, struct err *err);

/* Is there a message in the folder whose file's name begins so?  1, 0 (also
 * when there is no such folder), or -errno. */
int store_has_message(struct store *store, struct slice folder,
    struct slice begin, struct err *err);

/* Has the user ever subscribed to a folder?  True when that cannot be seen. */
bool store_has_subscriptions(struct store *store);

/* Adds name to the subscriptions or removes it.  0 or -errno. */
int store_subscribe(
    struct store *store, struct slice name, bool yes, struct err *err);

/* Octets and messages in all counted folders, by the file names' S= and, where
 * that is missing, the files themselves.  For quota recalculation. */
int store_usage(struct store *store, uint64_t *ret_octets,
    uint64_t *ret_messages, struct err *err);

#endif
