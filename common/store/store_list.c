#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/courier.h"
#include "common/store/folder.h"
#include "common/store/lock.h"
#include "common/store/subscriptions.h"
#include "common/store/tree.h"

/* The folders found so far. */
struct listing {
	struct store_folder *list;
	size_t count, cap;
};

static struct store_folder *
add(struct listing *folders, struct slice name, bool exists, bool subscribed)
{
	folders->list = mem_grow(folders->list, &folders->cap,
	    folders->count + 1, sizeof *folders->list);
	folders->list[folders->count] = (struct store_folder){
		.name = mem_strndup(name.ptr, name.len),
		.exists = exists,
		.subscribed = subscribed,
	};
	return &folders->list[folders->count++];
}

/* Is the directory of the tree a folder: has it a cur? */
static bool
is_folder(const struct store *store, const char *dir)
{
	STR_AUTO cur = STR_INIT;
	struct stat st;

	if (fstatat(store->root, dir, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode))
		return false;
	str_appendf(&cur, "%s/cur", dir);
	return fstatat(store->root, cur.ptr, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* Is it a directory with the name of a folder, which is name? */
static bool
may_be_folder(const struct dirent *entry, struct str *name)
{
	return entry->d_name[0] == '.' && entry->d_name[1] != '\0' &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
	       folder_from_dir(slice_from(entry->d_name), name);
}

static int
add_folders(struct store *store, struct listing *folders)
{
	int fd = tree_open_dir(store->root, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		int rc = fd < 0 ? fd : -errno;

		fileio_close(&fd);
		return rc;
	}
	(void)add(folders, slice_from("INBOX"), true, false);
	while ((entry = readdir(dir)) != NULL &&
	       folders->count < STORE_FOLDERS_MAX) {
		STR_AUTO name = STR_INIT;

		if (may_be_folder(entry, &name) &&
		    is_folder(store, entry->d_name))
			(void)add(folders, str_slice(&name), true, false);
	}
	(void)closedir(dir); /* was only read */
	return 0;
}

/* INBOX first, then by name with '/' before all else, so that children follow
 * their parent. */
static int
compare(const void *a, const void *b)
{
	const struct store_folder *x = a, *y = b;
	const unsigned char *p = (const unsigned char *)x->name;
	const unsigned char *q = (const unsigned char *)y->name;
	bool xin = strcmp(x->name, "INBOX") == 0;
	bool yin = strcmp(y->name, "INBOX") == 0;

	if (xin || yin)
		return yin - xin;
	while (*p && *p == *q)
		p++, q++;
	return (*p == '/' ? 1 : *p) - (*q == '/' ? 1 : *q);
}

static void
sort(struct listing *folders)
{
	if (folders->count)
		qsort(folders->list, folders->count, sizeof *folders->list,
		    compare);
}

static struct store_folder *
find(struct listing *folders, size_t count, const char *name)
{
	struct store_folder key = { .name = mem_strdup(name) }, *found = NULL;

	if (count)
		found = bsearch(
		    &key, folders->list, count, sizeof *folders->list, compare);
	free(key.name);
	return found;
}

/* Adds the parents that are no folders, once each. */
static void
add_parents(struct listing *folders)
{
	size_t i, real = folders->count;

	for (i = 0; i < real; i++) {
		char *name = mem_strdup(folders->list[i].name), *slash;

		while ((slash = strrchr(name, '/')) != NULL) {
			struct store_folder *parent;

			*slash = '\0';
			parent = find(folders, real, name);
			if (parent == NULL)
				parent = add(
				    folders, slice_from(name), false, false);
			parent->children = true;
		}
		free(name);
	}
}

/* Sorts, and makes one of what was added several times. */
static void
unite(struct listing *folders)
{
	size_t i, kept = 0;

	sort(folders);
	for (i = 0; i < folders->count; i++) {
		struct store_folder *last =
		    kept ? &folders->list[kept - 1] : NULL;

		if (last && strcmp(last->name, folders->list[i].name) == 0)
			free(folders->list[i].name);
		else
			folders->list[kept++] = folders->list[i];
	}
	folders->count = kept;
}

/* Reads the subscriptions: Courier's, until there are some of ours. */
static int
read_subscriptions(struct store *store, struct str *text, struct stat *st)
{
	STR_AUTO couriers = STR_INIT;
	int rc = tree_read(
	    store->root, SUBSCRIPTIONS_NAME, SUBSCRIPTIONS_FILE_MAX, text, st);

	if (rc != -ENOENT)
		return rc;
	if (tree_read(store->root, COURIER_SUBSCRIPTIONS_NAME,
		SUBSCRIPTIONS_FILE_MAX, &couriers, NULL) == 0)
		courier_put_subscriptions(str_slice(&couriers), text);
	return 0;
}

/* Marks the subscribed ones, and adds those that are no folders. */
static int
mark_subscribed(struct store *store, struct listing *folders)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO name = STR_INIT;
	STR_AUTO dir = STR_INIT;
	size_t known = folders->count;
	unsigned version = 0;
	struct slice rest;
	int rc = read_subscriptions(store, &text, NULL);

	if (rc < 0)
		return rc;
	rest = str_slice(&text);
	while (subscriptions_next(&rest, &version, &name)) {
		struct store_folder *folder =
		    find(folders, known, str_cstr(&name));

		str_clear(&dir);
		if (folder)
			folder->subscribed = true;
		else if (folders->count < STORE_FOLDERS_MAX &&
			 folder_to_dir(str_slice(&name), &dir))
			(void)add(folders, str_slice(&name), false, true);
	}
	unite(folders);
	return 0;
}

int
store_list(struct store *store, struct store_folder **ret_folders,
    size_t *ret_count, struct err *err)
{
	struct listing folders = { NULL, 0, 0 };
	int rc = add_folders(store, &folders);

	if (rc == 0) {
		sort(&folders);
		add_parents(&folders);
		unite(&folders);
		rc = mark_subscribed(store, &folders);
	}
	if (rc < 0) {
		store_folders_free(folders.list, folders.count);
		return tree_error(store, err, -rc, store->path, "");
	}
	*ret_folders = folders.list;
	*ret_count = folders.count;
	return 0;
}

void
store_folders_free(struct store_folder *folders, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(folders[i].name);
	free(folders);
}

int
store_has_folder(struct store *store, struct slice name, struct err *err)
{
	STR_AUTO dir = STR_INIT;

	if (!folder_to_dir(name, &dir))
		return err_set(err, EINVAL, "no folder can have such a name");
	return is_folder(store, dir.ptr);
}

int
store_count_folders(struct store *store, size_t *ret_count, struct err *err)
{
	int fd = tree_open_dir(store->root, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t count = 1; /* INBOX */

	if (dir == NULL) {
		int rc = fd < 0 ? fd : -errno;

		fileio_close(&fd);
		return tree_error(store, err, -rc, store->path, "");
	}
	while ((entry = readdir(dir)) != NULL) {
		STR_AUTO name = STR_INIT;

		count += may_be_folder(entry, &name);
	}
	(void)closedir(dir); /* was only read */
	*ret_count = count;
	return 0;
}

int
store_create(struct store *store, struct slice name, struct err *err)
{
	STR_AUTO dir = STR_INIT;
	size_t count = 0;
	int rc;

	if (!folder_to_dir(name, &dir))
		return err_set(err, EINVAL, "no folder can have such a name");
	if (slice_is(str_slice(&dir), "."))
		return err_set(err, EEXIST, "the folder exists already");
	rc = store_count_folders(store, &count, err);
	if (rc < 0)
		return rc;
	if (count >= STORE_FOLDERS_MAX && !is_folder(store, dir.ptr))
		return err_set(err, EMLINK, "there are too many folders");
	return tree_folder_make(store, dir.ptr, err);
}

/* Writes the subscriptions with the lock held; gives it back. */
static int
subscribe_locked(
    struct store *store, struct slice name, bool yes, struct lock *lock)
{
	struct stat st = { .st_mtim = { 0, 0 } };
	STR_AUTO text = STR_INIT;
	STR_AUTO changed = STR_INIT;
	int rc = read_subscriptions(store, &text, &st);

	if (rc < 0)
		return rc;
	if (!subscriptions_set(str_slice(&text), name, yes, &changed))
		return 0;
	if (changed.len > SUBSCRIPTIONS_FILE_MAX)
		return -EFBIG;
	return lock_replace(
	    store, lock, SUBSCRIPTIONS_NAME, str_slice(&changed), st.st_mtime);
}

bool
store_has_subscriptions(struct store *store)
{
	struct stat st;

	return fstatat(store->root, SUBSCRIPTIONS_NAME, &st,
		   AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

int
store_subscribe(
    struct store *store, struct slice name, bool yes, struct err *err)
{
	LOCK_AUTO lock = LOCK_INIT;
	STR_AUTO dir = STR_INIT;
	int rc;

	if (!folder_to_dir(name, &dir))
		return err_set(err, EINVAL, "no folder can have such a name");
	rc = lock_take(
	    store, store->root, SUBSCRIPTIONS_NAME, LOCK_WAIT_MS, &lock);
	if (rc == 0)
		rc = subscribe_locked(store, name, yes, &lock);
	return rc < 0 ? tree_error(
			    store, err, -rc, store->path, SUBSCRIPTIONS_NAME)
		      : 0;
}
