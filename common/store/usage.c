#include <errno.h>
#include <fcntl.h>

#include "common/store/maildir.h"
#include "common/store/scan.h"
#include "common/store/usage.h"

struct usage {
	uint64_t octets, messages;
};

/* The size of one message: by name, else by stat; 0 when it is gone. */
static uint64_t
size_of(const struct tree_folder *folder, const struct scan *scan,
    const struct scan_file *file)
{
	const char *name = scan_name(scan, file);
	int dir = file->state & SCAN_IN_NEW ? folder->new_dir : folder->cur_dir;
	uint64_t octets;
	struct stat st;

	if (maildir_get_size(slice_from(name), 'S', &octets))
		return octets;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

int
usage_of_folder(
    const struct tree_folder *folder, uint64_t *octets, uint64_t *messages)
{
	struct scan scan = SCAN_INIT;
	size_t i;
	int rc = scan_read(&scan, folder->new_dir, SCAN_IN_NEW);

	if (rc == 0)
		rc = scan_read(&scan, folder->cur_dir, 0);
	if (rc == 0)
		scan_index(&scan, scan_drop_twin, NULL);
	for (i = 0; rc == 0 && !folder->ignored_by_quota && i < scan.count;
	     i++) {
		if (scan.files[i].state & SCAN_DROPPED)
			continue;
		*octets += size_of(folder, &scan, &scan.files[i]);
		*messages += 1;
	}
	scan_release(&scan);
	return rc;
}

/* As mailbox_message_save_date; 0 when it is gone. */
static int64_t
saved_at(const struct tree_folder *folder, const struct scan *scan,
    const struct scan_file *file)
{
	const char *name = scan_name(scan, file);
	int dir = file->state & SCAN_IN_NEW ? folder->new_dir : folder->cur_dir;
	uint64_t sec = maildir_get_arrival(slice_from(name)).sec;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return sec && sec <= (uint64_t)st.st_ctime ? (int64_t)sec : st.st_ctime;
}

int64_t
usage_oldest(const struct tree_folder *folder)
{
	struct scan scan = SCAN_INIT;
	int64_t oldest = 0, saved;
	size_t i;

	/* what cannot be read is not there */
	(void)scan_read(&scan, folder->new_dir, SCAN_IN_NEW);
	(void)scan_read(&scan, folder->cur_dir, 0);
	for (i = 0; i < scan.count; i++) {
		saved = saved_at(folder, &scan, &scan.files[i]);
		if (saved && (oldest == 0 || saved < oldest))
			oldest = saved;
	}
	scan_release(&scan);
	return oldest;
}

static int
add_folder(
    struct store *store, const char *name, struct usage *usage, struct err *err)
{
	struct tree_folder folder;
	int rc = tree_folder_open(store, slice_from(name), false, &folder, err);

	if (rc < 0)
		return rc;
	rc = usage_of_folder(&folder, &usage->octets, &usage->messages);
	if (rc < 0)
		rc = tree_error(store, err, -rc, folder.path, "");
	tree_folder_close(&folder);
	return rc;
}

int
store_usage(struct store *store, uint64_t *ret_octets, uint64_t *ret_messages,
    struct err *err)
{
	struct usage usage = { 0, 0 };
	struct store_folder *folders;
	size_t count, i;
	int rc = store_list(store, &folders, &count, err);

	if (rc < 0)
		return rc;
	for (i = 0; rc == 0 && i < count; i++) {
		if (folders[i].exists)
			rc = add_folder(store, folders[i].name, &usage, err);
		if (rc == -ENOENT)
			rc = 0; /* deleted meanwhile */
	}
	store_folders_free(folders, count);
	if (rc == 0) {
		*ret_octets = usage.octets;
		*ret_messages = usage.messages;
	}
	return rc;
}
