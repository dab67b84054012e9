#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/folder.h"
#include "common/store/folder_change.h"
#include "common/store/lock.h"
#include "common/store/store_index.h"
#include "common/store/uidlist.h"
#include "common/store/usage.h"

/* What a deleted folder is called until its files are gone: no folder's name,
 * for us and for Dovecot. */
#define GONE "..njiwa-gone."

#define REMOVE_DEPTH_MAX 8 /* directories within directories */
#define REMOVE_TRIES 3     /* while others put something into them */

static const char bad_name[] = "no folder can have such a name";

/* ---- removing what is deleted ---- */

static int remove_directory(int dirfd, const char *name, unsigned depth);

static int
remove_entry(int dirfd, const char *name, unsigned depth)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	return remove_directory(dirfd, name, depth + 1);
}

static int
empty_directory(int fd, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL) {
		rc = -errno;
		(void)close(fd); /* was only read */
		return rc;
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			rc = remove_entry(dirfd(dir), entry->d_name, depth);
	(void)closedir(dir); /* was only read */
	return rc;
}

/* Another may do the same at the same time. */
static int
remove_directory_once(int dirfd, const char *name, unsigned depth)
{
	int rc, fd = tree_open_dir(dirfd, name);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (depth > REMOVE_DEPTH_MAX) {
		(void)close(fd); /* was only read */
		return -ELOOP;
	}
	rc = empty_directory(fd, depth);
	if (rc == 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0 &&
	    errno != ENOENT)
		rc = -errno;
	return rc;
}

/* One who has just opened the folder may put a lock into it, to see that it is
 * gone. */
static int
remove_directory(int dirfd, const char *name, unsigned depth)
{
	int rc = -ENOTEMPTY, tries;

	for (tries = 0; rc == -ENOTEMPTY && tries < REMOVE_TRIES; tries++)
		rc = remove_directory_once(dirfd, name, depth);
	return rc;
}

/* Removes all deleted folders, those too that a crash has left.  What cannot
 * be removed now is so at the next time. */
