#include "common/store/added.h"

#include <errno.h>

#include "common/store/store_index.h"

struct note {
	const struct added *added;
	const struct tree_folder *folder;
	const struct uidfile_uids *uids;
	const char *name;
};

void
added_before(struct added *added, const struct tree_folder *folder)
{
	added->seen = view_disk_look_in(folder, &added->before);
}

void
added_after(struct added *added, const struct tree_folder *folder)
{
	added->seen = added->seen && view_disk_look_in(folder, &added->after);
}

/* Has nothing but the list's last entry changed since the index was told? */
static bool
fits(const struct note *note, const struct index_mailbox *head)
{
	const struct view_disk *before = &note->added->before;

	return head->state & INDEX_WHOLE &&
	       index_seen_same(&head->cur, &before->cur) &&
	       index_seen_same(&head->new, &before->new) &&
	       head->uidlist.ino == before->uidlist.ino &&
	       head->uidlist.size == note->uids->before &&
	       head->uidvalidity == note->uids->uidvalidity &&
	       head->uidnext == note->uids->first; /* no other's between */
}

/* What others did while the message got its name cannot be seen: so there will
 * be another look, as after all own changes (view_own.c). */
static int
put(struct index_txn *txn, void *ctx)
{
	const struct note *note = ctx;
	const struct view_disk *after = &note->added->after;
	struct index_row row = { .name = slice_from(note->name) };
	struct index_mailbox head;
	uint32_t number;
	int rc = index_mailbox_find(
	    txn, store_index_name(note->folder), &number, &head);

	if (rc < 0 || !fits(note, &head))
		return rc == -ENOENT ? 0 : rc;
	rc = index_next_modseq(txn, head.highest, &row.modseq);
	if (rc < 0)
		return rc;
	head.highest = row.modseq;
	head.uidnext = note->uids->first + 1;
	head.cur = after->cur;
	head.new = after->new;
	head.uidlist = after->uidlist;
	if (!(head.state & INDEX_UNSURE))
		head.look_again = after->now + LOOK_AGAIN_MS * 1000000LL;
	head.state |= INDEX_UNSURE;
	rc = index_row_set(txn, number, note->uids->first, 0, &row);
	return rc < 0 ? rc : index_mailbox_put(txn, number, &head);
}

void
added_note(const struct added *added, struct store *store,
    const struct tree_folder *folder, const struct uidfile_uids *uids,
    const char *name)
{
	struct note note = { added, folder, uids, name };
	struct index *index = added->seen ? store_index(store) : NULL;
	int rc;

	if (index == NULL)
		return;
	rc = index_write(index, put, &note);
	if (rc < 0)
		store_index_failed(store, -rc);
}
