#include <errno.h>

#include "common/store/maildir.h"
#include "common/store/view_index.h"

static const char *
uidl_of(const struct mailbox *mb, uint32_t uid)
{
	size_t low = 0, high = mb->nuidls;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (mb->uidls[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < mb->nuidls && mb->uidls[low].uid == uid
		   ? mb->uidls[low].text
		   : "";
}

/* Makes row what the view has of a message; its date and sizes stay. */
static void
set_row(const struct mailbox *mb, const struct record *record,
    struct index_row *row)
{
	row->modseq = record->message.modseq;
	row->name = slice_from(view_name(mb, record));
	row->in_new = (record->state & RECORD_IN_NEW) != 0;
	row->uidl = slice_from(uidl_of(mb, record->message.uid));
}

int
view_index_put(struct index_txn *txn, struct mailbox *mb, uint32_t number,
    struct record *record, uint64_t modseq)
{
	struct message *message = &record->message;
	struct index_row row = { .modseq = 0 };
	uint64_t before;
	uint8_t flags;
	uint32_t keywords;
	int rc = index_row_get(txn, number, message->uid, &row);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	before = row.modseq;
	if (rc == 0) {
		maildir_get_flags(row.name, &flags, &keywords);
		if (flags == (message->flags & (uint8_t)~FLAG_RECENT) &&
		    keywords == message->keywords)
			modseq = before; /* another name, and nothing else */
	}
	message->modseq = modseq;
	set_row(mb, record, &row);
	return index_row_set(txn, number, message->uid, before, &row);
}

int
view_index_add(struct index_txn *txn, const struct mailbox *mb, uint32_t number,
    const struct record *record, bool made)
{
	uint32_t uid = record->message.uid;
	struct index_row row = { .modseq = 0 };

	set_row(mb, record, &row);
	return made ? index_row_add(txn, number, uid, &row)
		    : index_row_set(txn, number, uid, 0, &row);
}
