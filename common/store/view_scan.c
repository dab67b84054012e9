#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/batch.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"
#include "common/store/view_lock.h"

#define SCAN_TRIES 5 /* looks while somebody keeps moving files */
#define RACY_COARSE_NS 2000000000LL /* where mtimes are whole seconds */
#define RACY_FINE_NS 50000000LL     /* where they are clock ticks */

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Could something have changed after mtime, and before now, without a change
 * of mtime? */
static bool
is_racy(struct timespec mtime, struct timespec now)
{
	int64_t age = (now.tv_sec - mtime.tv_sec) * 1000000000LL +
		      (now.tv_nsec - mtime.tv_nsec);

	return age < (mtime.tv_nsec ? RACY_FINE_NS : RACY_COARSE_NS);
}

static int
dir_times(const struct mailbox *mb, struct timespec *ret_new,
    struct timespec *ret_cur)
{
	struct stat new_st, cur_st;

	if (fstat(mb->folder.new_dir, &new_st) < 0 ||
	    fstat(mb->folder.cur_dir, &cur_st) < 0)
		return -errno;
	if (new_st.st_nlink == 0 || cur_st.st_nlink == 0)
		return -ESTALE;
	*ret_new = new_st.st_mtim;
	*ret_cur = cur_st.st_mtim;
	return 0;
}

static int
dir_of(const struct mailbox *mb, const struct scan_file *file)
{
	return file->state & SCAN_IN_NEW ? mb->folder.new_dir
					 : mb->folder.cur_dir;
}

/* Gives the second of two messages with one base name another one. */
static int
rename_twin(
    struct mailbox *mb, const struct scan *scan, const struct scan_file *file)
{
	int dir = dir_of(mb, file);
	const char *name = scan_name(scan, file);
	STR_AUTO fresh = STR_INIT;

	maildir_put_unique(
	    clock_now(), mb->store->number++, mb->store->config.host, &fresh);
	str_append_cstr(&fresh, name + file->base);
	return tree_rename(dir, name, dir, fresh.ptr);
}

/* Two names with one base: mostly a file that was renamed while we looked, of
 * which one name is gone; one file with two names, of which one goes; or two
 * messages, of which one gets a name of its own. */
static void
tell_twins(void *ctx, struct scan *scan, struct scan_file *first,
    struct scan_file *second)
{
	struct mailbox *mb = ctx;
	struct stat a, b;
	int adir = dir_of(mb, first), bdir = dir_of(mb, second);
	const char *aname = scan_name(scan, first);
	const char *bname = scan_name(scan, second);

	if (fstatat(bdir, bname, &b, AT_SYMLINK_NOFOLLOW) < 0) {
		second->state |= SCAN_DROPPED;
		return;
	}
	if (fstatat(adir, aname, &a, AT_SYMLINK_NOFOLLOW) < 0) {
		*first = *second;
		second->state |= SCAN_DROPPED;
		return;
	}
	if (mb->writable && a.st_ino != b.st_ino &&
	    rename_twin(mb, scan, second) == 0)
		scan->again = true;
	if (mb->writable && a.st_ino == b.st_ino && b.st_nlink > 1)
		(void)unlinkat(
		    adir, aname, 0); /* the other name stays, that is enough */
	if (a.st_ino == b.st_ino)
		*first = *second;
	second->state |= SCAN_DROPPED;
}

/* new before cur: a message on its way is then seen, perhaps twice. */
static int
scan_once(struct mailbox *mb, struct scan *scan)
{
	int rc;

	scan_clear(scan);
	rc = scan_read(scan, mb->folder.new_dir, SCAN_IN_NEW);
	if (rc == 0)
		rc = scan_read(scan, mb->folder.cur_dir, 0);
	if (rc == 0)
		scan_index(scan, tell_twins, mb);
	if (rc < 0 || !scan->batch || mb->own_list)
		return rc;
	view_unlock(mb); /* its writer may be waiting for that */
	/* what cannot be settled is taken as it is */
	if (batch_settle(mb->store, mb->folder.cur_dir) == 0) {
		scan_clear(scan); /* what is undone was never there */
		scan->again = true;
	}
	return 0;
}

/* Does the scan have all that the view has? */
static bool
all_there(const struct mailbox *mb, const struct scan *scan)
{
	uint32_t i;

	for (i = 0; i < mb->count; i++) {
		const struct record *record = &mb->records[i];

		/* one that is gone has no name any more */
		if (record->state & RECORD_GONE)
			continue;
		if (scan_find(scan, maildir_base(slice_from(
					view_name(mb, record)))) == NULL)
			return false;
	}
	return mb->count > 0;
}

/* What one look at the directories was worth. */
enum look {
	LOOK_RESTLESS, /* they changed meanwhile */
	LOOK_DOUBTFUL, /* they may have, within one tick of their clock */
	LOOK_SURE      /* they did not, or all that is known was met */
};

static enum look
worth_of(const struct mailbox *mb, const struct scan *scan,
    const struct timespec after[2])
{
	if (scan->again)
		return LOOK_RESTLESS;
	if (all_there(mb, scan))
		return LOOK_SURE;
	if (!same_time(mb->new_time, after[0]) ||
	    !same_time(mb->cur_time, after[1]))
		return LOOK_RESTLESS;
	return mb->racy ? LOOK_DOUBTFUL : LOOK_SURE;
}

