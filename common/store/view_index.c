#include "common/store/view_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/maildir.h"
#include "common/store/store_index.h"

#define FIRST_NAMES (512U << 10) /* octets */
#define FIRST_RECORDS 16384

struct index *
view_index_open(struct mailbox *mb)
{
	struct index *index = mb->store->index;

	if (mb->index.number == 0)
		return NULL;
	if (index == NULL)
		index = store_index(mb->store);
	return index && mb->index.made == index_made(index) ? index : NULL;
}

void
view_index_failed(struct mailbox *mb, int rc)
{
	store_index_failed(mb->store, -rc);
	mb->index.number = 0;
	mb->index.own_count = 0;
	str_clear(&mb->index.facts);
	mb->stale = true;
}

int
view_index_find(struct index_txn *txn, struct mailbox *mb, uint32_t *ret_number,
    struct index_mailbox *ret_mailbox)
{
	int rc;

	if (mb->index.number == 0)
		return index_mailbox_find(txn, store_index_name(&mb->folder),
		    ret_number, ret_mailbox);
	rc = index_mailbox_get(txn, mb->index.number, ret_mailbox);
	*ret_number = mb->index.number;
	return rc;
}

/* ---- reading ---- */

struct follow {
	struct mailbox *mb;
	struct index_txn *txn;
	const struct view_disk *disk;
	struct index_mailbox head;
	uint32_t number;
	uint32_t appeared;
	uint32_t last; /* uid that the view had last before */
	uint32_t at;   /* the first record that was not compared yet */
	int64_t rows;  /* that were read */
	bool leaving;  /* messages are marked so */
	bool fits;
	bool known_only; /* no message may be added now */
};

/* Does the index tell what is on the disk? */
static bool
fits(const struct mailbox *mb, const struct index_mailbox *head,
    const struct view_disk *disk)
{
	if (!(head->state & INDEX_WHOLE) || (mb->stale && mb->uidvalidity) ||
	    !index_seen_same(&head->cur, &disk->cur) ||
	    !index_seen_same(&head->new, &disk->new) ||
	    !index_seen_same(&head->uidlist, &disk->uidlist))
		return false;
	if (mb->writable && head->in_new > mb->index.stuck)
		return false; /* to be moved to cur */
	if (head->state & INDEX_RACY && head->looked < disk->now)
		return false;
	/* what came while we moved others to cur has changed nothing since */
	return !(head->state & INDEX_UNSURE) ||
	       (disk->now < head->look_again &&
		   !view_disk_has_more(mb, head->in_new));
}

static void
set_new(struct record *record, bool in_new)
{
	record->state &= ~(uint32_t)RECORD_IN_NEW;
	if (in_new)
		record->state |= RECORD_IN_NEW;
}

static int
add_row(struct follow *follow, uint32_t uid, const struct index_row *row)
{
	struct mailbox *mb = follow->mb;
	const struct uidlist_entry entry = { uid, row->uidl, row->name };
	struct record *record;

	if (mb->count && mb->records[mb->count - 1].message.uid >= uid)
		return -EBADMSG;
	if (mb->names.len > UINT32_MAX - 2 * MAILDIR_NAME_MAX)
		return -EFBIG;
	if (mb->names.len == 0)
		str_append_char(&mb->names, '\0'); /* offset 0 is no name */
	mb->records = mem_grow(
	    mb->records, &mb->cap, (size_t)mb->count + 1, sizeof *mb->records);
	record = &mb->records[mb->count++];
	*record = (struct record){ .message.uid = uid,
		.message.modseq = row->modseq };
	record->name = (uint32_t)mb->names.len;
	str_append(&mb->names, row->name);
	str_append_char(&mb->names, '\0');
	set_new(record, row->in_new);
	maildir_get_flags(
	    row->name, &record->message.flags, &record->message.keywords);
	if (row->in_new) {
		record->message.flags |= FLAG_RECENT;
		mb->recent++;
	}
	if (row->uidl.len)
		view_note_uidl(mb, &entry);
	follow->appeared++;
	return 0;
}

/* What the index has of a message that the view knows. */
static void
take_row(struct mailbox *mb, struct record *record, const struct index_row *row)
{
	struct message *message = &record->message;
	uint8_t flags, recent = message->flags & FLAG_RECENT;
	uint32_t keywords;

	if (record->state & RECORD_GONE)
		return;
	maildir_get_flags(row->name, &flags, &keywords);
	flags |= recent;
	if (row->modseq != message->modseq || flags != message->flags ||
	    keywords != message->keywords)
		record->state |= RECORD_CHANGED;
	message->flags = flags;
	message->keywords = keywords;
	message->modseq = row->modseq;
	if (!slice_is(row->name, view_name(mb, record)))
		view_rename(mb, record, row->name);
	set_new(record, row->in_new);
}

static void
set_leaving(struct follow *follow, struct record *record)
{
	record->state |= RECORD_LEAVING;
	follow->leaving = true;
}

