#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/index/index.h"
#include "common/base/mem.h"
#include "common/store/lock.h"
#include "common/store/tree.h"

/* Brings the entries of a directory that may be open as a path alone to the
 * disk. */
static int
sync_below(int fd)
{
	FD_AUTO dir = tree_open_dir(fd, ".");

	if (dir < 0)
		return dir;
	return fsync(dir) < 0 ? -errno : 0;
}

/* On the way down to the Maildir. */
struct walk {
	const struct store *store;
	int fd;      /* where we are */
	bool make;   /* make what is missing */
	bool follow; /* links that are met here */
	bool last;   /* the next one is the Maildir itself */
};

/* Makes a directory in the one where we are, which gives it its owner; but the
 * Maildir is its user's, who must also get there. */
static int
make_below(const struct walk *walk, const char *name)
{
	const struct store_config *config = &walk->store->config;
	bool own = walk->last && config->uid, passage;
	FD_AUTO made = -1;
	struct stat st;
	mode_t old;
	int rc;

	if (fstat(walk->fd, &st) < 0)
		return -errno;
	passage = config->uid && st.st_uid != config->uid && geteuid() == 0;
	old = umask(passage && !own ? 0 : S_IRWXG | S_IRWXO);
	rc = mkdirat(walk->fd, name, S_IRWXU | S_IXGRP | S_IXOTH);
	rc = rc < 0 ? -errno : 0;
	(void)umask(old); /* cannot fail */
	if (rc < 0)
		return rc == -EEXIST ? 0 : rc;
	made = tree_open_dir(walk->fd, name);
	if (made < 0)
		return made;
	if (own) {
		st.st_uid = config->uid;
		st.st_gid = config->gid;
	}
	if (geteuid() == 0 && fchown(made, st.st_uid, st.st_gid) < 0)
		return -errno;
	return 0;
}

/* Opens the directory name where we are.  What is only passed through a
 * confined process may not read. */
