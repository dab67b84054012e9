#include <dirent.h>
#include <errno.h>

#include "common/base/fileio.h"
#include "common/store/tree.h"

/* 1 or 0, or -errno. */
static int
folder_has(int dirfd, struct slice begin)
{
	int fd = tree_open_dir(dirfd, "."), found = 0;
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (dir == NULL) {
		int rc = -errno;

		fileio_close(&fd);
		return rc;
	}
	errno = 0;
	while (!found && (entry = readdir(dir)) != NULL)
		found = strncmp(entry->d_name, begin.ptr, begin.len) == 0;
	if (!found && errno)
		found = -errno;
	(void)closedir(dir); /* was only read */
	return found;
}

int
store_has_message(struct store *store, struct slice folder, struct slice begin,
    struct err *err)
{
	struct tree_folder open = TREE_FOLDER_INIT;
	int rc = tree_folder_open(store, folder, false, &open, err);

	/* new first: what moves to cur meanwhile is found there */
	if (rc == 0)
		rc = folder_has(open.new_dir, begin);
	if (rc == 0)
		rc = folder_has(open.cur_dir, begin);
	tree_folder_close(&open);
	return rc == -ENOENT ? 0 : rc;
}