static void
remove_gone(struct store *store)
{
	int fd = tree_open_dir(store->root, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		fileio_close(&fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (slice_starts(slice_from(entry->d_name), GONE))
			(void)remove_directory(store->root, entry->d_name, 0);
	(void)closedir(dir); /* was only read */
}

/* ---- DELETE ---- */

/* Is there a folder below the one that is none itself? */
static int
has_children(struct store *store, struct slice name, struct err *err)
{
	STR_AUTO below = STR_INIT;
	struct store_folder *folders;
	size_t count, i;
	bool found = false;
	int rc = store_list(store, &folders, &count, err);

	if (rc < 0)
		return rc;
	str_appendf(&below, "%.*s/", SLICE_FMT(name));
	for (i = 0; i < count; i++)
		found |=
		    folders[i].exists &&
		    slice_starts(slice_from(folders[i].name), str_cstr(&below));
	store_folders_free(folders, count);
	return found;
}

/* Takes the folder's name away, in one step.  Who moves messages into it has
 * its lock: they are there before, or stay where they are.  A full disk, which
 * has no room for a lock, is no reason to keep the folder. */
static int
take_away(
    struct store *store, const struct tree_folder *folder, const char *dir)
{
	char gone[sizeof GONE + 64];
	LOCK_AUTO lock = LOCK_INIT;
	int rc =
	    lock_take(store, folder->dir, UIDLIST_NAME, LOCK_WAIT_MS, &lock);

	if (rc == -EAGAIN)
		return rc;
	(void)snprintf(gone, sizeof gone, GONE "%lld.%d.%u",
	    (long long)time(NULL), (int)getpid(), store->number++); /* fits */
	rc = tree_rename(store->root, dir, store->root, gone);
	return rc == 0 ? tree_sync(store, store->root) : rc;
}

int
store_delete(struct store *store, struct slice name, struct err *err)
{
	struct tree_folder folder = TREE_FOLDER_INIT;
	uint64_t octets = 0, messages = 0;
	STR_AUTO dir = STR_INIT;
	int rc;

	if (!folder_to_dir(name, &dir) || folder_is_inbox(name))
		return err_set(err, EINVAL, bad_name);
	rc = tree_folder_open(store, name, false, &folder, err);
	if (rc == -ENOENT && has_children(store, name, err) > 0)
		return err_set(err, ENOTEMPTY, "it has folders below it");
	if (rc < 0)
		return rc;
	rc = take_away(store, &folder, str_cstr(&dir));
	if (rc < 0) {
		rc = tree_error(store, err, -rc, folder.path, "");
		tree_folder_close(&folder);
		return rc;
	}
	/* nobody can find them any more: now they do not count */
	if (usage_of_folder(&folder, &octets, &messages) == 0 &&
	    store->config.quota && messages)
		store->config.quota(store->config.quota_ctx, -(int64_t)octets,
		    -(int64_t)messages);
	tree_tell_first(store, &folder, 0, false);
	tree_folder_close(&folder);
	remove_gone(store);
	store_index_forget(store, str_cstr(&dir));
	return 0;
}

/* ---- RENAME ---- */

/* One directory's way. */
struct renaming {
	char *from, *to;
};

struct renamings {
	struct renaming *list;
	size_t count, cap;
};

static void
renamings_release(struct renamings *all)
{
	while (all->count > 0) {
		all->count--;
		free(all->list[all->count].from);
		free(all->list[all->count].to);
	}
	free(all->list);
}

/* The folder itself, or one below it: from/rest becomes to/rest. */
static bool
add_renaming(struct renamings *all, struct slice name, struct slice from,
    struct slice to)
{
	STR_AUTO target = STR_INIT;
	STR_AUTO from_dir = STR_INIT;
	STR_AUTO to_dir = STR_INIT;

	str_append(&target, to);
	str_append(&target, slice_skip(name, from.len));
	if (!folder_to_dir(name, &from_dir) ||
	    !folder_to_dir(str_slice(&target), &to_dir))
		return false;
	all->list =
	    mem_grow(all->list, &all->cap, all->count + 1, sizeof *all->list);
	all->list[all->count++] =
	    (struct renaming){ str_take(&from_dir), str_take(&to_dir) };
	return true;
}

static bool
is_within(struct slice name, struct slice top)
{
	return slice_equal(slice_head(name, top.len), top) &&
	       (name.len == top.len || name.ptr[top.len] == '/');
}

static int
collect(struct store *store, struct slice from, struct slice to,
    struct renamings *all, struct err *err)
{
	struct store_folder *folders = NULL;
	size_t count = 0, i;
	int rc = store_count_folders(store, &count, err);

	if (rc == 0 && count > STORE_FOLDERS_MAX) /* some are not listed */
		rc = err_set(err, EMLINK, "there are too many folders");
	if (rc == 0)
		rc = store_list(store, &folders, &count, err);
	if (rc < 0)
		return rc;
	for (i = 0; rc == 0 && i < count; i++) {
		struct slice name = slice_from(folders[i].name);

		if (folders[i].exists && slice_equal(name, to))
			rc = err_set(err, EEXIST, "the folder exists already");
		else if (folders[i].exists && is_within(name, from) &&
			 !add_renaming(all, name, from, to))
			rc = err_set(err, EINVAL, bad_name);
	}
	store_folders_free(folders, count);
	if (rc == 0 && all->count == 0)
		rc = err_set(err, ENOENT, "there is no such folder");
	return rc;
}

/* All of them, or none but for a crash in their midst. */
static int
rename_all(struct store *store, const struct renamings *all, struct err *err)
{
	const struct renaming *way = all->list;
	size_t done;
	int rc = 0;

	for (done = 0; rc == 0 && done < all->count; done++)
		rc = tree_rename(
		    store->root, way[done].from, store->root, way[done].to);
	if (rc == 0)
		rc = tree_sync(store, store->root);
	else
		done--;
	if (rc == 0) {
		while (done-- > 0)
			store_index_rename(store, way[done].from, way[done].to);
		return 0;
	}
	rc = tree_error(store, err, -rc, store->path,
	    done < all->count ? way[done].from : "");
	while (done-- > 0) /* as far as it can be undone */
		(void)tree_rename(
		    store->root, way[done].to, store->root, way[done].from);
	return rc;
}

/* The folder that was called so is empty, and there is another. */
static void
tell_renamed(struct store *store, const struct renaming *way)
{
	const struct store_config *config = &store->config;
	struct tree_folder folder = TREE_FOLDER_INIT;
	STR_AUTO from = STR_INIT;
	STR_AUTO to = STR_INIT;
	struct err err;

	if (config->first == NULL ||
	    !folder_from_dir(slice_from(way->from), &from) ||
	    !folder_from_dir(slice_from(way->to), &to))
		return;
	config->first(config->quota_ctx, str_slice(&from), 0, false);
	if (tree_folder_open(store, str_slice(&to), false, &folder, &err) == 0)
		tree_tell_first(store, &folder, usage_oldest(&folder), false);
	tree_folder_close(&folder);
}

int
store_rename(
    struct store *store, struct slice from, struct slice to, struct err *err)
{
	struct renamings all = { NULL, 0, 0 };
	STR_AUTO dir = STR_INIT;
	size_t i;
	int rc;

	if (!folder_to_dir(from, &dir) || !folder_to_dir(to, &dir) ||
	    folder_is_inbox(from))
		return err_set(err, EINVAL, bad_name);
	if (folder_is_inbox(to))
		return err_set(err, EEXIST, "the folder exists already");
	if (is_within(to, from))
		return err_set(err, slice_equal(to, from) ? EEXIST : EINVAL,
		    "a folder cannot be put below itself");
	rc = collect(store, from, to, &all, err);
	if (rc == 0)
		rc = rename_all(store, &all, err);
	for (i = 0; rc == 0 && i < all.count; i++)
		tell_renamed(store, &all.list[i]);
	renamings_release(&all);
	return rc;
}
