#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/body.h"
#include "common/store/mailbox_cached.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"
#include "common/store/view_lock.h"

int
mailbox_open(struct store *store, struct slice name, enum mailbox_mode mode,
    struct mailbox **ret_mailbox, struct err *err)
{
	struct mailbox_changes changes = { .expunged = NULL };
	struct mailbox *mb = mem_zalloc(1, sizeof *mb);
	int rc;

	mb->store = store;
	mb->watch = (struct watch)WATCH_INIT;
	mb->lock = (struct lock)LOCK_INIT;
	mb->stale = true;
	rc = tree_folder_open(store, name, false, &mb->folder, err);
	if (rc < 0) {
		free(mb);
		return rc;
	}
	mb->writable =
	    mode == MAILBOX_READ_WRITE &&
	    faccessat(mb->folder.cur_dir, ".", W_OK, AT_EACCESS) == 0;
	rc = mailbox_sync(mb, false, &changes, err);
	mailbox_changes_release(&changes);
	if (rc < 0) {
		mailbox_free(mb);
		return rc;
	}
	*ret_mailbox = mb;
	return 0;
}

void
mailbox_free(struct mailbox *mb)
{
	size_t i;

	if (mb == NULL)
		return;
	view_index_flush(mb);
	view_unlock(mb);
	view_readahead_stop(mb);
	for (i = 0; i < mb->nuidls; i++)
		free(mb->uidls[i].text);
	free(mb->uidls);
	free(mb->index.own);
	str_release(&mb->index.facts);
	mailbox_cached_rest(mb);
	free(mb->sizes);
	free(mb->records);
	keywords_release(&mb->keywords);
	str_release(&mb->names);
	watch_release(&mb->watch);
	tree_folder_close(&mb->folder);
	free(mb);
}

uint32_t
mailbox_uidvalidity(const struct mailbox *mb)
{
	return mb->uidvalidity;
}

uint32_t
mailbox_uidnext(const struct mailbox *mb)
{
	return mb->nextuid;
}

uint32_t
mailbox_count(const struct mailbox *mb)
{
	return mb->count;
}

uint32_t
mailbox_recent(const struct mailbox *mb)
{
	return mb->recent;
}

bool
mailbox_writable(const struct mailbox *mb)
{
	return mb->writable;
}

uint64_t
mailbox_highest_modseq(const struct mailbox *mb)
{
	/* what others did meanwhile is yet to be followed */
	if (mb->index.number && mb->index.modseq < mb->highest)
		return mb->index.modseq;
	return mb->highest;
}

const struct message *
mailbox_message(const struct mailbox *mb, uint32_t seq)
{
	return seq >= 1 && seq <= mb->count ? &mb->records[seq - 1].message
					    : NULL;
}

struct record *
view_record(struct mailbox *mb, uint32_t seq)
{
	return seq >= 1 && seq <= mb->count ? &mb->records[seq - 1] : NULL;
}

uint32_t
mailbox_seq_of(const struct mailbox *mb, uint32_t uid, uint32_t *ret_next)
{
	uint32_t low = 0, high = mb->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (mb->records[mid].message.uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < mb->count && mb->records[low].message.uid == uid)
		return low + 1;
	if (ret_next)
		*ret_next = low + 1;
	return 0;
}

const char *
mailbox_keyword(const struct mailbox *mb, unsigned i)
{
	return i < MAILBOX_KEYWORDS_MAX ? mb->keywords.names[i] : NULL;
}

int
mailbox_keyword_find(const struct mailbox *mb, struct slice name)
{
	return keywords_find(&mb->keywords, name);
}

int
view_load_keywords(struct mailbox *mb, bool *ret_changed)
{
	STR_AUTO text = STR_INIT;
	struct stat st = { .st_size = 0 };
	int rc;

	*ret_changed = false;
	if (fstatat(mb->folder.dir, KEYWORDS_NAME, &st, AT_SYMLINK_NOFOLLOW) <
	    0)
		return errno == ENOENT ? 0 : -errno;
	if ((st.st_ino == mb->keywords_file.ino &&
		st.st_size == mb->keywords_file.size &&
		st.st_mtim.tv_sec == mb->keywords_file.mtime.tv_sec &&
		st.st_mtim.tv_nsec == mb->keywords_file.mtime.tv_nsec))
		return 0;
	rc = tree_read(
	    mb->folder.dir, KEYWORDS_NAME, KEYWORDS_FILE_MAX, &text, &st);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	mb->keywords_file =
	    (struct side_file){ st.st_ino, st.st_size, st.st_mtim };
	keywords_parse(str_slice(&text), &mb->keywords);
	*ret_changed = true;
	return 0;
}

