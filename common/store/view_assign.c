#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/maildir.h"
#include "common/store/view_lock.h"

#define COMPRESS_MIN 64 /* entries below which dead ones do not matter */

/* What a reading of the list found out. */
struct assignment {
	struct mailbox *mb;
	struct scan *scan;
	struct uidfile *list;
	uint32_t floor;        /* entries below it without a file are dead */
	uint32_t first_missed; /* the first entry whose file the scan may have
				* missed; 0: none */
	uint32_t last; /* the view's last uid: new messages come after it */
	uint32_t entries, dead;
	size_t missing; /* files without a uid */
	bool mend;      /* the list must be written anew */
	bool behind;    /* it had a next uid that was given out before */
	struct index_seen seen; /* the list all of whose entries are known */
};

static bool
wants_uid(const struct scan_file *file)
{
	return !(file->state & (SCAN_KNOWN | SCAN_DROPPED));
}

static void
forget_uids(struct assignment *as)
{
	size_t i;

	as->missing = 0;
	for (i = 0; i < as->scan->count; i++) {
		struct scan_file *file = &as->scan->files[i];

		if (wants_uid(file)) {
			file->uid = 0;
			as->missing++;
		}
	}
}

/* The list was read after the scan began, and names what the scan did not see:
 * gone by now, or linked or moved in the meantime. */
static void
note_missed(struct assignment *as, uint32_t uid)
{
	if (uid > as->last && (as->first_missed == 0 || uid < as->first_missed))
		as->first_missed = uid;
}

/* The file that the view knows is listed once more, later: a new message has
 * it, by the name of the old one, which is gone. */
static void
make_new(struct assignment *as, struct scan_file *file)
{
	struct mailbox *mb = as->mb;
	struct record *record =
	    view_record(mb, mailbox_seq_of(mb, file->uid, NULL));

	record->state |= RECORD_GONE;
	record->name = 0;
	file->state &= (uint8_t)~SCAN_KNOWN;
	file->uid = 0;
	as->missing++;
}

/* One entry of the list. */
static void
take_entry(struct assignment *as, const struct uidlist_entry *entry)
{
	struct scan_file *file = scan_find(as->scan, entry->base);

	if (file && file->state & SCAN_KNOWN && entry->uid > file->uid)
		make_new(as, file);
	if (file == NULL && entry->uid < as->floor) {
		as->dead++;
		return;
	}
	if (file == NULL || file->state & SCAN_DROPPED) {
		note_missed(as, entry->uid);
		return;
	}
	if (!wants_uid(file))
		return;
	if (file->uid != 0 || entry->uid <= as->last) {
		/* listed twice, or back after it was told to be gone */
		as->mend = true;
		if (entry->uid <= as->last)
			return;
	}
	if (file->uid == 0)
		as->missing--;
	file->uid = entry->uid;
	view_note_uidl(as->mb, entry);
}

/* Gives the files what the list says. */
static void
take_list(struct assignment *as)
{
	struct uidfile *list = as->list;
	struct uidlist_reader reader = { .version = list->header.version,
		.rest = list->entries };
	struct uidlist_entry entry;

	forget_uids(as);
	as->seen = view_list_seen(list);
	as->first_missed = 0;
	as->entries = as->dead = 0;
	as->mend = list->state != UIDFILE_GOOD || list->header.version != 3 ||
		   list->header.guid[0] == '\0';
	if (list->state != UIDFILE_GOOD)
		return;
	while (uidlist_next(&reader, &entry))
		take_entry(as, &entry);
	as->entries = reader.entries;
	as->mend |= reader.damaged || reader.torn ||
		    (as->dead > COMPRESS_MIN && as->dead > as->entries / 4);
	if (reader.last_uid >= list->header.nextuid)
		list->header.nextuid = reader.last_uid + 1;
}

/* A uid that was told of is no other message's, also where a list is older than
 * the index: one from a copy of the mail.  An index that says there are hardly
 * any left is not believed, for that would cost the uidvalidity. */
static void
take_told(struct assignment *as)
{
	const struct mailbox *mb = as->mb;
	struct uidlist_header *header = &as->list->header;
	uint32_t told = mb->nextuid;

	if (mb->index.validity == header->uidvalidity &&
	    mb->index.next < UIDLIST_UID_MAX / 2 && told < mb->index.next)
		told = mb->index.next;
	if (mb->writable && header->nextuid < told) {
		header->nextuid = told;
		as->behind = true;
	}
	as->mend |= as->behind;
}