/* When the whole index was read they are gone; else nothing was said. */
static void
let_go(struct mailbox *mb, bool gone)
{
	uint32_t i;

	for (i = 0; i < mb->count; i++) {
		struct record *record = &mb->records[i];

		if (!(record->state & RECORD_LEAVING))
			continue;
		record->state &= ~(uint32_t)RECORD_LEAVING;
		if (!gone)
			continue;
		record->state |= RECORD_GONE;
		record->name = 0;
	}
}

static bool
is_row(const struct index_row *row)
{
	return maildir_is_message(row->name) && row->name.len > 0;
}

/* One row, when all are compared with the view. */
static int
each_row(void *ctx, struct slice key, struct slice value)
{
	struct follow *follow = ctx;
	struct mailbox *mb = follow->mb;
	struct index_row row;
	uint32_t uid;

	if (!index_key_get_row(key, &uid) ||
	    !index_row_read(key, value, &row) || !is_row(&row) ||
	    uid >= follow->head.uidnext)
		return -EBADMSG;
	follow->rows++;
	while (
	    follow->at < mb->count && mb->records[follow->at].message.uid < uid)
		set_leaving(follow, &mb->records[follow->at++]);
	if (follow->at < mb->count && uid <= follow->last) {
		if (mb->records[follow->at].message.uid == uid)
			take_row(mb, &mb->records[follow->at++], &row);
		return 0; /* one that the view has told to be gone */
	}
	if (follow->known_only)
		return 0;
	follow->at++;
	return add_row(follow, uid, &row);
}

static int
follow_all(struct follow *follow)
{
	struct mailbox *mb = follow->mb;
	struct index_key key;
	int rc;

	index_key_prefix(&key, INDEX_ROW, follow->number);
	rc = index_walk(follow->txn, index_key_slice(&key),
	    index_key_slice(&key), each_row, follow);
	if (rc == 0 && follow->rows != follow->head.rows)
		return -EBADMSG; /* their messages would get other uids */
	while (rc == 0 && follow->at < mb->count)
		set_leaving(follow, &mb->records[follow->at++]);
	return rc;
}

static int
each_change(void *ctx, struct slice key, struct slice value)
{
	struct follow *follow = ctx;
	struct mailbox *mb = follow->mb;
	struct index_row row;
	uint64_t modseq;
	uint32_t uid, seq;
	int rc;

	(void)value;
	if (!index_key_get_change(key, &modseq, &uid))
		return -EBADMSG;
	rc = index_row_get(follow->txn, follow->number, uid, &row);
	if (rc < 0 || !is_row(&row))
		return -EBADMSG;
	seq = mailbox_seq_of(mb, uid, NULL);
	if (seq)
		take_row(mb, view_record(mb, seq), &row);
	else if (uid > follow->last)
		/* by modseq they do not come in the order of uids */
		follow->appeared++;
	return 0;
}

static int
each_vanished(void *ctx, struct slice key, struct slice value)
{
	struct follow *follow = ctx;
	struct mailbox *mb = follow->mb;
	uint32_t first, last, seq, next = 0;
	uint64_t modseq;

	if (!index_key_get_change(key, &modseq, &first) ||
	    !index_last_read(key, value, &last) || last < first)
		return -EBADMSG;
	seq = mailbox_seq_of(mb, first, &next);
	if (seq == 0)
		seq = next;
	for (; seq <= mb->count && view_record(mb, seq)->message.uid <= last;
	     seq++)
		set_leaving(follow, view_record(mb, seq));
	return 0;
}

/* Rows behind the view's last one. */
static int
follow_new(struct follow *follow)
{
	struct index_key prefix, from;

	follow->appeared = 0;
	follow->at = follow->mb->count;
	index_key_prefix(&prefix, INDEX_ROW, follow->number);
	index_key_row(&from, follow->number, follow->last + 1);
	return index_walk(follow->txn, index_key_slice(&prefix),
	    index_key_slice(&from), each_row, follow);
}

/* What changed since the view last followed. */
static int
follow_changes(struct follow *follow)
{
	uint64_t since = follow->mb->index.modseq + 1;
	struct index_key prefix, from;
	int rc;

	index_key_prefix(&prefix, INDEX_CHANGE, follow->number);
	index_key_change(&from, INDEX_CHANGE, follow->number, since, 0);
	rc = index_walk(follow->txn, index_key_slice(&prefix),
	    index_key_slice(&from), each_change, follow);
	index_key_prefix(&prefix, INDEX_VANISHED, follow->number);
	index_key_change(&from, INDEX_VANISHED, follow->number, since, 0);
	if (rc == 0)
		rc = index_walk(follow->txn, index_key_slice(&prefix),
		    index_key_slice(&from), each_vanished, follow);
	if (rc == 0 && follow->appeared && !follow->known_only)
		rc = follow_new(follow);
	return rc;
}

