#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
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

/* Makes the directory that fd is the parent of, which gives it its owner. */
static int
make_below(int fd, const char *name, bool sync)
{
	struct stat st;
	FD_AUTO made = -1;

	if (mkdirat(fd, name, S_IRWXU) < 0)
		return errno == EEXIST ? 0 : -errno;
	made = tree_open_dir(fd, name);
	if (made < 0)
		return made;
	if (geteuid() == 0 &&
	    (fstat(fd, &st) < 0 || fchown(made, st.st_uid, st.st_gid) < 0))
		return -errno;
	return sync ? sync_below(fd) : 0;
}

/* Goes from *fd, which it closes, down to its directory name, which is made
 * when it is missing. */
static int
descend(int *fd, const char *name, bool sync)
{
	int rc, next = openat(*fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (next < 0 && errno != ENOENT)
		return -errno;
	if (next < 0) {
		rc = make_below(*fd, name, sync);
		next = rc < 0 ? rc : tree_open_dir(*fd, name);
	}
	if (next < 0)
		return next;
	fileio_close(fd);
	*fd = next;
	return 0;
}

/* Makes what is missing of the path, parents first.  What is there is only
 * passed through: a confined process may not read it. */
static int
make_path(const char *path, bool sync)
{
	FD_AUTO fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct slice rest = slice_from(path), part;
	int rc = fd < 0 ? -errno : 0;

	while (rc == 0 && slice_next(&rest, '/', &part)) {
		char *name = mem_strndup(part.ptr, part.len);

		if (part.len)
			rc = descend(&fd, name, sync);
		free(name);
	}
	return rc;
}

/* Opens the root and learns whose it is. */
static int
open_root(struct store *store)
{
	struct stat st;
	int fd = tree_open_dir(AT_FDCWD, store->path);

	if (fd < 0)
		return fd == -ENOTDIR ? -ELOOP : fd;
	store->root = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	store->uid = st.st_uid;
	store->gid = st.st_gid;
	store->mode = st.st_mode;
	return 0;
}

/* Is it a Maildir?  When it may be made one, a look at cur alone must do: each
 * delivery comes by here, and what else is missing is made when it is used. */
static int
check_subs(struct store *store, enum store_mode mode)
{
	static const char *const subs[] = { "cur", "new", "tmp" };
	size_t i, n = mode == STORE_CREATE ? 1 : sizeof subs / sizeof subs[0];

	for (i = 0; i < n; i++)
		if (faccessat(store->root, subs[i], F_OK, AT_SYMLINK_NOFOLLOW) <
		    0)
			break;
	if (i == n)
		return 0;
	return errno == ENOENT && mode == STORE_CREATE
		   ? tree_furnish(store, store->root)
		   : -errno;
}

/* Makes the Maildir, which is missing, and opens it. */
static int
make_root(struct store *store)
{
	int rc = make_path(store->path, store->config.sync);

	if (rc == 0)
		rc = open_root(store);
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
	rc = open_root(store);
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
	fileio_close(&store->root);
	free(store->path);
	free(store);
}
