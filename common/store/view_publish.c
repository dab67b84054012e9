#include "common/store/view_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/maildir.h"
#include "common/store/store_index.h"
#include "common/store/view_lock.h"

#define MANY 1000   /* changes after which memory is given back */
#define CHUNK 20000 /* changes in one transaction: bounds its memory */

/* A row that the disk does not bear out. */
struct difference {
	uint32_t uid;
	uint32_t record; /* index + 1; 0: the message is gone */
	uint64_t modseq; /* that the row has; 0: there is none */
};

struct publish {
	struct mailbox *mb;
	const struct view_disk *disk;
	bool whole;
	bool done;      /* all rows were compared */
	bool made;      /* the mailbox: who has not seen all of it reads all */
	bool conflict;  /* others wrote meanwhile what we have not seen */
	uint32_t known; /* uids below it they may have taken out, else 0 */
	uint32_t number;
	struct index_mailbox head;
	uint64_t start; /* rows after it are others' */
	uint32_t next;  /* uid to go on with */
	uint32_t at;    /* and its record */
	struct difference *list;
	size_t count, cap;
	struct slice *bases; /* of the view's files, sorted; NULL: not asked */
	size_t nbases;
};

static void
differ(struct publish *p, uint32_t uid, uint32_t record, uint64_t modseq)
{
	p->list = mem_grow(p->list, &p->cap, p->count + 1, sizeof *p->list);
	p->list[p->count++] = (struct difference){ uid, record, modseq };
}

/* Records of the view that the index has not, below uid. */
static void
pass_records(struct publish *p, uint32_t uid)
{
	const struct mailbox *mb = p->mb;

	while (p->at < mb->count && p->count < CHUNK &&
	       mb->records[p->at].message.uid < uid) {
		const struct record *record = &mb->records[p->at++];

		p->next = record->message.uid + 1;
		if (record->state & RECORD_GONE)
			continue;
		if (record->message.uid < p->known)
			p->conflict = true;
		else
			differ(p, record->message.uid, p->at, 0);
	}
}

/* A row of a message that the view has not, or has told to be gone. */
static void
pass_row(struct publish *p, uint32_t uid, const struct index_row *row)
{
	const struct mailbox *mb = p->mb;

	if (row->modseq > p->start)
		p->conflict = true;
	else if (p->whole ||
		 (mb->count && uid <= mb->records[mb->count - 1].message.uid))
		differ(p, uid, 0, row->modseq);
}

/* Compares a row with the view's record. */
static void
pass_both(struct publish *p, uint32_t uid, const struct index_row *row)
{
	struct record *record = &p->mb->records[p->at++];
	const char *name = view_name(p->mb, record);
	bool in_new = (record->state & RECORD_IN_NEW) != 0;

	if (record->state & RECORD_GONE) {
		pass_row(p, uid, row);
		return;
	}
	if (slice_is(row->name, name) && row->in_new == in_new) {
		record->message.modseq = row->modseq;
		return;
	}
	if (row->modseq > p->start)
		p->conflict = true;
	else
		differ(p, uid, p->at, row->modseq);
}

static int
each_row(void *ctx, struct slice key, struct slice value)
{
	struct publish *p = ctx;
	struct index_row row;
	uint32_t uid;

	if (!index_key_get_row(key, &uid) || !index_row_read(key, value, &row))
		return -EBADMSG;
	pass_records(p, uid);
	if (p->count >= CHUNK)
		return 1;
	p->next = uid + 1;
	if (p->at < p->mb->count && p->mb->records[p->at].message.uid == uid)
		pass_both(p, uid, &row);
	else
		pass_row(p, uid, &row);
	return p->count >= CHUNK;
}

/* Compares rows and records, until there are differences enough. */
static int
compare(struct publish *p, struct index_txn *txn)
{
	struct index_key prefix, from;
	int rc;

	p->count = 0;
	index_key_prefix(&prefix, INDEX_ROW, p->number);
	index_key_row(&from, p->number, p->next);
	rc = index_walk(
	    txn, index_key_slice(&prefix), index_key_slice(&from), each_row, p);
	if (rc < 0)
		return rc;
	if (rc == 0)
		pass_records(p, UINT32_MAX);
	p->done = rc == 0 && p->at == p->mb->count;
	return 0;
}

