#include "common/store/view_index.h"

#include <errno.h>

#include "common/store/maildir.h"

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

static int
put_fact(struct index_txn *txn, struct mailbox *mb,
    const struct view_fact *fact, struct slice text, struct index_texts *texts)
{
	const struct index_text copy = { fact->uid, (uint8_t)fact->kind,
		{ NULL, 0 }, text };

	if (fact->kind & FACT_TEXT)
		return view_text_put(txn, mb, &copy, texts);
	return put_row(txn, mb->index.number, fact);
}

int
view_facts_put(struct index_txn *txn, struct mailbox *mb, uint64_t texts_max)
{
	struct slice rest = str_slice(&mb->index.facts);
	struct index_texts texts = { 0, texts_max };
	struct view_fact fact;
	int rc;

	if (rest.len == 0)
		return 0;
	rc = index_texts_begin(txn, &texts);
	while (rc == 0 && rest.len >= sizeof fact) {
		memcpy(&fact, rest.ptr, sizeof fact);
		rest = slice_skip(rest, sizeof fact);
		rc = put_fact(
		    txn, mb, &fact, slice_head(rest, fact.text), &texts);
		rest = slice_skip(rest, fact.text);
	}
	return rc == 0 ? index_texts_end(txn, &texts) : rc;
}

struct find {
	struct mailbox *mb;
	uint32_t uid;
	struct slice base;
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
