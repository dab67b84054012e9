#include <errno.h>

#include "common/index/checksum.h"
#include "common/index/keys.h"
#include "common/index/mailboxes.h"

static int
note_key(void *ctx, struct slice key, struct slice value)
{
	struct index_keys *keys = ctx;
	struct index_key *at = &keys->list[keys->n];
	uint32_t uid;

	if (key.len > sizeof at->octets)
		return -EBADMSG;
	memcpy(at->octets, key.ptr, key.len);
	at->len = key.len;
	keys->octets += value.len;
	if (key.ptr[0] == INDEX_VANISHED &&
	    !index_key_get_change(key, &keys->modseq, &uid))
		return -EBADMSG;
	keys->n++;
	return keys->n == sizeof keys->list / sizeof keys->list[0];
}

int
index_keys_find(
    struct index_txn *txn, struct slice prefix, struct index_keys *ret_keys)
{
	int rc;

	ret_keys->n = 0;
	ret_keys->octets = ret_keys->modseq = 0;
	rc = index_walk(txn, prefix, prefix, note_key, ret_keys);
	return rc < 0 ? rc : 0;
}

int
index_keys_delete(struct index_txn *txn, const struct index_keys *keys)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < keys->n; i++)
		rc = index_delete(txn, index_key_slice(&keys->list[i]));
	return rc;
}

static int
get_octets(struct index_txn *txn, uint64_t *ret_octets)
{
	struct slice value;
	int rc = index_get(txn, index_texts_key(), &value);

	*ret_octets = 0;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	return index_octets_read(value, ret_octets) ? 0 : -EBADMSG;
}

static int
put_octets(struct index_txn *txn, uint64_t octets)
{
	return index_put(txn, index_texts_key(),
	    slice_of((const char *)&octets, sizeof octets));
}

int
index_texts_drop(struct index_txn *txn, struct slice prefix)
{
	struct index_keys keys;
	uint64_t octets = 0;
	int rc = index_keys_find(txn, prefix, &keys);

	if (rc < 0 || keys.n == 0)
		return rc;
	rc = get_octets(txn, &octets);
	if (rc == 0)
		rc = index_keys_delete(txn, &keys);
	octets -= keys.octets < octets ? keys.octets : octets;
	if (rc == 0)
		rc = put_octets(txn, octets);
	return rc < 0 ? rc : (int)keys.n;
}

/* What a text is written behind: says that it is whole, and of the file with
 * that base name. */
static uint64_t
sum_of(struct slice base, struct slice text)
{
	return index_checksum(index_checksum(0, base), text);
}

bool
index_text_read(struct slice value, struct slice base, struct slice *ret_text)
{
	uint64_t sum;
	struct slice text;

	if (value.len < sizeof sum)
		return false;
	memcpy(&sum, value.ptr, sizeof sum);
	text = slice_skip(value, sizeof sum);
	if (sum != sum_of(base, text))
		return false;
	*ret_text = text;
	return true;
}

static int
each_key(void *ctx, struct slice key, struct slice value)
{
	const struct index_text_walk *walk = ctx;
	uint32_t uid;
	uint8_t kind;

	if (!index_key_get_text(key, &uid, &kind))
		return -EBADMSG;
	if (uid > walk->last)
		return 1;
	return kind == walk->kind ? walk->each(walk->ctx, uid, value) : 0;
}

int
index_text_walk(
    struct index_txn *txn, uint32_t number, const struct index_text_walk *walk)
{
	struct index_text_walk copy = *walk; /* an index_walk's is not const */
	struct index_key prefix, from;

	index_key_prefix(&prefix, INDEX_TEXT, number);
	index_key_text(&from, number, walk->first, walk->kind);
	return index_walk(txn, index_key_slice(&prefix), index_key_slice(&from),
	    each_key, &copy);
}

int
index_texts_begin(struct index_txn *txn, struct index_texts *texts)
{
	return get_octets(txn, &texts->octets);
}

int
index_texts_end(struct index_txn *txn, const struct index_texts *texts)
{
	return put_octets(txn, texts->octets);
}

/* Drops some: the oldest messages of this mailbox first, then any. */
static int
drop_some(struct index_txn *txn, uint32_t number, struct index_texts *texts)
{
	struct index_key key;
	int rc = put_octets(txn, texts->octets), n = 0;

	index_key_prefix(&key, INDEX_TEXT, number);
	if (rc == 0)
		rc = n = index_texts_drop(txn, index_key_slice(&key));
	key.len = 1; /* of any mailbox */
	if (rc == 0)
		rc = n = index_texts_drop(txn, index_key_slice(&key));
	if (rc >= 0)
		rc = get_octets(txn, &texts->octets);
	if (n == 0)
		texts->octets = 0; /* the sum was wrong */
	return rc;
}

int
index_text_put(struct index_txn *txn, uint32_t number,
    const struct index_text *text, struct index_texts *texts)
{
	uint64_t sum = sum_of(text->base, text->text);
	size_t size = sizeof sum + text->text.len;
	STR_AUTO value = STR_INIT;
	struct slice before;
	struct index_key key;
	int rc = 0;

	if (size > texts->max)
		return 0;
	while (rc == 0 && texts->octets + size > texts->max)
		rc = drop_some(txn, number, texts);
	if (rc < 0)
		return rc;
	index_key_text(&key, number, text->uid, text->kind);
	str_reserve(&value, size);
	str_append_mem(&value, &sum, sizeof sum);
	str_append(&value, text->text);
	rc = index_add(txn, index_key_slice(&key), str_slice(&value), &before);
	if (rc == -EEXIST) {
		texts->octets -=
		    before.len < texts->octets ? before.len : texts->octets;
		rc = index_put(txn, index_key_slice(&key), str_slice(&value));
	}
	if (rc == 0)
		texts->octets += size;
	return rc;
}
