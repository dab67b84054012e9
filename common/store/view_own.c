#include "common/store/view_index.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/store_index.h"
#include "common/store/view_lock.h"

#define TURN_MS 1000  /* of changes, after which others may have the lock */
#define PAUSE_MS 25   /* for that */
#define VAIN_MS 30000 /* that it is not waited for when it was in vain */

struct own {
	struct mailbox *mb;
	bool changes; /* there are some, else facts alone */
	struct index_mailbox head;
	uint32_t number;
	uint64_t modseq;
	uint32_t gone[2]; /* range of uids that vanished; 0: none */
	bool conflict;    /* another one's row is newer than what we know */
};

static bool
has_own(const struct mailbox *mb)
{
	return mb->index.own_count > 0;
}

/* Without the lock the changes are made as well: see set_seen. */
static void
lock_for(struct mailbox *mb, int64_t wait_ms)
{
	bool vain = clock_left(mb->vain) > 0;

	if (view_lock(mb, vain ? 0 : wait_ms) < 0 && !vain)
		mb->vain = clock_deadline(VAIN_MS);
}

/* Many changes are made by turns: others get the lock in between. */
static void
let_others(struct mailbox *mb)
{
	static const struct timespec pause = { 0, PAUSE_MS * 1000000L };
	int64_t now = clock_ms();

	if (now - mb->turn < TURN_MS)
		return;
	if (now - mb->turn < 2 * TURN_MS)      /* else a new run begins */
		(void)nanosleep(&pause, NULL); /* sooner is fine too */
	mb->turn = now;
}

void
view_index_before(struct mailbox *mb, int64_t wait_ms)
{
	struct view_disk disk;

	if (mb->changing++ == 0)
		lock_for(mb, wait_ms);
	if (mb->index.number == 0 || has_own(mb))
		return;
	view_index_doubt(mb);
	if (!view_disk_look(mb, &disk))
		return;
	mb->index.cur = disk.cur;
	mb->index.new = disk.new;
	mb->index.list = disk.uidlist;
}

void
view_index_doubt(struct mailbox *mb)
{
	mb->index.cur.ino = 0; /* is no folder's: nothing will be like it */
}

/* An own change that no index has noted; where none were ever told there are
 * no modseqs. */
static void
stamp_own(struct mailbox *mb, uint32_t uid)
{
	struct record *record = view_record(mb, mailbox_seq_of(mb, uid, NULL));

	if (mb->highest == 0 || record == NULL || record->state & RECORD_GONE)
		return;
	mb->highest = store_next_modseq(mb->store, mb->highest);
	record->message.modseq = mb->highest;
}

void
view_index_changed(struct mailbox *mb, uint32_t uid)
{
	struct view_index *index = &mb->index;

	if (index->number == 0) {
		stamp_own(mb, uid);
		mb->stale = true;
		return;
	}
	index->own = mem_grow(index->own, &index->own_cap, index->own_count + 1,
	    sizeof *index->own);
	index->own[index->own_count++] = uid;
}

static int
put_gone(struct index_txn *txn, struct own *own)
{
	int rc = 0;

	if (own->gone[0])
		rc = index_vanished_add(
		    txn, own->number, &own->head, own->modseq, own->gone);
	own->gone[0] = 0;
	return rc;
}

static int
drop_message(struct index_txn *txn, struct own *own, uint32_t uid)
{
	struct index_row row;
	int rc = index_row_get(txn, own->number, uid, &row);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc; /* another one did */
	rc = index_row_drop(txn, own->number, uid, row.modseq);
	if (rc == 0 && own->gone[0] && own->gone[1] + 1 != uid)
		rc = put_gone(txn, own);
	if (own->gone[0] == 0)
		own->gone[0] = uid;
	own->gone[1] = uid;
	return rc;
}

static int
put_change(struct index_txn *txn, struct own *own, struct record *record)
{
	struct mailbox *mb = own->mb;
	struct index_row row;
	int rc = index_row_get(txn, own->number, record->message.uid, &row);

	if (rc < 0) {
		own->conflict = true;
		return rc == -ENOENT ? 0 : rc;
	}
	if (slice_is(row.name, view_name(mb, record))) {
		record->message.modseq = row.modseq; /* somebody saw it */
		return 0;
	}
	if (row.modseq != record->message.modseq) {
		own->conflict = true; /* another one's change came between */
		return 0;
	}
	return view_index_put(txn, mb, own->number, record, own->modseq);
}

