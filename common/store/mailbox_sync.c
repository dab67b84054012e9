#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/courier_import.h"
#include "common/store/maildir.h"
#include "common/store/store_index.h"
#include "common/store/view_index.h"
#include "common/store/view_lock.h"

#define LOOK_WAIT_MS 5000  /* for another's look */
#define OTHERS_WAIT_MS 100 /* for another's changes */
#define LOOK_PAUSE_MS 2
#define LOOK_TRIES 5 /* looks at a folder in which others are busy */

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Is the list the one that was read last?  Each entry counts: Dovecot keeps the
 * name of a message's file when it copies it, so that of a message that is gone
 * may come again, as another message. */
static bool
has_whole_list(const struct mailbox *mb)
{
	struct index_seen seen;

	return view_list_look(mb, &seen) &&
	       index_seen_same(&seen, &mb->uidlist);
}

/* Does the disk look as it did?  Three stats. */
static bool
unchanged(const struct mailbox *mb)
{
	struct stat st;

	if (mb->stale || mb->racy)
		return false;
	if (fstat(mb->folder.new_dir, &st) < 0 ||
	    !same_time(st.st_mtim, mb->new_time) || st.st_nlink == 0)
		return false;
	if (fstat(mb->folder.cur_dir, &st) < 0 ||
	    !same_time(st.st_mtim, mb->cur_time))
		return false;
	return has_whole_list(mb);
}

void
view_note_uidl(struct mailbox *mb, const struct uidlist_entry *entry)
{
	struct slice value = uidlist_field(entry, 'P');

	if (value.ptr == NULL || value.len == 0)
		return;
	if (mb->nuidls && mb->uidls[mb->nuidls - 1].uid >= entry->uid)
		return;
	mb->uidls = mem_grow(
	    mb->uidls, &mb->uidls_cap, mb->nuidls + 1, sizeof *mb->uidls);
	mb->uidls[mb->nuidls++] = (struct known_uidl){ entry->uid,
		mem_strndup(value.ptr, value.len) };
}

static int
by_uid(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return (x->message.uid > y->message.uid) -
	       (x->message.uid < y->message.uid);
}

static void
add_record(
    struct mailbox *mb, const struct scan *scan, const struct scan_file *file)
{
	struct record *record = &mb->records[mb->count++];

	*record = (struct record){ .name = file->name };
	record->message.uid = file->uid;
	maildir_get_flags(slice_from(scan_name(scan, file)),
	    &record->message.flags, &record->message.keywords);
	if (file->state & SCAN_IN_NEW)
		record->state |= RECORD_IN_NEW;
	if (file->state & SCAN_RECENT) {
		record->message.flags |= FLAG_RECENT;
		mb->recent++;
	}
}

/* Adds what the view does not know; how many. */
static uint32_t
add_records(struct mailbox *mb, const struct scan *scan)
{
	uint32_t before = mb->count;
	size_t i, fresh = 0;

	for (i = 0; i < scan->count; i++)
		if (!(scan->files[i].state & (SCAN_KNOWN | SCAN_DROPPED)))
			fresh++;
	if (fresh == 0)
		return 0;
	if (mb->count + fresh > mb->cap) {
		mb->cap = mb->count + fresh + (mb->count ? mb->count / 8 : 0);
		mb->records = mem_realloc(
		    mb->records, mem_mul(mb->cap, sizeof *mb->records));
	}
	for (i = 0; i < scan->count; i++)
		if (!(scan->files[i].state & (SCAN_KNOWN | SCAN_DROPPED)))
			add_record(mb, scan, &scan->files[i]);
	qsort(mb->records + before, mb->count - before, sizeof *mb->records,
	    by_uid);
	return mb->count - before;
}

/* Must the list of uids be read?  It must at first, for new files, and when
 * somebody wrote to it. */
static bool
needs_list(const struct mailbox *mb, const struct scan *scan)
{
	size_t i;

	if (mb->uidvalidity == 0 || mb->floor == FLOOR_WHOLE_LIST ||
	    !has_whole_list(mb))
		return true;
	for (i = 0; i < scan->count; i++)
		if (!(scan->files[i].state & (SCAN_KNOWN | SCAN_DROPPED)))
			return true;
	return false;
}

static int
load_list(struct mailbox *mb, struct uidfile *list, struct err *err)
{
	int rc = uidfile_load(mb->folder.dir, list);

	return rc < 0 ? tree_error(
			    mb->store, err, -rc, mb->folder.path, UIDLIST_NAME)
		      : 0;
}