/* The first view takes all that the list says. */
static void
take_head(struct follow *follow)
{
	struct mailbox *mb = follow->mb;
	const struct index_mailbox *head = &follow->head;

	if (mb->uidvalidity == 0) {
		mb->uidvalidity = head->uidvalidity;
		memcpy(mb->guid, head->guid, sizeof mb->guid - 1);
	}
	if (mb->nextuid < head->uidnext)
		mb->nextuid = head->uidnext;
	if (mb->highest < head->highest)
		mb->highest = head->highest;
	mb->index.number = follow->number;
	mb->index.modseq = head->highest;
	mb->index.unsure = head->state & INDEX_UNSURE;
	memset(mb->index.calm, 0, sizeof mb->index.calm);
	if (index_seen_same(&head->uidlist, &follow->disk->uidlist))
		mb->uidlist = head->uidlist; /* there are rows for all of it */
	if (!follow->fits || head->state != INDEX_WHOLE)
		return;
	mb->index.calm[0] = follow->disk->cur;
	mb->index.calm[1] = follow->disk->new;
	mb->index.calm[2] = follow->disk->uidlist;
}

/* Is it the view's mailbox?  A first view takes also what is not the disk of
 * now, of the same list: what it looks for it does not miss (view_scan). */
static bool
is_ours(const struct follow *follow, bool first)
{
	const struct mailbox *mb = follow->mb;

	if (first)
		return index_seen_same(
		    &follow->head.uidlist, &follow->disk->uidlist);
	return mb->index.number != 0 &&
	       follow->head.uidvalidity == mb->uidvalidity;
}

static int
follow_work(struct index_txn *txn, void *ctx)
{
	struct follow *follow = ctx;
	struct mailbox *mb = follow->mb;
	bool first = mb->uidvalidity == 0;
	int rc = view_index_find(txn, mb, &follow->number, &follow->head);

	mb->index.start = 0;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (mb->index.number && follow->head.highest < mb->index.modseq)
		return -EBADMSG; /* it was more once: a page of before */
	follow->txn = txn;
	mb->index.start = follow->head.highest;
	mb->index.validity = follow->head.uidvalidity;
	mb->index.next = follow->head.uidnext;
	follow->fits = fits(mb, &follow->head, follow->disk);
	if (!is_ours(follow, first)) {
		follow->fits = false;
		return 0;
	}
	if (mb->count)
		follow->last = mb->records[mb->count - 1].message.uid;
	if (first || follow->head.floor > mb->index.modseq)
		rc = follow_all(follow);
	else if (follow->head.highest > mb->index.modseq)
		rc = follow_changes(follow);
	if (rc == 0 && !follow->known_only)
		take_head(follow);
	return rc;
}

/* A first view that was not read to its end is none. */
static void
forget_rows(struct mailbox *mb)
{
	while (mb->nuidls > 0)
		free(mb->uidls[--mb->nuidls].text);
	mb->count = mb->recent = 0;
	str_clear(&mb->names);
}

/* Reads it; false when it failed. */
static bool
read_index(struct index *index, struct follow *follow)
{
	struct mailbox *mb = follow->mb;
	int rc = index_read(index, follow_work, follow);

	if (follow->leaving)
		let_go(mb, rc == 0);
	if (rc == 0)
		return true;
	if (mb->uidvalidity == 0)
		forget_rows(mb);
	view_index_failed(mb, rc);
	return false;
}

/* For a first view: so much that it is mapped, and what is not used of it can
 * be given back without leaving holes. */
static void
make_room(struct mailbox *mb)
{
	str_reserve(&mb->names, FIRST_NAMES);
	mb->cap = FIRST_RECORDS;
	mb->records =
	    mem_realloc(mb->records, mem_mul(mb->cap, sizeof *mb->records));
}

/* A first view has grown by doubling: gives back what it did not need. */
static void
trim(struct mailbox *mb)
{
	mb->cap = mb->count ? mb->count : 1;
	mb->records =
	    mem_realloc(mb->records, mem_mul(mb->cap, sizeof *mb->records));
	mb->names.cap = mb->names.len + 1;
	mb->names.ptr = mem_realloc(mb->names.ptr, mb->names.cap);
}

bool
view_index_follow(
    struct mailbox *mb, const struct view_disk *disk, uint32_t *ret_appeared)
{
	struct index *index = store_index(mb->store);
	struct follow follow = { .mb = mb, .disk = disk };
	uint32_t before = mb->count;

	if (index == NULL)
		return false;
	if (mb->index.made != index_made(index)) {
		mb->index.made = index_made(index);
		mb->index.number = 0;
	}
	if (mb->uidvalidity == 0)
		make_room(mb);
	if (!read_index(index, &follow))
		follow.fits = false;
	if (before == 0)
		trim(mb);
	*ret_appeared += mb->count - before;
	if (follow.fits)
		mb->stale = false; /* a first view is until it has one */
	return follow.fits;
}

void
view_index_refresh(struct mailbox *mb)
{
	struct index *index = view_index_open(mb);
	struct follow follow = { .mb = mb, .known_only = true };
	struct view_disk disk;

	if (index == NULL || !view_disk_look(mb, &disk))
		return;
	follow.disk = &disk;
	(void)read_index(index, &follow); /* else the disk is looked at */
}