/* One look with the times around it. */
static int
scan_timed(struct mailbox *mb, struct scan *scan, enum look *ret_look)
{
	struct timespec after[2] = { { 0, 0 }, { 0, 0 } }, now = clock_now();
	int rc = dir_times(mb, &mb->new_time, &mb->cur_time);

	if (rc == 0)
		rc = scan_once(mb, scan);
	if (rc == 0)
		rc = dir_times(mb, &after[0], &after[1]);
	if (rc < 0)
		return rc;
	mb->racy_cur = is_racy(mb->cur_time, now);
	mb->racy = mb->racy_cur || is_racy(mb->new_time, now);
	*ret_look = worth_of(mb, scan, after);
	return 0;
}

/* A directory that is read while files are renamed in it may show a file under
 * no name at all.  So what any of several looks has met is there, and the next
 * sync looks again.  What two looks within a tick did not meet is gone. */
int
view_scan(struct mailbox *mb, struct scan *scan, struct err *err)
{
	struct scan met = SCAN_INIT;
	enum look look = LOOK_RESTLESS, before;
	int rc = 0, tries;

	for (tries = 0; rc == 0 && tries < SCAN_TRIES; tries++) {
		before = look;
		rc = scan_timed(mb, scan, &look);
		if (look == LOOK_SURE)
			break;
		if (rc == 0)
			scan_add_missing(&met, scan);
		if (look == LOOK_DOUBTFUL && before == LOOK_DOUBTFUL)
			break;
	}
	if (rc == 0 && look != LOOK_SURE) {
		scan_add_missing(scan, &met);
		mb->stale |= look == LOOK_RESTLESS;
	}
	scan_release(&met);
	if (rc < 0)
		return tree_error(mb->store, err, -rc, mb->folder.path, "");
	return 0;
}

/* Moves one message out of new. */
static void
adopt_file(struct mailbox *mb, struct scan *scan, struct scan_file *file)
{
	STR_AUTO name = STR_INIT;
	const char *old = scan_name(scan, file);
	int rc;

	str_append_cstr(&name, old);
	if (strchr(old, ':') == NULL)
		str_append_cstr(&name, ":2,");
	rc = tree_rename(mb->folder.new_dir, old, mb->folder.cur_dir, name.ptr);
	if (rc == -ENOENT) {
		/* another session's now; cur will show it */
		file->state |= SCAN_DROPPED;
		mb->stale = true;
		return;
	}
	file->state |= SCAN_RECENT;
	if (rc < 0)
		return;
	mb->index.adopted = true;
	file->state &= (uint8_t)~SCAN_IN_NEW;
	scan_rename(scan, file, str_slice(&name));
}

void
view_adopt(struct mailbox *mb, struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->count; i++) {
		struct scan_file *file = &scan->files[i];

		if ((file->state & (SCAN_IN_NEW | SCAN_DROPPED)) != SCAN_IN_NEW)
			continue;
		if (mb->writable)
			adopt_file(mb, scan, file);
		else
			file->state |= SCAN_RECENT;
	}
}

/* The record's file under its present name, or none. */
static void
follow_record(struct mailbox *mb, struct scan *scan, struct record *record)
{
	struct message *message = &record->message;
	uint8_t flags, recent = message->flags & FLAG_RECENT;
	struct scan_file *file;
	uint32_t keywords;

	file = scan_find(scan, maildir_base(slice_from(view_name(mb, record))));
	if (file == NULL) {
		record->state |= RECORD_GONE;
		record->name = 0;
		return;
	}
	maildir_get_flags(slice_from(scan_name(scan, file)), &flags, &keywords);
	if (file->state & SCAN_RECENT && !recent) {
		recent = FLAG_RECENT;
		mb->recent++;
	}
	flags |= recent;
	if (flags != message->flags || keywords != message->keywords)
		record->state |= RECORD_CHANGED;
	message->flags = flags;
	message->keywords = keywords;
	record->name = file->name;
	record->state &= ~(uint32_t)RECORD_IN_NEW;
	if (file->state & SCAN_IN_NEW)
		record->state |= RECORD_IN_NEW;
	file->state |= SCAN_KNOWN;
	file->uid = message->uid;
}

void
view_follow(struct mailbox *mb, struct scan *scan)
{
	uint32_t i;

	for (i = 0; i < mb->count; i++)
		if (!(mb->records[i].state & RECORD_GONE))
			follow_record(mb, scan, &mb->records[i]);
}

void
view_take_names(struct mailbox *mb, struct scan *scan)
{
	str_release(&mb->names);
	mb->names = scan->names;
	scan->names = (struct str)STR_INIT;
	mb->names.cap = mb->names.len + 1;
	mb->names.ptr = mem_realloc(mb->names.ptr, mb->names.cap);
}

int
view_refresh(struct mailbox *mb, bool look, struct err *err)
{
	struct scan scan = SCAN_INIT;
	struct view_disk disk;
	int rc;

	view_index_flush(mb);
	if (!look && mb->index.number) {
		view_index_refresh(mb);
		return 0;
	}
	disk.now = 0; /* no whole look that others could wait for */
	rc = view_scan(mb, &scan, err);
	if (rc == 0) {
		view_follow(mb, &scan);
		view_take_names(mb, &scan);
		if (!view_index_publish(mb, &disk, false))
			view_stamp(mb, 0);
	}
	scan_release(&scan);
	mb->stale = true;
	return rc;
}