/* The list at first: where there is none yet, Courier may have had one. */
static int
load_first(struct mailbox *mb, struct uidfile *list, struct err *err)
{
	int rc = load_list(mb, list, err);

	if (rc < 0 || list->state != UIDFILE_MISSING)
		return rc;
	view_unlock(mb); /* it takes that lock, and nothing was found yet */
	rc = courier_take_over(mb->store, mb->folder.dir);
	return rc < 0 ? tree_error(
			    mb->store, err, -rc, mb->folder.path, UIDLIST_NAME)
		      : load_list(mb, list, err);
}

/* Takes over what the scan found. */
static int
take_scan(struct mailbox *mb, struct scan *scan, struct uidfile *list,
    uint32_t *ret_appeared, struct err *err)
{
	int rc = 0;

	view_adopt(mb, scan);
	view_follow(mb, scan);
	if (needs_list(mb, scan)) {
		if (mb->floor != FLOOR_WHOLE_LIST)
			rc = load_list(mb, list, err);
		if (rc == 0)
			rc = view_assign(mb, scan, list, err);
	}
	if (rc == 0)
		*ret_appeared += add_records(mb, scan);
	view_take_names(mb, scan);
	return rc;
}

static bool
is_locked(const struct mailbox *mb)
{
	struct stat st;

	return fstatat(mb->folder.dir, UIDLIST_NAME ".lock", &st,
		   AT_SYMLINK_NOFOLLOW) == 0;
}

/* Uids are written into the list before the files have their names
 * (deliver.c), under its lock: only when whoever held that has ended is a file
 * that is listed and not found gone. */
static void
await_writer(struct mailbox *mb)
{
	if (view_is_locked(mb) || !is_locked(mb))
		return;
	(void)view_lock(mb, LOOK_LOCK_MS); /* who holds it longer hangs */
	view_unlock(mb);
}

/* The look that will move messages to cur, and note in the index what the
 * folder is after that, has the folder to itself. */
static void
lock_new(struct mailbox *mb)
{
	if (mb->writable && view_disk_has_more(mb, mb->index.stuck))
		(void)view_lock(mb, LOOK_LOCK_MS); /* else see set_seen */
}

/* Looks at the disk once. */
static int
look(struct mailbox *mb, uint32_t *ret_appeared, struct err *err)
{
	struct uidfile list = UIDFILE_INIT;
	struct scan scan = SCAN_INIT;
	int rc = 0;

	mb->stale = false;
	mb->floor = mb->nextuid;
	if (mb->uidvalidity == 0 || mb->held) {
		mb->floor = FLOOR_WHOLE_LIST;
		mb->held = false;
		rc = load_first(mb, &list, err);
		await_writer(mb);
	}
	lock_new(mb);
	if (rc == 0)
		rc = view_scan(mb, &scan, err);
	if (rc == 0)
		rc = take_scan(mb, &scan, &list, ret_appeared, err);
	uidfile_release(&list);
	scan_release(&scan);
	if (rc < 0)
		mb->stale = true;
	return rc;
}

/* Looks until nothing is held back, which others who are busy may cause. */
static int
look_well(struct mailbox *mb, uint32_t *ret_appeared, struct err *err)
{
	int rc, tries = 0;

	mb->index.adopted = false;
	do {
		rc = look(mb, ret_appeared, err);
	} while (rc == 0 && mb->held && ++tries < LOOK_TRIES);
	return rc;
}

static void
pause_look(void)
{
	static const struct timespec pause = { 0, LOOK_PAUSE_MS * 1000000L };

	(void)nanosleep(&pause, NULL); /* sooner is fine too */
}

/* Who looks at the disk for the index does so alone: another who waited finds
 * in it what was seen.  Nobody waits for long: the lock saves work, and is no
 * condition.  True when there was another. */
