#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/folder.h"
#include "common/store/tree.h"

int
tree_open_dir(int dirfd, const char *name)
{
	int fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What is made by root belongs to whom the tree belongs. */
int
tree_give(const struct store *store, int fd)
{
	if (geteuid() != 0 || (store->uid == 0 && store->gid == getegid()))
		return 0;
	return fchown(fd, store->uid, store->gid) < 0 ? -errno : 0;
}

mode_t
tree_file_mode(const struct store *store)
{
	return (store->mode & 0666) | S_IRUSR | S_IWUSR;
}

bool
tree_is_empty(int dirfd)
{
	int fd = tree_open_dir(dirfd, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool empty = dir != NULL;

	if (dir == NULL) {
		fileio_close(&fd);
		return false;
	}
	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0;
	(void)closedir(dir); /* was only read */
	return empty;
}

int
tree_mend(const struct store *store, int dirfd, const char *name)
{
	FD_AUTO fd = -1;
	struct stat st;

	if (store->uid == 0 || geteuid() != 0)
		return 0;
	fd = tree_open_dir(dirfd, name);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != 0 ||
	    !tree_is_empty(fd))
		return 0; /* whoever uses it will see */
	return tree_give(store, fd);
}

int
tree_make_dir(struct store *store, int dirfd, const char *name)
{
	FD_AUTO fd = -1;
	int rc;

	if (mkdirat(dirfd, name, (store->mode & 0777) | S_IRWXU) < 0) {
		/* another makes it this moment, or a crash came between */
		rc = errno == EEXIST ? tree_mend(store, dirfd, name) : -errno;
		return rc < 0 ? rc : tree_sync(store, dirfd);
	}
	fd = tree_open_dir(dirfd, name);
	if (fd < 0)
		return fd;
	rc = tree_give(store, fd);
	return rc < 0 ? rc : tree_sync(store, dirfd);
}

/* Never follows a link, waits for a FIFO's writer or becomes a terminal's. */
static int
open_safely(int dirfd, const char *name, int flags)
{
	int fd = openat(dirfd, name,
	    flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
tree_open_any(int dirfd, const char *name)
{
	int fd = open_safely(dirfd, name, O_RDONLY | O_NOATIME);

	/* a file that is another's */
	return fd == -EPERM ? open_safely(dirfd, name, O_RDONLY) : fd;
}

int
tree_open_file(int dirfd, const char *name, int flags)
{
	int fd = open_safely(dirfd, name, flags);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	fileio_close(&fd);
	return -EINVAL;
}

int
tree_create_file(struct store *store, int dirfd, const char *name)
{
	int rc, fd = openat(dirfd, name,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    tree_file_mode(store));

	if (fd < 0)
		return -errno;
	rc = tree_give(store, fd);
	if (rc == 0)
		return fd;
	(void)unlinkat(dirfd, name, 0); /* the first failure is told */
	fileio_close(&fd);
	return rc;
}

int
tree_create_nameless(struct store *store, int dirfd, const char *name)
{
	int rc, fd = openat(dirfd, name,
		    O_TMPFILE | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
		    tree_file_mode(store));

	if (fd < 0)
		return -errno;
	rc = tree_give(store, fd);
	if (rc == 0)
		return fd;
	fileio_close(&fd);
	return rc;
}

int
tree_link(int fd, int dirfd, const char *name)
{
	char proc[32];

	if (linkat(fd, "", dirfd, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	/* what Linux before 6.10 lets nobody but root do */
	(void)snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd); /* fits */
	return linkat(AT_FDCWD, proc, dirfd, name, AT_SYMLINK_FOLLOW) < 0
		   ? -errno
		   : 0;
}

int
tree_read(int dirfd, const char *name, size_t max, struct str *out,
    struct stat *ret_st)
{
	FD_AUTO fd = tree_open_file(dirfd, name, O_RDONLY);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > (off_t)max)
		return -EFBIG;
	str_reserve(out, (size_t)st.st_size);
	for (off_t at = 0; at < st.st_size;) {
		ssize_t n = pread(
		    fd, out->ptr + out->len, (size_t)(st.st_size - at), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		out->len += (size_t)n;
		at += n;
	}
	out->ptr[out->len] = '\0';
	if (ret_st)
		*ret_st = st;
	return 0;
}

int
tree_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	struct stat st;

	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* a file system that knows no such rename */
	if (fstatat(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(from_dir, from, to_dir, to) < 0 ? -errno : 0;
}

int
tree_sync(const struct store *store, int fd)
{
	if (!store->config.sync)
		return 0;
	return fsync(fd) < 0 ? -errno : 0;
}

int
tree_sync_begin(const struct store *store, int fd)
{
	if (!store->config.sync ||
	    sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0)
		return 0;
	/* what cannot be written; else there is no such thing here */
	return errno == EIO || errno == ENOSPC || errno == EDQUOT ? -errno : 0;
}

int
tree_error(const struct store *store, struct err *err, int code,
    const char *path, const char *what)
{
	const char *slash = what[0] ? "/" : "";

	switch (code) {
	case EACCES:
	case EPERM:
		return err_set(err, code,
		    "%s%s%s: not allowed: the Maildir belongs to uid %ld gid "
		    "%ld, we are uid %ld gid %ld; chown -R it, or mend the "
		    "account's uid",
		    path, slash, what, (long)store->uid, (long)store->gid,
		    (long)geteuid(), (long)getegid());
	case ENOSPC:
		return err_set(err, code,
		    "%s%s%s: the disk is full; make room on it", path, slash,
		    what);
	case EDQUOT:
		return err_set(err, code,
		    "%s%s%s: the disk quota of uid %ld is used up", path, slash,
		    what, (long)store->uid);
	case EROFS:
		return err_set(err, code,
		    "%s%s%s: the file system is mounted read-only", path, slash,
		    what);
	case ELOOP:
		return err_set(err, code,
		    "%s%s%s is a symbolic link, which is not followed; put "
		    "the directory itself there",
		    path, slash, what);
	case EAGAIN:
		return err_set(err, code,
		    "%s%s%s: locked by another process for too long", path,
		    slash, what);
	default:
		return err_sys(err, code, "%s%s%s", path, slash, what);
	}
}

int
tree_furnish(struct store *store, int dirfd)
{
	static const char *const subs[] = { "tmp", "new", "cur" };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof subs / sizeof subs[0]; i++)
		rc = tree_make_dir(store, dirfd, subs[i]);
	return rc;
}

/* Opens the folder's own directory and names it for messages. */
static int
open_dir(struct store *store, const char *dir, struct tree_folder *folder)
{
	STR_AUTO path = STR_INIT;
	int rc = 0;

	str_append_cstr(&path, store->path);
	folder->borrowed = strcmp(dir, ".") == 0;
	if (!folder->borrowed)
		str_appendf(&path, "/%s", dir);
	free(folder->path);
	folder->path = str_take(&path);
	if (!folder->borrowed)
		rc = tree_mend(store, store->root, dir);
	if (rc == 0)
		rc = folder->borrowed ? store->root
				      : tree_open_dir(store->root, dir);
	folder->dir = rc;
	return rc < 0 ? rc : 0;
}

int
tree_folder_sub(struct store *store, const struct tree_folder *folder,
    const char *sub, int *ret_fd, struct err *err)
{
	int rc = 0, fd = tree_open_dir(folder->dir, sub);

	if (fd == -ENOENT) {
		rc = tree_furnish(store, folder->dir);
		fd = rc < 0 ? rc : tree_open_dir(folder->dir, sub);
	}
	if (fd < 0)
		return tree_error(store, err, -fd, folder->path, sub);
	*ret_fd = fd;
	return 0;
}

int
tree_folder_enter(struct store *store, struct slice name, bool create,
    struct tree_folder *ret_folder, struct err *err)
{
	struct tree_folder folder = TREE_FOLDER_INIT;
	const char *ignored = store->config.quota_ignore;
	STR_AUTO dir = STR_INIT;
	int rc;

	if (!folder_to_dir(name, &dir))
		return err_set(err, EINVAL, "no folder can have such a name");
	folder.ignored_by_quota = ignored && slice_is(name, ignored);
	rc = open_dir(store, dir.ptr, &folder);
	if (rc == -ENOENT && create) {
		rc = tree_folder_make(store, dir.ptr, err);
		if (rc < 0 && rc != -EEXIST) {
			tree_folder_close(&folder);
			return rc;
		}
		rc = open_dir(store, dir.ptr, &folder);
	}
	if (rc < 0) {
		rc = tree_error(store, err, -rc, folder.path, "");
		tree_folder_close(&folder);
		return rc;
	}
	*ret_folder = folder;
	return 0;
}

int
tree_folder_open(struct store *store, struct slice name, bool create,
    struct tree_folder *ret_folder, struct err *err)
{
	struct tree_folder folder = TREE_FOLDER_INIT;
	int rc = tree_folder_enter(store, name, create, &folder, err);

	if (rc == 0)
		rc = tree_folder_sub(
		    store, &folder, "new", &folder.new_dir, err);
	if (rc == 0)
		rc = tree_folder_sub(
		    store, &folder, "cur", &folder.cur_dir, err);
	if (rc < 0)
		tree_folder_close(&folder);
	else
		*ret_folder = folder;
	return rc;
}

void
tree_folder_close(struct tree_folder *folder)
{
	if (folder->borrowed)
		folder->dir = -1;
	fileio_close(&folder->dir);
	fileio_close(&folder->new_dir);
	fileio_close(&folder->cur_dir);
	free(folder->path);
	folder->path = NULL;
}

/* Fills the new folder directory fd. */
static int
fill_folder(struct store *store, int fd)
{
	FD_AUTO mark = -1;
	int rc = tree_give(store, fd);

	if (rc == 0)
		rc = tree_furnish(store, fd);
	if (rc < 0)
		return rc;
	mark = tree_create_file(store, fd, "maildirfolder");
	return mark < 0 && mark != -EEXIST ? mark : 0;
}

int
tree_folder_make(struct store *store, const char *dir, struct err *err)
{
	FD_AUTO fd = -1;
	int rc;

	if (mkdirat(store->root, dir, (store->mode & 0777) | S_IRWXU) < 0) {
		rc = errno == EEXIST ? tree_sync(store, store->root) : -errno;
		if (rc == 0)
			return err_set(
			    err, EEXIST, "the folder exists already");
		return tree_error(store, err, -rc, store->path, dir);
	}
	fd = tree_open_dir(store->root, dir);
	rc = fd < 0 ? fd : fill_folder(store, fd);
	if (rc == 0)
		rc = tree_sync(store, store->root);
	return rc < 0 ? tree_error(store, err, -rc, store->path, dir) : 0;
}

void
tree_tell_first(const struct store *store, const struct tree_folder *folder,
    int64_t saved, bool added)
{
	const struct store_config *config = &store->config;
	const char *slash = strrchr(folder->path, '/');
	STR_AUTO name = STR_INIT;

	if (config->first == NULL)
		return;
	if (folder->borrowed)
		str_append_cstr(&name, "INBOX");
	else if (!folder_from_dir(
		     slice_from(slash ? slash + 1 : folder->path), &name))
		return; /* no folder that a rule could name */
	config->first(config->quota_ctx, str_slice(&name), saved, added);
}
