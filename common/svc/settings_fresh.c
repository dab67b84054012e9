#include <stdlib.h>

#include "common/base/mem.h"
#include "common/svc/settings_fresh.h"

#define FILES_MAX 8 /* the settings and the secrets that they name */

/* What settings_load has read.  Too many are never fresh. */
static struct {
	struct settings_stamp stamps[FILES_MAX];
	char *paths[FILES_MAX]; /* the stamps' */
	size_t count;
} files;

void
settings_stamp_take(struct settings_stamp *ret_stamp, const char *path)
{
	ret_stamp->path = path;
	ret_stamp->there = stat(path, &ret_stamp->was) == 0;
}

void
settings_stamp_of(struct settings_stamp *ret_stamp, const char *path, int fd)
{
	ret_stamp->path = path;
	ret_stamp->there = fd >= 0 && fstat(fd, &ret_stamp->was) == 0;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
settings_stamp_holds(const struct settings_stamp *stamp)
{
	const struct stat *was = &stamp->was;
	struct stat is;

	if (stat(stamp->path, &is) < 0)
		return !stamp->there;
	return stamp->there && is.st_dev == was->st_dev &&
	       is.st_ino == was->st_ino && is.st_size == was->st_size &&
	       same_time(&is.st_mtim, &was->st_mtim) &&
	       same_time(&is.st_ctim, &was->st_ctim);
}

void
settings_fresh_begin(void)
{
	while (files.count)
		free(files.paths[--files.count]);
}

void
settings_fresh_note(const char *path, int fd)
{
	if (files.count == FILES_MAX)
		return;
	files.paths[files.count] = mem_strdup(path);
	settings_stamp_of(
	    &files.stamps[files.count], files.paths[files.count], fd);
	files.count++;
}

bool
settings_fresh(void)
{
	size_t i;

	for (i = 0; i < files.count; i++)
		if (!settings_stamp_holds(&files.stamps[i]))
			return false;
	return files.count < FILES_MAX;
}