static int
put_changes(struct index_txn *txn, struct own *own)
{
	struct mailbox *mb = own->mb;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < mb->index.own_count; i++) {
		uint32_t uid = mb->index.own[i];
		uint32_t seq = mailbox_seq_of(mb, uid, NULL);
		struct record *record = view_record(mb, seq);

		if (record == NULL || record->state & RECORD_GONE)
			rc = drop_message(txn, own, uid);
		else
			rc = put_change(txn, own, record);
	}
	return rc == 0 ? put_gone(txn, own) : rc;
}

/* The disk is as the index says if it was so before our changes and nobody did
 * anything in their midst, which the lock is for.  Of who does not lock it
 * cannot be seen, so that there will be another look. */
static void
set_seen(struct own *own)
{
	const struct view_index *index = &own->mb->index;
	struct index_mailbox *head = &own->head;
	struct view_disk after;

	if (own->conflict || !(head->state & INDEX_WHOLE) ||
	    !index_seen_same(&head->cur, &index->cur) ||
	    !index_seen_same(&head->new, &index->new) ||
	    !view_is_locked(own->mb) || !view_disk_look(own->mb, &after)) {
		head->state &= ~(uint32_t)INDEX_WHOLE;
		return;
	}
	head->cur = after.cur;
	head->new = after.new;
	if (index_seen_same(&head->uidlist, &index->list))
		head->uidlist = after.uidlist;
	if (!(head->state & INDEX_UNSURE))
		head->look_again = after.now + LOOK_AGAIN_MS * 1000000LL;
	head->state |= INDEX_UNSURE;
}

static int
own_work(struct index_txn *txn, void *ctx)
{
	struct own *own = ctx;
	struct mailbox *mb = own->mb;
	uint64_t before, max = mb->store->config.indexing->octets / 2;
	int rc = view_index_find(txn, mb, &own->number, &own->head);

	if (rc < 0)
		return rc;
	before = own->head.highest;
	own->gone[0] = 0;
	if (own->changes)
		rc = index_next_modseq(txn,
		    before > mb->highest ? before : mb->highest, &own->modseq);
	if (rc == 0 && own->changes) {
		own->head.highest = own->modseq;
		rc = put_changes(txn, own);
		set_seen(own);
		if (before != mb->index.modseq)
			own->conflict = true; /* there is more to follow */
	}
	if (rc == 0)
		rc = view_facts_put(txn, mb, max);
	if (rc == 0)
		rc = index_mailbox_put(txn, own->number, &own->head);
	return rc;
}

void
view_index_flush(struct mailbox *mb)
{
	struct own own = { .mb = mb, .changes = has_own(mb) };
	struct index *index;
	size_t i;
	int rc;

	if (!own.changes && mb->index.facts.len == 0)
		return;
	index = view_index_open(mb);
	if (index == NULL)
		rc = -ENOENT;
	else
		rc = index_write(index, own_work, &own);
	for (i = 0; rc < 0 && i < mb->index.own_count; i++)
		stamp_own(mb, mb->index.own[i]);
	mb->index.own_count = 0;
	str_clear(&mb->index.facts);
	if (rc == -ENOENT) {
		mb->index.number = 0;
		mb->stale = true;
	} else if (rc < 0) {
		view_index_failed(mb, rc);
	} else if (own.changes) {
		if (!own.conflict)
			mb->index.modseq = own.modseq;
		mb->highest = own.modseq;
	}
}

void
view_index_settle(struct mailbox *mb)
{
	if (mb->index.batch && mb->changing < CHANGES_TOGETHER)
		return;
	view_index_flush(mb);
	view_unlock(mb);
	if (mb->changing >= CHANGES_TOGETHER)
		let_others(mb);
	mb->changing = 0;
}

void
mailbox_batch(struct mailbox *mb, bool on)
{
	mb->index.batch = on;
	view_index_settle(mb);
}

void
view_stamp(struct mailbox *mb, uint32_t appeared)
{
	uint64_t modseq;
	uint32_t i;

	if (mb->highest == 0)
		return; /* none were ever told */
	modseq = store_next_modseq(mb->store, mb->highest);
	for (i = 0; i < mb->count; i++) {
		struct record *record = &mb->records[i];

		if (record->state & (RECORD_CHANGED | RECORD_GONE) ||
		    i >= mb->count - appeared) {
			record->message.modseq = modseq;
			mb->highest = modseq;
		}
	}
}