static int
by_octets(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t least = x->len < y->len ? x->len : y->len;
	int order = least ? memcmp(x->ptr, y->ptr, least) : 0;

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void
sort_bases(struct publish *p)
{
	const struct mailbox *mb = p->mb;
	uint32_t i;

	p->bases = mem_alloc(mem_mul((size_t)mb->count + 1, sizeof *p->bases));
	for (i = 0; i < mb->count; i++)
		if (!(mb->records[i].state & RECORD_GONE))
			p->bases[p->nbases++] = maildir_base(
			    slice_from(view_name(mb, &mb->records[i])));
	qsort(p->bases, p->nbases, sizeof *p->bases, by_octets);
}

/* Has the view a message in a file of that name?  Then it has another uid. */
static bool
has_file(struct publish *p, struct slice name)
{
	struct slice base = maildir_base(name);

	if (p->bases == NULL)
		sort_bases(p);
	return bsearch(&base, p->bases, p->nbases, sizeof base, by_octets);
}

/* Is the file of a message there that the look did not meet?  Directories that
 * others write to are read so; others shall not lose it for that. */
static bool
is_there(struct index_txn *txn, struct publish *p, uint32_t uid)
{
	const struct tree_folder *folder = &p->mb->folder;
	STR_AUTO name = STR_INIT;
	struct index_row row;
	struct stat st;

	if (index_row_get(txn, p->number, uid, &row) < 0)
		return false;
	str_append(&name, row.name);
	if (fstatat(row.in_new ? folder->new_dir : folder->cur_dir,
		str_cstr(&name), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    has_file(p, str_slice(&name)))
		return false;
	p->conflict = true;
	return true;
}

/* Notes what vanished, in as few ranges as can be. */
static int
put_vanished(struct index_txn *txn, struct publish *p, uint64_t modseq)
{
	uint32_t range[2] = { 0, 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < p->count; i++) {
		const struct difference *d = &p->list[i];

		if (d->record || is_there(txn, p, d->uid))
			continue;
		rc = index_row_drop(txn, p->number, d->uid, d->modseq);
		if (rc == 0 && range[0] && d->uid != range[1] + 1) {
			rc = index_vanished_add(
			    txn, p->number, &p->head, modseq, range);
			range[0] = 0;
		}
		if (range[0] == 0)
			range[0] = d->uid;
		range[1] = d->uid;
	}
	if (rc == 0 && range[0])
		rc =
		    index_vanished_add(txn, p->number, &p->head, modseq, range);
	return rc;
}

/* A message that is there already is told with its new modseq. */
static int
apply_one(struct publish *p, struct index_txn *txn, const struct difference *d,
    uint64_t modseq)
{
	struct record *record = &p->mb->records[d->record - 1];
	int rc;

	if (d->modseq == 0) {
		record->message.modseq = modseq;
		return view_index_add(txn, p->mb, p->number, record, p->made);
	}
	rc = view_index_put(txn, p->mb, p->number, record, modseq);
	if (record->message.modseq == modseq)
		record->state |= RECORD_CHANGED;
	return rc;
}

/* Makes the rows what the view has. */
static int
apply(struct publish *p, struct index_txn *txn)
{
	uint64_t modseq;
	size_t i;
	int rc;

	if (p->count == 0)
		return 0;
	if (p->head.highest < p->mb->highest)
		p->head.highest = p->mb->highest; /* was told already */
	rc = index_next_modseq(txn, p->head.highest, &modseq);
	if (rc < 0)
		return rc;
	p->head.highest = modseq;
	if (p->made)
		p->head.floor = modseq;
	rc = put_vanished(txn, p, modseq);
	for (i = 0; rc == 0 && i < p->count; i++)
		if (p->list[i].record)
			rc = apply_one(p, txn, &p->list[i], modseq);
	return rc;
}

static uint32_t
count_new(const struct mailbox *mb)
{
	uint32_t i, n = 0;

	for (i = 0; i < mb->count; i++)
		n += (mb->records[i].state & (RECORD_IN_NEW | RECORD_GONE)) ==
		     RECORD_IN_NEW;
	return n;
}

static bool
is_at(const struct index_seen *seen, struct timespec time)
{
	return seen->sec == time.tv_sec && seen->nsec == time.tv_nsec;
}

static void
set_at(struct index_seen *seen, struct timespec time)
{
	seen->sec = time.tv_sec;
	seen->nsec = time.tv_nsec;
}

/* What a look found is the disk of before it; or, where we moved messages to
 * cur, that of after it, with whatever those who do not lock did meanwhile. */
static void
set_seen(struct publish *p)
{
	const struct mailbox *mb = p->mb;
	struct index_mailbox *head = &p->head;
	struct view_disk after;
	bool ours;

	if (!p->whole || p->conflict ||
	    (mb->index.adopted && !view_is_locked(mb)) ||
	    !view_disk_look(mb, &after)) {
		head->state = 0;
		return;
	}
	/* nothing but what was noted with our own changes: a look that bears
	 * them out need not be followed by one at once */
	ours = head->state & INDEX_UNSURE && is_at(&head->new, mb->new_time) &&
	       is_at(&head->cur, mb->cur_time);
	head->state = INDEX_WHOLE;
	/* new is counted by who follows while the index is unsure */
	if ((mb->index.adopted ? mb->racy_cur : mb->racy) && !ours)
		head->state |= INDEX_RACY;
	if (mb->index.adopted || (mb->racy && ours)) {
		head->state |= INDEX_UNSURE;
		head->look_again = after.now + LOOK_AGAIN_MS * 1000000LL;
	}
	if (!mb->index.adopted) {
		set_at(&after.new, mb->new_time);
		set_at(&after.cur, mb->cur_time);
	}
	head->new = after.new;
	head->cur = after.cur;
	head->uidlist = mb->uidlist;
	head->looked = p->disk->now;
}

static void
set_head(struct publish *p)
{
	const struct mailbox *mb = p->mb;
	struct index_mailbox *head = &p->head;
	uint32_t next = 1;

	/* what is listed and was not seen is not passed by: whoever follows
	 * takes uids below the next one for seen or dead (view_assign.c) */
	if (p->whole)
		next = mb->nextuid;
	else if (mb->count)
		next = mb->records[mb->count - 1].message.uid + 1;
	if (head->uidnext < next)
		head->uidnext = next;
	(void)snprintf(head->guid, sizeof head->guid, "%s", mb->guid);
	if (p->done) {
		head->in_new = count_new(mb);
		set_seen(p);
	} else {
		head->state &= ~(uint32_t)INDEX_WHOLE;
	}
}

static int
make_mailbox(struct publish *p, struct index_txn *txn)
{
	struct mailbox *mb = p->mb;
	int rc;

	p->head = (struct index_mailbox){ .uidvalidity = mb->uidvalidity,
		.uidnext = 1 };
	/* whatever was told of the last one, this is after it */
	rc = index_next_modseq(txn, mb->highest, &p->head.highest);
	if (rc < 0)
		return rc;
	p->head.floor = p->head.highest;
	p->start = UINT64_MAX;
	p->made = true;
	mb->index.number = 0;
	return index_mailbox_make(
	    txn, store_index_name(&mb->folder), &p->head, &p->number);
}

static int
publish_work(struct index_txn *txn, void *ctx)
{
	struct publish *p = ctx;
	struct mailbox *mb = p->mb;
	int rc = view_index_find(txn, mb, &p->number, &p->head);

	if (rc == -ENOENT ||
	    (rc == 0 && p->head.uidvalidity != mb->uidvalidity))
		rc = make_mailbox(p, txn);
	else if (rc == 0 && mb->index.number &&
		 p->head.highest < mb->index.modseq)
		rc = -EBADMSG; /* it was more once: a page of before */
	if (rc < 0)
		return rc;
	if (p->next == 1 && p->head.highest > p->start) {
		p->conflict = true;
		p->known = p->head.uidnext;
	}
	rc = compare(p, txn);
	if (rc == 0)
		rc = apply(p, txn);
	if (rc == 0)
		rc = store_index_tidy(mb->store, txn);
	set_head(p);
	return rc < 0 ? rc : index_mailbox_put(txn, p->number, &p->head);
}

bool
view_index_publish(struct mailbox *mb, const struct view_disk *disk, bool whole)
{
	struct index *index = store_index(mb->store);
	struct publish p = { .mb = mb,
		.disk = disk,
		.whole = whole,
		.start = mb->index.modseq,
		.next = 1 };
	int rc = 0;

	if (index == NULL || mb->uidvalidity == 0 || mb->index.alone)
		return false;
	if (mb->index.made != index_made(index)) {
		mb->index.made = index_made(index);
		mb->index.number = 0;
		mb->index.start = 0;
	}
	if (mb->index.number == 0)
		p.start = mb->index.start ? mb->index.start : UINT64_MAX;
	while (rc == 0 && !p.done)
		rc = index_write(index, publish_work, &p);
	free(p.list);
	free(p.bases);
	if (rc == 0 && p.cap > MANY)
		store_rest(mb->store); /* LMDB keeps what it once had */
	if (rc < 0) {
		view_index_failed(mb, rc);
		return false;
	}
	if (!p.conflict)
		mb->index.modseq = p.head.highest;
	else if (mb->index.number == 0)
		mb->index.modseq = 0; /* all of it is to be followed */
	if (mb->highest < p.head.highest)
		mb->highest = p.head.highest;
	if (mb->nextuid < p.head.uidnext)
		mb->nextuid = p.head.uidnext;
	mb->index.number = p.number;
	mb->index.unsure = p.head.state & INDEX_UNSURE;
	mb->index.stuck = count_new(mb);
	return true;
}
