#include "common/index/mailboxes.h"

#include <errno.h>

#include "common/index/keys.h"
#include "common/index/own.h"

static struct slice
raw(const void *value, size_t size)
{
	return slice_of(value, size);
}

int
index_next_modseq(struct index_txn *txn, uint64_t last, uint64_t *ret_modseq)
{
	return told_next(txn->index->config.told, last, ret_modseq);
}

static int
get_number(struct index_txn *txn, struct slice key, uint32_t *ret_number)
{
	struct slice value;
	int rc = index_get(txn, key, &value);

	if (rc < 0)
		return rc;
	return index_number_read(value, ret_number) ? 0 : -EBADMSG;
}

int
index_mailbox_get(
    struct index_txn *txn, uint32_t number, struct index_mailbox *ret_mailbox)
{
	struct index_key key;
	struct slice value;
	int rc;

	index_key_prefix(&key, INDEX_MAILBOX, number);
	rc = index_get(txn, index_key_slice(&key), &value);
	if (rc < 0)
		return rc;
	return index_mailbox_read(index_key_slice(&key), value, ret_mailbox)
		   ? 0
		   : -EBADMSG;
}

int
index_mailbox_find(struct index_txn *txn, struct slice dir,
    uint32_t *ret_number, struct index_mailbox *ret_mailbox)
{
	struct index_key key;
	int rc;

	index_key_folder(&key, dir);
	rc = get_number(txn, index_key_slice(&key), ret_number);
	if (rc < 0)
		return rc;
	rc = index_mailbox_get(txn, *ret_number, ret_mailbox);
	return rc == -ENOENT ? -EBADMSG : rc;
}

int
index_mailbox_put(
    struct index_txn *txn, uint32_t number, const struct index_mailbox *mailbox)
{
	struct index_mailbox sealed = *mailbox;
	struct index_key key;

	sealed.rows += txn->rows;
	txn->rows = 0;
	index_key_prefix(&key, INDEX_MAILBOX, number);
	index_mailbox_seal(index_key_slice(&key), &sealed);
	return index_put(
	    txn, index_key_slice(&key), raw(&sealed, sizeof sealed));
}

int
index_mailbox_make(struct index_txn *txn, struct slice dir,
    const struct index_mailbox *mailbox, uint32_t *ret_number)
{
	uint32_t number = 1, next;
	struct index_key key;
	int rc = get_number(txn, index_next_key(), &number);

	if (rc == 0 || rc == -ENOENT)
		rc = index_mailbox_forget(txn, dir);
	if (rc < 0)
		return rc;
	next = number + 1;
	if (next == 0)
		return -EFBIG;
	rc = index_put(txn, index_next_key(), raw(&next, sizeof next));
	index_key_folder(&key, dir);
	if (rc == 0)
		rc = index_put(
		    txn, index_key_slice(&key), raw(&number, sizeof number));
	if (rc == 0)
		rc = index_mailbox_put(txn, number, mailbox);
	*ret_number = number;
	return rc;
}

int
index_mailbox_forget(struct index_txn *txn, struct slice dir)
{
	struct index_key key, gone;
	uint32_t number;
	int rc;

	index_key_folder(&key, dir);
	rc = get_number(txn, index_key_slice(&key), &number);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	index_key_prefix(&gone, INDEX_GONE, number);
	rc =
	    index_put(txn, index_key_slice(&gone), raw(&number, sizeof number));
	return rc < 0 ? rc : index_delete(txn, index_key_slice(&key));
}

/* Deletes some keys of a mailbox that is gone: how many. */
static int
sweep_mailbox(struct index_txn *txn, uint32_t number)
{
	static const enum index_kind kinds[] = { INDEX_MAILBOX, INDEX_ROW,
		INDEX_CHANGE, INDEX_VANISHED, INDEX_TEXT };
	int n = 0, rc;
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct index_key key;

		index_key_prefix(&key, kinds[i], number);
		rc = index_delete_all(
		    txn, index_key_slice(&key), INDEX_SWEEP_MAX - n);
		if (rc < 0)
			return rc;
		n += rc;
	}
	return n;
}

static int
first_number(void *ctx, struct slice key, struct slice value)
{
	(void)key;
	return index_number_read(value, ctx) ? 1 : -EBADMSG;
}

int
index_sweep(struct index_txn *txn)
{
	struct slice all = slice_of("G", 1);
	struct index_key key;
	uint32_t number;
	int rc = index_walk(txn, all, all, first_number, &number);

	if (rc <= 0)
		return rc;
	rc = sweep_mailbox(txn, number);
	if (rc < 0 || rc == INDEX_SWEEP_MAX)
		return rc < 0 ? rc : 0;
	index_key_prefix(&key, INDEX_GONE, number);
	return index_delete(txn, index_key_slice(&key));
}

