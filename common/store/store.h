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

struct store_config {
	bool sync;        /* fsync files and directories */
	const char *host; /* our name, in file names */
	const char
	    *quota_ignore;  /* folder that does not count ("Sent"), or NULL */
	store_quota *quota; /* may be NULL */
	void *quota_ctx;
	const char *trusted; /* links are followed down to here (mail_root);
			      * NULL: above the Maildir */
	uid_t uid;           /* whose a Maildir is that root makes, */
	gid_t gid;           /* and its group; 0: its parent's owner's */
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

/* One folder for LIST. */
struct store_folder {
	char *name;  /* UTF-8, levels separated by '/' */
	bool exists; /* false: a parent of folders (children) or, subscribed to,
		      * one that is gone */
	bool children;
	bool subscribed;
};

/* All folders, INBOX first, then by name; *ret_folders is the caller's, freed
 * with store_folders_free.  0 or -errno. */
int store_list(struct store *store, struct store_folder **ret_folders,
    size_t *ret_count, struct err *err);
void store_folders_free(struct store_folder *folders, size_t count);

/* Makes a folder (and not its parents).  0; -EEXIST; -EINVAL for a name that
 * cannot be a folder's (empty level, "." at an edge, '/', NUL, too long or too
 * deep, not UTF-8, control characters); -errno. */
int store_create(struct store *store, struct slice name, struct err *err);

/* Is there a folder called name?  1, 0 or -errno. */
int store_has_folder(struct store *store, struct slice name, struct err *err);

/* Adds name to the subscriptions or removes it.  0 or -errno. */
int store_subscribe(
    struct store *store, struct slice name, bool yes, struct err *err);

/*
 * A message on its way into folders of one or several stores.  It is written
 * once, to a file without a name where the file system allows it, and gets
 * names by linking.
 */
struct incoming;

/* Opens an incoming message in the store's tmp.  The descriptor (read and
 * write) stays the incoming's; hand it on as a duplicate. */
int incoming_open(
    struct store *store, struct incoming **ret_incoming, struct err *err);
int incoming_fd(const struct incoming *in);
void incoming_free(struct incoming *in); /* drops what was not delivered */

/* How a message is put into a folder. */
struct incoming_target {
	struct store *store;
	struct slice folder; /* UTF-8; INBOX */
	uint8_t flags;       /* FLAG_ bits of mailbox.h; RECENT: into new/ */
	uint32_t keywords;   /* bits, from an open mailbox of that folder */
	int64_t date;        /* internal date, seconds; 0: now */
	bool create;         /* make the folder when it is missing */
	bool want_uid;       /* give it a UID now (APPEND), into ret_uid */
};

/*
 * Delivers the message into one folder: its file is on disk (fsync), has its
 * final name with S= and W=, and the directory entry is on disk, when this
 * returns 0.  Called again for further folders it links the same file where
 * owner and file system allow, else copies.  -errno (-EDQUOT, -ENOSPC, -ENOENT,
 * -EACCES) with err filled, and nothing is left in new/ or cur/.
 */
int incoming_deliver(struct incoming *in, const struct incoming_target *target,
    uint32_t *ret_uid, uint32_t *ret_uidvalidity, struct err *err);

/*
 * The same in two steps, for many folders: incoming_link gives the message its
 * name in one, incoming_sync brings all directory entries to the disk and tells
 * the quotas (the stores may be gone, their quota_ctx must not).  Until then a
 * descriptor is held for each.  Either fails with -errno and err filled, and
 * what was linked stays so until it is withdrawn.  A folder's failure is not
 * the others': incoming_failed tells, by the number that the n-th successful
 * incoming_link has (from 0), whose entry did not get to the disk.
 */
int incoming_link(
    struct incoming *in, const struct incoming_target *target, struct err *err);
int incoming_sync(struct incoming *in, struct err *err);
bool incoming_failed(const struct incoming *in, size_t number);

/* Moves the message to a file in the store that nobody but the caller can write
 * to, whoever had the descriptor.  0, or -errno with err filled. */
int incoming_seal(struct incoming *in, struct store *store, struct err *err);

/* Takes the message back from every folder that got it and in which nobody has
 * touched it yet; the quotas follow.  0, or -errno with err filled when it had
 * to stay in one (-ENOENT: somebody has seen it). */
int incoming_withdraw(struct incoming *in, struct err *err);

/* The same for the folder of one incoming_link, by its number. */
int incoming_withdraw_one(struct incoming *in, size_t number, struct err *err);

/* Octets and messages in all counted folders, by the file names' S= and, where
 * that is missing, the files themselves.  For quota recalculation. */
int store_usage(struct store *store, uint64_t *ret_octets,
    uint64_t *ret_messages, struct err *err);

#endif