/* The letters that messages carry: an unnamed one among them is somebody's
 * keyword whose name was lost, and must not get another. */
static uint32_t
letters_in_use(const struct mailbox *mb)
{
	uint32_t used = 0, i;

	for (i = 0; i < mb->count; i++)
		used |= mb->records[i].message.keywords;
	return used;
}

/* Adds a keyword to the file, with the uidlist's lock held. */
static int
add_keyword(struct mailbox *mb, struct slice name)
{
	STR_AUTO text = STR_INIT;
	LOCK_AUTO lock = LOCK_INIT;
	bool changed;
	int rc, i;

	rc = view_load_keywords(mb, &changed);
	if (rc < 0) /* the names that are there must not be lost */
		return rc == -EINVAL ? -EIO : rc;
	i = keywords_find(&mb->keywords, name);
	if (i >= 0)
		return i;
	i = keywords_add(&mb->keywords, name, letters_in_use(mb));
	if (i < 0)
		return i == -ENOSPC ? -EXFULL : i; /* that is no full disk */
	keywords_format(&mb->keywords, &text);
	rc = lock_take(
	    mb->store, mb->folder.dir, KEYWORDS_NAME, LOCK_WAIT_MS, &lock);
	if (rc == 0)
		rc = lock_replace(mb->store, &lock, KEYWORDS_NAME,
		    str_slice(&text), mb->keywords_file.mtime.tv_sec);
	if (rc < 0) {
		free(mb->keywords.names[i]);
		mb->keywords.names[i] = NULL;
		return rc;
	}
	(void)view_load_keywords(mb, &changed); /* what we wrote, as a rule */
	return i;
}

int
mailbox_keyword_make(struct mailbox *mb, struct slice name, struct err *err)
{
	LOCK_AUTO lock = LOCK_INIT;
	int rc = keywords_find(&mb->keywords, name);

	if (rc >= 0)
		return rc;
	if (!mb->writable)
		return err_set(err, EROFS, "the mailbox is open read-only");
	rc = lock_take(
	    mb->store, mb->folder.dir, UIDLIST_NAME, LOCK_WAIT_MS, &lock);
	if (rc == 0)
		rc = add_keyword(mb, name);
	if (rc >= 0)
		return rc;
	if (rc == -EINVAL)
		return err_set(err, EINVAL, "no keyword can have such a name");
	if (rc == -EXFULL)
		return err_set(err, ENOSPC, "all 26 keywords are used");
	return tree_error(mb->store, err, -rc, mb->folder.path, KEYWORDS_NAME);
}

void
mailbox_changes_release(struct mailbox_changes *changes)
{
	free(changes->expunged);
	free(changes->expunged_uids);
	free(changes->changed);
	*changes = (struct mailbox_changes){ .expunged = NULL };
}

void
mailbox_set_progress(struct mailbox *mb, mailbox_progress *progress, void *ctx)
{
	mb->progress = progress;
	mb->progress_ctx = ctx;
}

void
view_progress(const struct mailbox *mb, size_t done)
{
	if (mb->progress)
		mb->progress(mb->progress_ctx, done);
}

const char *
view_name(const struct mailbox *mb, const struct record *record)
{
	return mb->names.ptr + record->name;
}

void
view_rename(struct mailbox *mb, struct record *record, struct slice name)
{
	size_t room = strlen(view_name(mb, record));

	record->state &= ~(uint32_t)RECORD_IN_NEW;
	if (name.len > room) {
		record->name = (uint32_t)mb->names.len;
		str_append(&mb->names, name);
		str_append_char(&mb->names, '\0');
		return;
	}
	memcpy(mb->names.ptr + record->name, name.ptr, name.len);
	mb->names.ptr[record->name + name.len] = '\0';
}

int
view_dir(const struct mailbox *mb, const struct record *record)
{
	return record->state & RECORD_IN_NEW ? mb->folder.new_dir
					     : mb->folder.cur_dir;
}