/* A file without a uid, and when it came: read once, not at each comparison. */
struct newcomer {
	struct maildir_arrival arrival;
	struct scan_file *file;
};

static int
by_arrival(const void *a, const void *b)
{
	const struct newcomer *x = a, *y = b;

	return maildir_compare(&x->arrival, &y->arrival);
}

/* The files without a uid, in the order in which they came; free them. */
static struct newcomer *
uidless(const struct assignment *as, size_t *ret_count)
{
	struct newcomer *list =
	    mem_alloc(mem_mul(as->missing ? as->missing : 1, sizeof *list));
	size_t i, n = 0;

	for (i = 0; i < as->scan->count && n < as->missing; i++) {
		struct scan_file *file = &as->scan->files[i];

		if (!wants_uid(file) || file->uid != 0)
			continue;
		list[n].file = file;
		list[n++].arrival =
		    maildir_get_arrival(slice_from(scan_name(as->scan, file)));
	}
	qsort(list, n, sizeof *list, by_arrival);
	*ret_count = n;
	return list;
}

/* Numbers the new files, with their entries into lines. */
static void
number_files(struct assignment *as, struct str *lines)
{
	struct uidlist_header *header = &as->list->header;
	size_t i, n;
	struct newcomer *list = uidless(as, &n);

	if (header->nextuid <= as->last)
		header->nextuid = as->last + 1;
	for (i = 0; i < n; i++) {
		struct uidlist_entry entry = { .uid = header->nextuid++,
			.base = scan_base(as->scan, list[i].file) };

		list[i].file->uid = entry.uid;
		uidlist_put_entry(&entry, lines);
	}
	free(list);
}

/* Appends the entries that stay when the list is written anew. */
static void
put_living(const struct assignment *as, struct str *text)
{
	const struct uidfile *list = as->list;
	struct uidlist_reader reader = { .version = list->header.version,
		.rest = list->entries };
	struct uidlist_entry entry;

	if (list->state != UIDFILE_GOOD)
		return;
	while (uidlist_next(&reader, &entry)) {
		const struct scan_file *file = scan_find(as->scan, entry.base);

		if (file == NULL ? entry.uid < as->floor
				 : !(file->state & SCAN_DROPPED) &&
				       file->uid != entry.uid)
			continue;
		uidlist_put_entry(&entry, text);
	}
}

/* Writes the list anew, lines being those of the new files. */
static int
write_anew(struct assignment *as, const struct lock *lock, struct slice lines)
{
	struct uidlist_header *header = &as->list->header;
	STR_AUTO text = STR_INIT;

	if (header->guid[0] == '\0')
		uidfile_new_guid(header->guid);
	uidlist_put_header(header, &text);
	put_living(as, &text);
	str_append(&text, lines);
	return uidfile_replace(as->mb->store, lock, str_slice(&text));
}

/* Are there as many as it takes?  The last ones may have been given out, or a
 * damaged list say so. */
static bool
has_uids(const struct assignment *as)
{
	uint32_t next = as->list->header.nextuid;

	if (next <= as->last)
		next = as->last + 1;
	return as->missing == 0 || (next < UIDLIST_UID_MAX &&
				       as->missing <= UIDLIST_UID_MAX - next);
}

/* With the lock: what is on the disk now decides. */
static int
assign_locked(struct assignment *as, const struct lock *lock)
{
	struct mailbox *mb = as->mb;
	struct uidfile *list = as->list;
	STR_AUTO lines = STR_INIT;
	int rc = 0;

	if (uidfile_changed(mb->folder.dir, list)) {
		as->behind = false;
		rc = uidfile_load(mb->folder.dir, list);
	}
	if (rc < 0)
		return rc;
	if (list->state != UIDFILE_GOOD)
		uidfile_new_header(mb->store, mb->uidvalidity, &list->header);
	if (mb->uidvalidity && list->header.uidvalidity != mb->uidvalidity)
		return -ESTALE;
	take_list(as);
	take_told(as);
	if (!has_uids(as)) {
		if (mb->uidvalidity)
			return -EOVERFLOW;
		/* nobody has seen them here: all begins anew */
		list->state = UIDFILE_GARBAGE;
		uidfile_new_header(
		    mb->store, list->header.uidvalidity, &list->header);
		take_list(as);
	}
	number_files(as, &lines);
	if (as->mend)
		rc = write_anew(as, lock, str_slice(&lines));
	else if (lines.len)
		rc = uidfile_append(mb->store, lock, str_slice(&lines));
	if (rc == 0) /* what was written has no entry that is not known */
		(void)view_list_look(mb, &as->seen); /* else it is read again */
	return rc;
}

