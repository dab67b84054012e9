#include "common/store/mailbox_watch.h"

#include "common/store/view_index.h"

int
mailbox_watch_fd(struct mailbox *mb)
{
	const struct tree_folder *folder = &mb->folder;
	STR_AUTO new_path = STR_INIT;
	STR_AUTO cur_path = STR_INIT;
	struct watched list[] = { { .dir = folder->new_dir },
		{ .dir = folder->cur_dir },
		{ folder->path, folder->dir, true } };

	if (mb->watch.fd >= 0)
		return mb->watch.fd;
	str_appendf(&new_path, "%s/new", folder->path);
	str_appendf(&cur_path, "%s/cur", folder->path);
	list[0].path = str_cstr(&new_path);
	list[1].path = str_cstr(&cur_path);
	/* without one the caller looks by himself */
	(void)watch_open(&mb->watch, list, sizeof list / sizeof list[0]);
	return mb->watch.fd;
}

bool
mailbox_watch_is_scarce(const struct mailbox *mb)
{
	return mb->watch.fd < 0 || watch_is_by_signal(&mb->watch);
}

void
mailbox_watch_drain(struct mailbox *mb)
{
	watch_drain(&mb->watch);
}

int64_t
mailbox_watch_again(const struct mailbox *mb)
{
	return mb->index.number && mb->index.unsure ? LOOK_AGAIN_MS : 0;
}
