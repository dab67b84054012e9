#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/copying.h"
#include "common/store/view_index.h"
#include "common/store/view_lock.h"
#include "common/store/view_removal.h"

/*
 * A message's file is renamed from one folder into the other, which is one
 * step: of two sessions one has it, and a crash finds it in one of them.  Its
 * uid is written first; that of one which does not come is nobody's.
 */

struct moving {
	struct copying copying;
	struct removal removal;
	bool *moved;  /* of each message: the caller's */
	bool staying; /* where it comes from is where it goes to */
};

/* Between file systems: the copy is there, and on the disk, before the file
 * goes; who finds that another has taken that takes his copy back. */
static int
move_across(struct mailbox *mb, struct moving *m, const struct record *record,
    const char *name)
{
	struct copying *c = &m->copying;
	int rc = copying_copy_file(c, record, name);

	if (rc < 0)
		return rc;
	rc = tree_sync(mb->store, c->to.cur_dir);
	if (rc == 0 &&
	    unlinkat(view_dir(mb, record), view_name(mb, record), 0) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(c->to.cur_dir, name, 0); /* rc is told */
	return rc;
}

static bool
is_same(int dir, int other)
{
	struct stat a, b;

	return fstat(dir, &a) == 0 && fstat(other, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Was the other folder deleted under our eyes, by who has no lock for it? */
static bool
is_deleted(int dir)
{
	struct stat st;

	return fstat(dir, &st) < 0 || st.st_nlink == 0;
}

static int
move_file(struct mailbox *mb, struct record *record, void *ctx)
{
	struct moving *m = ctx;
	struct copying *c = &m->copying;
	int64_t octets = (int64_t)view_octets(mb, record);
	const char *name = copying_make_name(c, record);
	int rc;

	if (m->staying)
		mb->changing++; /* it is locked, for the new names */
	view_index_before(mb, 0);
	if (m->staying)
		view_index_doubt(mb); /* as a new one, which is to be found */
	rc = tree_rename(
	    view_dir(mb, record), view_name(mb, record), c->to.cur_dir, name);
	if (rc == -EXDEV)
		rc = move_across(mb, m, record, name);
	if (rc == -ENOENT && is_deleted(c->to.cur_dir))
		return -ENOTDIR;
	if (rc < 0)
		return rc;
	m->removal.octets += octets;
	view_note_removed(mb, record, &m->removal);
	return 0;
}

/* Of two folders everybody who locks both locks the same one first. */
static bool
is_first(int dir, int other)
{
	struct stat a, b;

	if (fstat(dir, &a) < 0 || fstat(other, &b) < 0)
		return false;
	return a.st_dev == b.st_dev ? a.st_ino < b.st_ino : a.st_dev < b.st_dev;
}

/* Without that of the folder where they come from it works, too (view_lock.h);
 * within a folder there is but one. */
static int
lock_both(struct moving *m, struct err *err)
{
	struct copying *c = &m->copying;
	bool first = is_first(c->mb->folder.dir, c->to.dir);
	int rc;

	if (first && !m->staying)
		(void)view_lock(c->mb, CHANGE_WAIT_MS);
	rc = copying_take_uids(c, err);
	if (rc == 0 && !first && !m->staying)
		(void)view_lock(c->mb, CHANGE_WAIT_MS);
	return rc;
}

/* Those that others were quicker to take stay out. */
static int
move_all(struct moving *m, struct err *err)
{
	struct copying *c = &m->copying;
	int rc = 0;

	mailbox_batch(c->mb, true);
	for (; rc == 0 && c->at < c->messages.count; c->at++) {
		view_progress(c->mb, c->at);
		rc = view_with_file(
		    c->mb, c->messages.seqs[c->at], move_file, m, err);
		m->moved[c->at] = rc == 0;
		if (rc == -ENOENT)
			rc = 0;
		view_index_settle(c->mb);
	}
	if (m->removal.messages && !m->staying)
		view_unlist(c->mb, 0);
	mailbox_batch(c->mb, false);
	return rc;
}

/* What is moved counts as before, unless only one of the folders counts. */
static void
count_in_quota(const struct moving *m)
{
	const struct copying *c = &m->copying;
	const struct store_config *config = &c->mb->store->config;
	bool from = !c->mb->folder.ignored_by_quota;
	bool into = !c->to.ignored_by_quota;

	if (config->quota == NULL || from == into)
		return;
	if (into)
		config->quota(
		    config->quota_ctx, m->removal.octets, m->removal.messages);
	else
		config->quota(config->quota_ctx, -m->removal.octets,
		    -m->removal.messages);
}

/* The new names get to the disk before the old ones are sure to be gone from
 * it: where a file system does not do both at once, mail is there twice rather
 * than not at all. */
static int
finish(struct moving *m, struct err *err)
{
	struct copying *c = &m->copying;
	const struct mailbox_seqs *messages = &c->messages;
	uint32_t *uids;
	size_t i;
	int rc = copying_sync(c, err);

	count_in_quota(m);
	tree_tell_first(c->mb->store, &c->to, clock_now().tv_sec, true);
	uids = mem_alloc(mem_mul(messages->count, sizeof *uids));
	for (i = 0; i < messages->count; i++)
		uids[i] = mailbox_message(c->mb, messages->seqs[i])->uid;
	if (rc == 0)
		rc = view_end_removal(
		    c->mb, &m->removal, uids, messages->count, err);
	free(uids);
	return rc;
}

int
mailbox_move(struct mailbox *mb, struct mailbox_seqs messages,
    struct slice name, struct mailbox_moves *ret_moves, struct err *err)
{
	struct moving m = { .moved = ret_moves->moved };
	struct err other;
	int rc, end = 0;

	memset(m.moved, 0, messages.count * sizeof *m.moved);
	ret_moves->count = 0;
	if (!mailbox_writable(mb))
		return err_set(err, EROFS, "the mailbox is open read-only");
	rc = copying_open(&m.copying, mb, messages, name, err);
	m.staying = is_same(mb->folder.cur_dir, m.copying.to.cur_dir);
	if (rc == 0)
		rc = lock_both(&m, err);
	if (rc == 0)
		rc = move_all(&m, err);
	view_unlock(mb);
	if (m.removal.messages)
		end = finish(&m, rc < 0 ? &other : err);
	ret_moves->copies = (struct mailbox_copies){ m.copying.uids.uidvalidity,
		m.copying.uids.first };
	ret_moves->count = (size_t)m.removal.messages;
	copying_release(&m.copying);
	return rc < 0 ? rc : end;
}
