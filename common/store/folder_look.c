#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/folder.h"
#include "common/store/folder_look.h"
#include "common/store/metadata.h"
#include "common/store/subscriptions.h"
#include "common/store/tree.h"
#include "common/store/watch.h"

#define WATCH_EVENTS                                                           \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR |    \
	    IN_DONT_FOLLOW)
#define DRAIN_OCTETS 4096            /* of events read at once */
#define FRESH_COARSE_NS 2100000000LL /* where times are whole seconds */
#define FRESH_FINE_NS 50000000LL     /* where they are clock ticks */

static void
stamp(const struct store *store, const char *dir, const char *name,
    struct look_stamp *ret_stamp)
{
	STR_AUTO path = STR_INIT;
	struct stat st;

	*ret_stamp = (struct look_stamp){ .ino = 0 };
	str_appendf(&path, "%s/%s", dir, name);
	if (fstatat(store->root, str_cstr(&path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	ret_stamp->ino = st.st_ino;
	ret_stamp->mtime = st.st_mtim;
	ret_stamp->ctime = st.st_ctim;
}

void
store_look(const struct store *store, struct store_look *ret_look)
{
	stamp(store, ".", ".", &ret_look->root);
	stamp(store, ".", SUBSCRIPTIONS_NAME, &ret_look->subscriptions);
	stamp(store, ".", METADATA_ALL_NAME, &ret_look->metadata);
}

void
folder_look(
    const struct store *store, struct slice name, struct folder_look *ret_look)
{
	STR_AUTO dir = STR_INIT;

	*ret_look = (struct folder_look){ .dir = { .ino = 0 } };
	if (!folder_to_dir(name, &dir))
		return;
	stamp(store, str_cstr(&dir), ".", &ret_look->dir);
	stamp(store, str_cstr(&dir), "new", &ret_look->new_dir);
	stamp(store, str_cstr(&dir), "cur", &ret_look->cur_dir);
	stamp(store, str_cstr(&dir), METADATA_NAME, &ret_look->metadata);
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
look_differs(const struct look_stamp *a, const struct look_stamp *b)
{
	return a->ino != b->ino || !same_time(a->mtime, b->mtime) ||
	       !same_time(a->ctime, b->ctime);
}

bool
look_is_fresh(const struct look_stamp *stamp)
{
	struct timespec now = clock_now();
	int64_t age = (now.tv_sec - stamp->ctime.tv_sec) * 1000000000LL +
		      (now.tv_nsec - stamp->ctime.tv_nsec);

	return stamp->ino &&
	       age < (stamp->ctime.tv_nsec ? FRESH_FINE_NS : FRESH_COARSE_NS);
}

static int
add_by_signal(
    const struct store *store, struct store_watch *watch, const char *path)
{
	int rc, dir;

	if (watch->count == STORE_WATCH_DIRS_MAX)
		return -EMFILE;
	dir = tree_open_dir(store->root, path);
	if (dir < 0)
		return dir;
	rc = watch_dir_by_signal(dir, false);
	if (rc < 0) {
		(void)close(dir); /* was not even read */
		return rc;
	}
	watch->dirs = mem_grow(
	    watch->dirs, &watch->cap, watch->count + 1, sizeof *watch->dirs);
	watch->dirs[watch->count++] = dir;
	return 0;
}

/* Adds dir/sub of the Maildir. */
static int
add(const struct store *store, struct store_watch *watch, const char *dir,
    const char *sub)
{
	STR_AUTO path = STR_INIT;

	if (watch->by_signal) {
		str_appendf(&path, "%s/%s", dir, sub);
		return add_by_signal(store, watch, str_cstr(&path));
	}
	str_appendf(&path, "%s/%s/%s", store->path, dir, sub);
	return inotify_add_watch(watch->fd, str_cstr(&path), WATCH_EVENTS) < 0
		   ? -errno
		   : 0;
}

int
store_watch_open(const struct store *store, struct store_watch *watch)
{
	int rc;

	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	rc = watch->fd < 0 ? -errno : add(store, watch, ".", ".");
	if (rc == 0)
		return 0;
	fileio_close(&watch->fd);
	watch->fd = watch_open_signals();
	watch->by_signal = watch->fd >= 0;
	return watch->fd < 0 ? watch->fd : add(store, watch, ".", ".");
}

void
store_watch_close(struct store_watch *watch)
{
	while (watch->count > 0)
		fileio_close(&watch->dirs[--watch->count]);
	free(watch->dirs);
	fileio_close(&watch->fd);
	*watch = (struct store_watch)STORE_WATCH_INIT;
}

int
store_watch_add(const struct store *store, struct store_watch *watch,
    struct slice name, bool metadata)
{
	STR_AUTO dir = STR_INIT;
	int rc;

	if (!folder_to_dir(name, &dir))
		return -EINVAL;
	rc = add(store, watch, str_cstr(&dir), "new");
	if (rc == 0)
		rc = add(store, watch, str_cstr(&dir), "cur");
	if (rc == 0 && metadata)
		rc = add(store, watch, str_cstr(&dir), ".");
	return rc;
}

void
store_watch_drain(const struct store_watch *watch)
{
	char events[DRAIN_OCTETS]
	    __attribute__((aligned(__alignof__(struct inotify_event))));

	while (watch->fd >= 0 && read(watch->fd, events, sizeof events) > 0)
		;
}
