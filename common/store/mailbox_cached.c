#include "common/store/mailbox_cached.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"

#define KINDS (CACHED_FIELDS + 1)

/* Who goes through the messages one after another gets texts by the dozen: a
 * transaction for each would cost more than the text. */
#define AHEAD_TEXTS 128
#define AHEAD_OCTETS 65536
#define AHEAD_MESSAGES 4096 /* that are gone through where few have a text */

struct ahead_text {
	uint32_t uid;
	uint32_t at, len; /* in the octets */
};

/* The texts of one kind, of all messages from the uid first to last that have
 * one. */
struct ahead {
	uint32_t first, last; /* 0: none */
	uint32_t asked;       /* the sequence number that was asked for last */
	uint32_t next;        /* the text that is likely to be asked for */
	uint32_t count;
	struct ahead_text list[AHEAD_TEXTS];
	struct str octets;
};

struct view_ahead {
	struct ahead kinds[KINDS];
};

void
mailbox_cached_rest(struct mailbox *mb)
{
	struct view_ahead *ahead = mb->index.ahead;
	int i;

	for (i = 0; ahead && i < KINDS; i++)
		str_release(&ahead->kinds[i].octets);
	free(ahead);
	mb->index.ahead = NULL;
}

static struct ahead *
ahead_of(struct mailbox *mb, enum cached kind)
{
	if (mb->index.ahead == NULL)
		mb->index.ahead = mem_zalloc(1, sizeof *mb->index.ahead);
	return &mb->index.ahead->kinds[kind];
}

/* ---- reading ---- */

struct filling {
	struct mailbox *mb;
	struct ahead *ahead;
	enum cached kind;
	uint32_t seq; /* of the first message that was not passed yet */
	uint32_t max; /* texts */
};

static struct slice
base_of(const struct mailbox *mb, const struct record *record)
{
	return maildir_base(slice_from(view_name(mb, record)));
}

/* Takes a text, when it is one of a message of the view. */
static int
take(void *ctx, uint32_t uid, struct slice value)
{
	struct filling *f = ctx;
	struct ahead *ahead = f->ahead;
	struct mailbox *mb = f->mb;
	const struct record *record;
	struct slice text;

	while (f->seq <= mb->count && mb->records[f->seq - 1].message.uid < uid)
		f->seq++;
	if (ahead->count == f->max || ahead->octets.len >= AHEAD_OCTETS) {
		ahead->last = uid - 1;
		return 1;
	}
	record = view_record(mb, f->seq);
	if (record == NULL || record->message.uid != uid ||
	    record->state & RECORD_GONE ||
	    !index_text_read(value, base_of(mb, record), &text))
		return 0;
	ahead->list[ahead->count++] = (struct ahead_text){ uid,
		(uint32_t)ahead->octets.len, (uint32_t)text.len };
	str_append(&ahead->octets, text); /* the map is not ours to keep */
	return 0;
}

static int
fill_work(struct index_txn *txn, void *ctx)
{
	struct filling *f = ctx;
	const struct index_text_walk walk = { f->ahead->first, f->ahead->last,
		(uint8_t)f->kind, take, f };
	int rc = index_text_walk(txn, f->mb->index.number, &walk);

	return rc < 0 ? rc : 0;
}

/* The uid of the last message that may be read ahead. */
static uint32_t
last_of(const struct mailbox *mb, uint32_t seq)
{
	if (mb->count - seq <= AHEAD_MESSAGES)
		return mb->records[mb->count - 1].message.uid;
	return mb->records[seq - 1 + AHEAD_MESSAGES].message.uid;
}

/* Reads the texts of the message with that sequence number and, when many are
 * likely to be asked for, of those behind it. */
static void
fill(struct mailbox *mb, enum cached kind, uint32_t seq, bool many)
{
	struct index *index = view_index_open(mb);
	struct ahead *ahead = ahead_of(mb, kind);
	struct filling f = { mb, ahead, kind, seq, many ? AHEAD_TEXTS : 1 };
	int rc;

	str_clear(&ahead->octets);
	ahead->count = ahead->next = 0;
	ahead->first = ahead->last = 0;
	if (index == NULL)
		return;
	ahead->first = view_record(mb, seq)->message.uid;
	ahead->last = ahead->first;
	if (many)
		ahead->last = last_of(mb, seq);
	rc = index_read(index, fill_work, &f);
	if (rc == 0)
		return;
	ahead->count = ahead->last = 0;
	view_index_failed(mb, rc);
}

static const struct ahead_text *
find(struct ahead *ahead, uint32_t uid)
{
	while (ahead->next < ahead->count && ahead->list[ahead->next].uid < uid)
		ahead->next++;
	if (ahead->next < ahead->count && ahead->list[ahead->next].uid == uid)
		return &ahead->list[ahead->next];
	return NULL;
}

bool
mailbox_cached(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice *ret_text)
{
	const struct record *record = view_record(mb, seq);
	const struct ahead_text *text;
	struct ahead *ahead;
	uint32_t uid;

	if (record == NULL || record->state & RECORD_GONE ||
	    mb->index.number == 0)
		return false;
	ahead = ahead_of(mb, kind);
	uid = record->message.uid;
	if (seq < ahead->asked || uid < ahead->first || uid > ahead->last)
		fill(mb, kind, seq, seq == ahead->asked + 1);
	text = find(ahead, uid);
	if (text == NULL && seq == ahead->asked) {
		fill(mb, kind, seq, false); /* it may be kept by now */
		text = find(ahead, uid);
	}
	ahead->asked = seq;
	if (text == NULL)
		return false;
	*ret_text = slice_head(
	    slice_skip(str_slice(&ahead->octets), text->at), text->len);
	return true;
}

/* ---- writing ---- */

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

int
view_text_put(struct index_txn *txn, struct mailbox *mb,
    const struct index_text *text, struct index_texts *texts)
{
	struct index_text copy = *text;
	uint32_t seq = mailbox_seq_of(mb, text->uid, NULL);
	const struct record *record = view_record(mb, seq);
	struct index_row row;
	int rc;

	if (record == NULL || record->state & RECORD_GONE)
		return 0;
	/* or nobody would take it out with the row */
	rc = index_row_get(txn, mb->index.number, text->uid, &row);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	copy.base = base_of(mb, record);
	return index_text_put(txn, mb->index.number, &copy, texts);
}
