#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/store/folder.h"
#include "common/store/folder_look.h"
#include "common/store/metadata.h"
#include "common/store/subscriptions.h"
#include "common/store/tree.h"

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
add(int fd, const char *path, const char *sub)
{
	STR_AUTO whole = STR_INIT;

	str_appendf(&whole, "%s/%s", path, sub);
	return inotify_add_watch(fd, str_cstr(&whole), WATCH_EVENTS) < 0
		   ? -errno
		   : 0;
}

int
store_watch_open(const struct store *store)
{
	int rc, fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	rc = add(fd, store->path, ".");
	if (rc == 0)
		return fd;
	(void)close(fd); /* hears of nothing */
	return rc;
}

int
store_watch_add(
    const struct store *store, int fd, struct slice name, bool metadata)
{
	STR_AUTO path = STR_INIT;
	int rc;

	str_appendf(&path, "%s/", store->path);
	if (!folder_to_dir(name, &path))
		return -EINVAL;
	rc = add(fd, str_cstr(&path), "new");
	if (rc == 0)
		rc = add(fd, str_cstr(&path), "cur");
	if (rc == 0 && metadata)
		rc = add(fd, str_cstr(&path), ".");
	return rc;
}

void
store_watch_drain(int fd)
{
	char events[DRAIN_OCTETS]
	    __attribute__((aligned(__alignof__(struct inotify_event))));

	while (fd >= 0 && read(fd, events, sizeof events) > 0)
		;
}
