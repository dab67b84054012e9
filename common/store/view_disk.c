#include <dirent.h>
#include <fcntl.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/store/view_index.h"

static int64_t
now_ns(void)
{
	struct timespec now = clock_now();

	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

bool
view_disk_look_in(const struct tree_folder *folder, struct view_disk *ret_disk)
{
	struct stat st = { .st_size = 0 };

	*ret_disk = (struct view_disk){ .now = now_ns() };
	if (fstat(folder->new_dir, &st) < 0 || st.st_nlink == 0)
		return false;
	ret_disk->new = index_seen_of(&st);
	if (fstat(folder->cur_dir, &st) < 0 || st.st_nlink == 0)
		return false;
	ret_disk->cur = index_seen_of(&st);
	if (fstatat(folder->dir, UIDLIST_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	ret_disk->uidlist = index_seen_of(&st);
	return true;
}

bool
view_list_look(const struct mailbox *mb, struct index_seen *ret_seen)
{
	struct stat st;

	if (fstatat(mb->folder.dir, UIDLIST_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret_seen = index_seen_of(&st);
	return true;
}

struct index_seen
view_list_seen(const struct uidfile *list)
{
	return (struct index_seen){ (uint64_t)list->ino, list->mtime.tv_sec,
		list->mtime.tv_nsec, list->size };
}

bool
view_disk_look(const struct mailbox *mb, struct view_disk *ret_disk)
{
	return view_disk_look_in(&mb->folder, ret_disk);
}

bool
view_disk_has_more(const struct mailbox *mb, uint32_t n)
{
	int fd = tree_open_dir(mb->folder.new_dir, ".");
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	uint32_t count = 0;

	if (list == NULL) {
		fileio_close(&fd);
		return true;
	}
	while (count <= n && (entry = readdir(list)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(list); /* was only read */
	return count > n;
}

bool
view_is_calm(const struct mailbox *mb, const struct view_disk *disk)
{
	const struct index_seen *calm = mb->index.calm;

	return !mb->stale && mb->index.number &&
	       index_seen_same(&calm[0], &disk->cur) &&
	       index_seen_same(&calm[1], &disk->new) &&
	       index_seen_same(&calm[2], &disk->uidlist);
}