int
index_mailbox_rename(struct index_txn *txn, struct slice dir, struct slice to)
{
	struct index_key key;
	uint32_t number;
	int rc;

	index_key_folder(&key, dir);
	rc = get_number(txn, index_key_slice(&key), &number);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = index_delete(txn, index_key_slice(&key));
	if (rc == 0)
		rc = index_mailbox_forget(txn, to);
	index_key_folder(&key, to);
	if (rc == 0)
		rc = index_put(
		    txn, index_key_slice(&key), raw(&number, sizeof number));
	return rc;
}

int
index_row_get(struct index_txn *txn, uint32_t number, uint32_t uid,
    struct index_row *ret_row)
{
	struct index_key key;
	struct slice value;
	int rc;

	index_key_row(&key, number, uid);
	rc = index_get(txn, index_key_slice(&key), &value);
	if (rc < 0)
		return rc;
	return index_row_read(index_key_slice(&key), value, ret_row) ? 0
								     : -EBADMSG;
}

static int
put_row(struct index_txn *txn, uint32_t number, uint32_t uid,
    const struct index_row *row)
{
	STR_AUTO value = STR_INIT;
	struct index_key key;

	index_key_row(&key, number, uid);
	index_row_put(index_key_slice(&key), row, &value);
	return index_put(txn, index_key_slice(&key), str_slice(&value));
}

int
index_row_add(struct index_txn *txn, uint32_t number, uint32_t uid,
    const struct index_row *row)
{
	txn->rows++;
	return put_row(txn, number, uid, row);
}

int
index_row_set(struct index_txn *txn, uint32_t number, uint32_t uid,
    uint64_t before, const struct index_row *row)
{
	struct index_key key;
	int rc = 0;

	if (before && before != row->modseq) {
		index_key_change(&key, INDEX_CHANGE, number, before, uid);
		rc = index_delete(txn, index_key_slice(&key));
	}
	if (rc == 0 && before != row->modseq) {
		index_key_change(&key, INDEX_CHANGE, number, row->modseq, uid);
		rc = index_put(txn, index_key_slice(&key), slice_of("", 0));
	}
	if (rc == 0)
		rc = put_row(txn, number, uid, row);
	if (rc == 0 && before == 0)
		txn->rows++;
	return rc;
}

int
index_row_drop(
    struct index_txn *txn, uint32_t number, uint32_t uid, uint64_t modseq)
{
	struct index_key key;
	int rc;

	index_key_row(&key, number, uid);
	rc = index_delete(txn, index_key_slice(&key));
	index_key_change(&key, INDEX_CHANGE, number, modseq, uid);
	if (rc == 0)
		rc = index_delete(txn, index_key_slice(&key));
	index_key_text(&key, number, uid, 0);
	key.len--; /* of any kind */
	if (rc == 0)
		rc = index_texts_drop(txn, index_key_slice(&key));
	txn->rows--;
	return rc < 0 ? rc : 0;
}

/* Forgets the oldest ranges; what went away before them is not known then. */
static int
prune(struct index_txn *txn, uint32_t number, struct index_mailbox *mailbox)
{
	struct index_keys keys;
	struct index_key key;
	int rc = 0;

	index_key_prefix(&key, INDEX_VANISHED, number);
	while (rc == 0 && mailbox->vanished > INDEX_VANISHED_MAX / 2) {
		rc = index_keys_find(txn, index_key_slice(&key), &keys);
		if (rc == 0)
			rc = index_keys_delete(txn, &keys);
		if (keys.n == 0 || keys.n > mailbox->vanished)
			mailbox->vanished = 0; /* the sum was wrong */
		else
			mailbox->vanished -= (uint32_t)keys.n;
		if (keys.modseq > mailbox->floor)
			mailbox->floor = keys.modseq;
	}
	return rc;
}

int
index_vanished_add(struct index_txn *txn, uint32_t number,
    struct index_mailbox *mailbox, uint64_t modseq, const uint32_t range[2])
{
	struct index_last last = { 0, range[1] };
	struct index_key key;
	int rc;

	index_key_change(&key, INDEX_VANISHED, number, modseq, range[0]);
	index_last_seal(index_key_slice(&key), &last);
	rc = index_put(txn, index_key_slice(&key), raw(&last, sizeof last));
	mailbox->vanished++;
	if (rc == 0 && mailbox->vanished > INDEX_VANISHED_MAX)
		rc = prune(txn, number, mailbox);
	return rc;
}