static int
look_at(const struct walk *walk, const char *name)
{
	int flags = (walk->last ? O_RDONLY : O_PATH) | O_DIRECTORY | O_CLOEXEC;
	int fd =
	    openat(walk->fd, name, walk->follow ? flags : flags | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

static int
descend(struct walk *walk, const char *name)
{
	int rc, next = look_at(walk, name);

	if (next == -ENOENT && walk->make) {
		rc = make_below(walk, name);
		if (rc == 0 && walk->store->config.sync)
			rc = sync_below(walk->fd);
		next = rc < 0 ? rc : look_at(walk, name);
	}
	if (next < 0)
		return next;
	fileio_close(&walk->fd);
	walk->fd = next;
	return 0;
}

/* Goes down the parts of path, to the Maildir when that is at its end. */
static int
go_down(struct walk *walk, struct slice path, bool to_maildir)
{
	struct slice part;
	int rc = 0;

	while (rc == 0 && slice_next(&path, '/', &part)) {
		char *name = mem_strndup(part.ptr, part.len);

		walk->last = to_maildir && path.ptr == NULL;
		if (part.len)
			rc = descend(walk, name);
		free(name);
	}
	return rc;
}

/* The part of the path that is the administrator's, links in it too. */
static struct slice
trusted_part(const struct store *store)
{
	struct slice path = slice_from(store->path), root;

	if (store->config.trusted == NULL) {
		while (path.len && path.ptr[path.len - 1] != '/')
			path.len--;
		return path;
	}
	root = slice_from(store->config.trusted);
	while (root.len && root.ptr[root.len - 1] == '/')
		root.len--;
	if (slice_equal(slice_head(path, root.len), root) &&
	    path.ptr[root.len] == '/')
		return root;
	return slice_head(path, 0);
}

/* Opens the Maildir in one step where there is no link on the way.  -1 for any
 * other reason too, which may be a kernel that cannot: go_down finds it. */
static int
jump(const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

/* Opens the Maildir, made with all above it when it is missing and may be. */
static int
walk_to_root(const struct store *store, bool make)
{
	struct walk walk = { store, -1, make, true, false };
	struct slice trusted = trusted_part(store), rest;
	STR_AUTO start = STR_INIT;
	int rc;

	rest = slice_skip(slice_from(store->path), trusted.len);
	str_append_char(&start, '/');
	if (!make)
		str_append(&start, trusted);
	walk.fd = open(start.ptr, O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = walk.fd < 0 ? -errno : 0;
	if (rc == 0 && make)
		rc = go_down(&walk, trusted, false);
	walk.follow = false;
	if (rc == 0)
		rc = go_down(&walk, rest, true);
	if (rc < 0)
		fileio_close(&walk.fd);
	return rc < 0 ? rc : walk.fd;
}

/* Root's Maildir of a user: one that a crash left so is empty yet, and becomes
 * his; another's mail he could never read. */
static int
adopt(struct store *store)
{
	const struct store_config *config = &store->config;

	if (store->uid != 0 || config->uid == 0 || geteuid() != 0)
		return 0;
	if (!tree_is_empty(store->root))
		return -EACCES;
	if (fchown(store->root, config->uid, config->gid) < 0)
		return -errno;
	store->uid = config->uid;
	store->gid = config->gid;
	return 0;
}

/* Opens the root and learns whose it is. */
static int
open_root(struct store *store, bool make)
{
	struct stat st;
	int fd = make ? -1 : jump(store->path);

	if (fd < 0)
		fd = walk_to_root(store, make);
	if (fd < 0)
		return fd == -ENOTDIR ? -ELOOP : fd;
	store->root = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	store->uid = st.st_uid;
	store->gid = st.st_gid;
	store->mode = st.st_mode;
	return adopt(store);
}

/* Is it a Maildir?  When it may be made one, a look at cur alone must do: each
 * delivery comes by here, and what else is missing is made when it is used. */
static int
check_subs(struct store *store, enum store_mode mode)
{
	static const char *const subs[] = { "cur", "new", "tmp" };
	struct stat st = { .st_uid = store->uid };
	size_t i, n = mode == STORE_CREATE ? 1 : sizeof subs / sizeof subs[0];

	for (i = 0; i < n; i++)
		if (fstatat(store->root, subs[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			break;
	if (i == n)
		return mode == STORE_CREATE && st.st_uid != store->uid
			   ? tree_mend(store, store->root, subs[0])
			   : 0;
	return errno == ENOENT && mode == STORE_CREATE
		   ? tree_furnish(store, store->root)
		   : -errno;
}

/* Makes the Maildir, which is missing, and opens it. */
static int
make_root(struct store *store)
{
	int rc = open_root(store, true);

	return rc == 0 ? tree_furnish(store, store->root) : rc;
}

static void
set_path(struct store *store, const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	store->path = mem_strndup(path, len);
}

int
store_open(const char *path, enum store_mode mode,
    const struct store_config *config, struct store **ret_store,
    struct err *err)
{
	struct store *store;
	int rc;

	if (path[0] != '/')
		return err_set(
		    err, EINVAL, "%s: the path must be absolute", path);
	store = mem_zalloc(1, sizeof *store);
	store->root = -1;
	store->config = *config;
	if (store->config.host == NULL)
		store->config.host = "localhost";
	set_path(store, path);
	rc = open_root(store, false);
	if (rc == -ENOENT && mode == STORE_CREATE)
		rc = make_root(store);
	else if (rc == 0)
		rc = check_subs(store, mode);
	if (rc < 0) {
		rc = tree_error(store, err, -rc, store->path, "");
		store_free(store);
		return rc;
	}
	*ret_store = store;
	return 0;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	index_close(store->index);
	told_close(store->told);
	lock_forget(store);
	fileio_close(&store->root);
	free(store->path);
	free(store);
}

bool
store_has_room(const struct store *store, uint64_t octets)
{
	struct statvfs fs;

	if (fstatvfs(store->root, &fs) < 0)
		return true;
	return fs.f_bavail > 0 && octets / fs.f_frsize < fs.f_bavail;
}