static bool
lock_look(const struct mailbox *mb, int *ret_lock)
{
	int tries, fd = openat(mb->folder.cur_dir, ".",
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool waited = false;

	*ret_lock = fd;
	for (tries = 0; fd >= 0 && tries < LOOK_WAIT_MS / LOOK_PAUSE_MS;
	     tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			break;
		waited = true;
		pause_look();
	}
	return waited;
}

/* Who is in the midst of changes notes them in the index: that is sooner done
 * than a look at the folder.  True when there was one. */
static bool
await_changes(const struct mailbox *mb)
{
	bool waited = false;
	int tries;

	for (tries = 0; tries < OTHERS_WAIT_MS / LOOK_PAUSE_MS && is_locked(mb);
	     tries++) {
		waited = true;
		pause_look();
	}
	return waited;
}

/* Looks at a disk that is not as the index says. */
static int
look_alone(struct mailbox *mb, const struct view_disk *disk,
    struct mailbox_changes *changes, struct err *err)
{
	FD_AUTO lock = -1;
	bool noted, waited = lock_look(mb, &lock);
	struct view_disk now;
	uint32_t appeared = 0;
	int rc;

	waited |= await_changes(mb);
	if (waited && view_disk_look(mb, &now)) {
		if (disk->uidlist.ino)
			now.now = disk->now; /* a look since then will do */
		if (view_index_follow(mb, &now, &changes->appeared))
			return 0;
	}
	rc = look_well(mb, &appeared, err);
	changes->appeared += appeared;
	noted =
	    rc == 0 && view_index_publish(mb, disk, !mb->stale && !mb->held);
	view_unlock(mb);
	if (!noted) {
		view_stamp(mb, appeared);
		return rc;
	}
	if (mb->index.number && mb->index.modseq < mb->highest)
		(void)view_index_follow(mb, disk, &changes->appeared);
	return rc;
}

/* Follows the index, and the disk where the index does not tell. */
static int
follow(struct mailbox *mb, struct mailbox_changes *changes, struct err *err)
{
	struct view_disk disk;
	bool seen = view_disk_look(mb, &disk);

	if (seen && view_index_follow(mb, &disk, &changes->appeared))
		return 0;
	return look_alone(mb, &disk, changes, err);
}

/* Follows the disk alone. */
static int
follow_disk(
    struct mailbox *mb, struct mailbox_changes *changes, struct err *err)
{
	uint32_t appeared = 0;
	int rc;

	if (unchanged(mb))
		return 0;
	rc = look_well(mb, &appeared, err);
	view_unlock(mb);
	changes->appeared += appeared;
	view_stamp(mb, appeared);
	return rc;
}

static void
put_u32(uint32_t **array, size_t *count, size_t *cap, uint32_t value)
{
	*array = mem_grow(*array, cap, *count + 1, sizeof **array);
	(*array)[(*count)++] = value;
}

/* Tells whose flags another one changed. */
static void
tell_changed(struct mailbox *mb, struct mailbox_changes *changes)
{
	size_t cap = 0;
	uint32_t i;

	for (i = 0; i < mb->count; i++) {
		struct record *record = &mb->records[i];

		if (!(record->state & RECORD_CHANGED))
			continue;
		record->state &= ~(uint32_t)RECORD_CHANGED;
		if (!(record->state & RECORD_GONE))
			put_u32(&changes->changed, &changes->nchanged, &cap,
			    record->message.uid);
	}
}

/* Tells who is gone, and lets them go; those who came and went between the
 * looks of one sync were never told to be there. */
static void
tell_gone(struct mailbox *mb, struct mailbox_changes *changes)
{
	size_t n = 0, cap = 0, uids_cap = 0;
	uint32_t told = mb->count - changes->appeared, i, kept = 0;

	for (i = mb->count; i > 0; i--) {
		const struct record *record = &mb->records[i - 1];

		if (!(record->state & RECORD_GONE))
			continue;
		if (i > told) {
			changes->appeared--;
			continue;
		}
		put_u32(&changes->expunged, &changes->nexpunged, &cap, i);
		put_u32(&changes->expunged_uids, &n, &uids_cap,
		    record->message.uid);
	}
	for (i = 0; i < mb->count; i++) {
		const struct record *record = &mb->records[i];

		if (!(record->state & RECORD_GONE))
			mb->records[kept++] = *record;
		else if (record->message.flags & FLAG_RECENT)
			mb->recent--;
	}
	mb->count = kept;
}

int
mailbox_sync(struct mailbox *mb, bool keep_expunged,
    struct mailbox_changes *ret_changes, struct err *err)
{
	struct mailbox_changes changes = { .expunged = NULL };
	struct view_disk disk;
	bool seen;
	int rc;

	view_index_flush(mb);
	view_readahead_stop(mb);
	seen = view_disk_look(mb, &disk);
	if (seen && view_is_calm(mb, &disk))
		rc = 0;
	else if (store_index(mb->store))
		rc = follow(mb, &changes, err);
	else
		rc = follow_disk(mb, &changes, err);
	/* most sessions wait for long, and nothing is to be looked up then */
	if (seen && view_is_calm(mb, &disk))
		store_rest(mb->store);
	/* without the names the mail can be read; no name can be added */
	if (rc == 0)
		(void)view_load_keywords(mb, &changes.keywords);
	if (rc == -ESTALE)
		(void)err_set(err, ESTALE, "%s: the uidvalidity has changed",
		    mb->folder.path);
	if (rc < 0) {
		mailbox_changes_release(&changes);
		return rc;
	}
	tell_changed(mb, &changes);
	if (!keep_expunged)
		tell_gone(mb, &changes);
	*ret_changes = changes;
	return 0;
}
