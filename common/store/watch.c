#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/watch.h"

#define INOTIFY_ABOVE (IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW)
#define INOTIFY_EVENTS (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | INOTIFY_ABOVE)
#define DNOTIFY_ABOVE (DN_DELETE | DN_MULTISHOT)
#define DNOTIFY_EVENTS (DN_CREATE | DN_RENAME | DNOTIFY_ABOVE)
#define DRAIN_OCTETS 4096 /* of events read at once */

static int
open_inotify(const struct watched *list, size_t n)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	size_t i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < n; i++)
		if (inotify_add_watch(fd, list[i].path,
			list[i].above ? INOTIFY_ABOVE : INOTIFY_EVENTS) < 0) {
			int rc = -errno;

			(void)close(fd); /* hears of what it has been told */
			return rc;
		}
	return fd;
}

/* Of a signal that is pending already there is no second one: none is lost by
 * that, and none queues up. */
int
watch_open_signals(void)
{
	sigset_t io;
	int fd;

	(void)sigemptyset(&io); /* these cannot fail */
	(void)sigaddset(&io, SIGIO);
	(void)sigprocmask(SIG_BLOCK, &io, NULL);
	fd = signalfd(-1, &io, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
watch_dir_by_signal(int dir, bool above)
{
	long events = above ? DNOTIFY_ABOVE : DNOTIFY_EVENTS;

	return fcntl(dir, F_NOTIFY, events) < 0 ? -errno : 0;
}

int
watch_open_by_signal(struct watch *w, const struct watched *list, size_t n)
{
	int rc = watch_open_signals();

	if (rc < 0)
		return rc;
	w->fd = rc;
	while (w->count < n) {
		const struct watched *next = &list[w->count];

		rc = watch_dir_by_signal(next->dir, next->above);
		if (rc < 0) {
			watch_release(w);
			return rc;
		}
		w->dirs[w->count++] = next->dir;
	}
	return 0;
}

int
watch_open(struct watch *w, const struct watched *list, size_t n)
{
	int fd = open_inotify(list, n);

	if (fd < 0)
		return watch_open_by_signal(w, list, n);
	w->fd = fd;
	return 0;
}

bool
watch_is_by_signal(const struct watch *w)
{
	return w->count > 0;
}

void
watch_drain(struct watch *w)
{
	char events[DRAIN_OCTETS]
	    __attribute__((aligned(__alignof__(struct inotify_event))));

	if (w->fd < 0)
		return;
	while (read(w->fd, events, sizeof events) > 0)
		;
}

void
watch_release(struct watch *w)
{
	while (w->count > 0)
		/* a directory that is gone tells nothing, either */
		(void)fcntl(w->dirs[--w->count], F_NOTIFY, 0L);
	fileio_close(&w->fd);
}
