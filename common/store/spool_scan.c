#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/spool_file.h"

void
spool_list_release(struct spool_list *list)
{
	free(list->list);
	*list = (struct spool_list){ NULL, 0, 0 };
}

/* The folder for reading from its beginning; NULL with errno. */
static DIR *
open_list(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL)
		fileio_close(&fd);
	return dir;
}

/* Is an envelope with that time for us?  One that is held has the time 0. */
static bool
is_due(const struct stat *st, time_t now, time_t horizon)
{
	if (now == 0)
		return true;
	if (st->st_mtime == 0)
		return false;
	return st->st_mtime <= now || st->st_mtime > now + horizon;
}

static void
add(struct spool_list *list, const char *id, time_t due)
{
	struct spool_due *entry;

	list->list = mem_grow(
	    list->list, &list->cap, list->count + 1, sizeof *list->list);
	entry = &list->list[list->count++];
	(void)snprintf(entry->id, sizeof entry->id, "%s", id); /* fits */
	entry->due = due;
}

static int
compare(const void *a, const void *b)
{
	const struct spool_due *x = a, *y = b;

	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return strcmp(x->id, y->id);
}

int
spool_scan(struct spool *spool, time_t now, time_t horizon,
    struct spool_list *ret_list, struct err *err)
{
	struct spool_list list = { NULL, 0, 0 };
	DIR *dir = open_list(spool->env);
	struct dirent *entry;
	struct stat st;

	if (dir == NULL)
		return err_sys(err, errno, "%s", spool->path);
	while (list.count < SPOOL_SCAN_MAX && (entry = readdir(dir)) != NULL)
		if (spool_is_id(slice_from(entry->d_name)) &&
		    fstatat(spool->env, entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_due(&st, now, horizon))
			add(&list, entry->d_name, st.st_mtime);
	(void)closedir(dir); /* was only read */
	if (list.count)
		qsort(list.list, list.count, sizeof *list.list, compare);
	*ret_list = list;
	return 0;
}

/* Did a crash leave the file?  Its times are the message's own: what counts is
 * when it got its name. */
static bool
is_remnant(int folder, const char *name, time_t now)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && st.st_ctime < now - SPOOL_REMNANT_S;
}

/* A message that no envelope speaks of. */
static bool
is_orphan(const struct spool *spool, const char *name, time_t now)
{
	struct stat st;

	return spool_is_id(slice_from(name)) &&
	       is_remnant(spool->msg, name, now) &&
	       fstatat(spool->env, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

/* An envelope that was not renamed in time. */
static bool
is_beside(const struct spool *spool, const char *name, time_t now)
{
	return name[0] == '.' && spool_is_id(slice_from(name + 1)) &&
	       is_remnant(spool->env, name, now);
}

static size_t
clean_folder(const struct spool *spool, int folder,
    bool (*is_dead)(const struct spool *, const char *, time_t), time_t now)
{
	DIR *dir = open_list(folder);
	struct dirent *entry;
	size_t removed = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (is_dead(spool, entry->d_name, now) &&
		    unlinkat(folder, entry->d_name, 0) == 0)
			removed++;
	(void)closedir(dir); /* was only read */
	return removed;
}

size_t
spool_clean(struct spool *spool, time_t now)
{
	return clean_folder(spool, spool->msg, is_orphan, now) +
	       clean_folder(spool, spool->env, is_beside, now);
}