/* Without a list that can be written: numbers for this view alone. */
static void
assign_alone(struct assignment *as)
{
	STR_AUTO lines = STR_INIT;

	as->mb->index.alone = true;
	if (as->list->state != UIDFILE_GOOD) {
		as->list->header = (struct uidlist_header){ .version = 3,
			.uidvalidity = as->mb->uidvalidity,
			.nextuid = 1 };
		if (as->mb->uidvalidity == 0)
			as->list->header.uidvalidity =
			    (uint32_t)as->mb->cur_time.tv_sec | 1;
	}
	take_list(as);
	number_files(as, &lines);
}

/* The files that have no uid now are for a later sync. */
static void
drop_uidless(struct assignment *as)
{
	size_t i;

	take_list(as);
	for (i = 0; i < as->scan->count; i++) {
		struct scan_file *file = &as->scan->files[i];

		if (wants_uid(file) && file->uid == 0)
			file->state |= SCAN_DROPPED;
	}
	as->mb->stale = true;
}

/* A view only grows at its end.  What is behind a message that may be there
 * waits for the next look, or that message would need another uid. */
static void
hold_back(struct assignment *as)
{
	struct mailbox *mb = as->mb;
	size_t i;

	mb->held = as->first_missed != 0;
	if (!mb->held)
		return;
	for (i = 0; i < as->scan->count; i++) {
		struct scan_file *file = &as->scan->files[i];

		if (wants_uid(file) && file->uid > as->first_missed)
			file->state |= SCAN_DROPPED;
	}
	mb->stale = true;
}

/* Takes the lock and writes; what to do when that cannot be. */
static int
assign_new(struct assignment *as, struct err *err)
{
	struct mailbox *mb = as->mb;
	bool locked = view_is_locked(mb);
	int rc = view_lock(mb, LOCK_WAIT_MS);

	if (rc == 0)
		rc = assign_locked(as, &mb->lock);
	if (!locked)
		view_unlock(mb);
	switch (rc) {
	case 0:
	case -ESTALE:
		return rc;
	case -EROFS:
	case -EACCES:
	case -EPERM:
		if (mb->writable)
			break;
		assign_alone(as);
		return 0;
	case -EAGAIN:
	case -ENOSPC:
	case -EDQUOT:
	case -EOVERFLOW:
		/* the mail that is there can be read, and deleted */
		if (as->list->state != UIDFILE_GOOD)
			break;
		drop_uidless(as);
		return 0;
	default:
		break;
	}
	return tree_error(mb->store, err, -rc, mb->folder.path, UIDLIST_NAME);
}

int
view_assign(struct mailbox *mb, struct scan *scan, struct uidfile *list,
    struct err *err)
{
	struct assignment as = {
		.mb = mb, .scan = scan, .list = list, .floor = mb->floor
	};
	uint32_t next;
	int rc = 0;

	if (mb->count)
		as.last = mb->records[mb->count - 1].message.uid;
	if (mb->uidvalidity && list->state == UIDFILE_GOOD &&
	    list->header.uidvalidity != mb->uidvalidity)
		return -ESTALE;
	take_list(&as);
	if (as.floor == FLOOR_WHOLE_LIST)
		as.floor = list->state == UIDFILE_GOOD ? list->header.nextuid
						       : mb->nextuid;
	take_told(&as);
	if (as.behind || as.missing || list->state != UIDFILE_GOOD)
		rc = assign_new(&as, err);
	if (rc < 0)
		return rc;
	mb->uidvalidity = list->header.uidvalidity;
	memcpy(mb->guid, list->header.guid, sizeof mb->guid);
	hold_back(&as);
	next = mb->held ? as.first_missed : list->header.nextuid;
	if (mb->nextuid < next)
		mb->nextuid = next;
	mb->uidlist = as.seen;
	return 0;
}
