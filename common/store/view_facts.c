#include "common/store/view_index.h"

#include <errno.h>

#include "common/store/maildir.h"
#include "common/store/mailbox_cached.h"

void
view_fact_add(
    struct mailbox *mb, const struct view_fact *fact, struct slice text)
{
	struct view_fact copy = *fact;

	if (mb->index.number == 0)
		return;
	copy.text = text.len;
	str_append_mem(&mb->index.facts, &copy, sizeof copy);
	str_append(&mb->index.facts, text);
	if (mb->index.facts.len > FACTS_MAX)
		view_index_settle(mb);
}

/* A text is kept with the name of its file, so that it is not another's. */
static int
put_text(struct index_txn *txn, struct mailbox *mb, uint32_t number,
    const struct index_text *text, uint64_t max)
{
	struct index_text copy = *text;
	uint32_t seq = mailbox_seq_of(mb, text->uid, NULL);
	const struct record *record = view_record(mb, seq);
	struct index_row row;
	int rc;

	if (record == NULL || record->state & RECORD_GONE)
		return 0;
	copy.base = maildir_base(slice_from(view_name(mb, record)));
	rc = index_row_get(txn, number, text->uid, &row);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	return index_text_put(txn, number, &copy, max);
}

/* Adds to a row what was found out of the message. */
static int
put_row(struct index_txn *txn, uint32_t number, const struct view_fact *fact)
{
	struct index_row row;
	int rc = index_row_get(txn, number, fact->uid, &row);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (fact->kind & INDEX_KNOWS_SIZES) {
		row.size = fact->size;
		row.crlf = fact->crlf;
	}
	if (fact->kind & INDEX_KNOWS_DATE)
		row.date = fact->date;
	if (fact->kind & INDEX_KNOWS_SAVED)
		row.saved = fact->saved;
	row.known |= (uint8_t)fact->kind;
	return index_row_set(txn, number, fact->uid, row.modseq, &row);
}

int
view_facts_put(struct index_txn *txn, struct mailbox *mb, uint32_t number,
    uint64_t texts_max)
{
	struct slice rest = str_slice(&mb->index.facts);
	struct view_fact fact;
	int rc = 0;

	while (rc == 0 && rest.len >= sizeof fact) {
		memcpy(&fact, rest.ptr, sizeof fact);
		rest = slice_skip(rest, sizeof fact);
		if (fact.kind & FACT_TEXT) {
			const struct index_text text = { fact.uid,
				(uint8_t)fact.kind, { NULL, 0 },
				slice_head(rest, fact.text) };

			rc = put_text(txn, mb, number, &text, texts_max);
		} else {
			rc = put_row(txn, number, &fact);
		}
		rest = slice_skip(rest, fact.text);
	}
	return rc;
}

struct find {
	struct mailbox *mb;
	uint32_t uid;
	uint32_t kind;
	struct slice base, text;
	struct index_row *row;
};

static int
find_row(struct index_txn *txn, void *ctx)
{
	struct find *find = ctx;
	int rc =
	    index_row_get(txn, find->mb->index.number, find->uid, find->row);

	if (rc < 0)
		return rc;
	/* the row is of the message, not of one that had its uid before */
	return slice_equal(maildir_base(find->row->name), find->base) ? 0
								      : -ENOENT;
}

static int
find_text(struct index_txn *txn, void *ctx)
{
	struct find *find = ctx;
	struct index_text text = { find->uid, (uint8_t)find->kind, find->base,
		{ NULL, 0 } };
	int rc = index_text_get(txn, find->mb->index.number, &text);

	if (rc < 0)
		return rc;
	/* the map is not ours to keep */
	str_set(&find->mb->index.text, text.text);
	return 0;
}

static bool
look_up(struct mailbox *mb, index_work *work, struct find *find)
{
	struct index *index = view_index_open(mb);
	int rc;

	if (index == NULL)
		return false;
	rc = index_read(index, work, find);
	if (rc < 0 && rc != -ENOENT)
		view_index_failed(mb, rc);
	return rc == 0;
}

static struct slice
base_of(const struct mailbox *mb, const struct record *record)
{
	return maildir_base(slice_from(view_name(mb, record)));
}

bool
view_fact_find(
    struct mailbox *mb, const struct record *record, struct index_row *ret_row)
{
	struct find find = { .mb = mb,
		.uid = record->message.uid,
		.base = base_of(mb, record),
		.row = ret_row };
	bool found =
	    !(record->state & RECORD_GONE) && look_up(mb, find_row, &find);

	ret_row->name = ret_row->uidl = slice_of("", 0); /* were borrowed */
	return found;
}

bool
mailbox_cached(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice *ret_text)
{
	const struct record *record = view_record(mb, seq);
	struct find find = { .mb = mb, .kind = kind };

	if (record == NULL || record->state & RECORD_GONE)
		return false;
	find.uid = record->message.uid;
	find.base = base_of(mb, record);
	if (!look_up(mb, find_text, &find))
		return false;
	*ret_text = str_slice(&mb->index.text);
	return true;
}

void
mailbox_cache(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice text)
{
	const struct message *message = mailbox_message(mb, seq);
	struct view_fact fact = { .kind = FACT_TEXT | kind };

	if (message == NULL || text.len > MAILBOX_CACHED_MAX)
		return;
	fact.uid = message->uid;
	view_fact_add(mb, &fact, text);
}
