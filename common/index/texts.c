#include <errno.h>

#include "common/base/siphash.h"
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

/* Of which file a text is: no secret, and the name has any octets. */
static uint64_t
hash_of(struct slice base)
{
	static const uint64_t key[2] = { 5, 6 };

	return siphash(key, base);
}

int
index_text_get(struct index_txn *txn, uint32_t number, struct index_text *text)
{
	struct index_key key;
	struct slice value;
	uint64_t hash;
	int rc;

	index_key_text(&key, number, text->uid, text->kind);
	rc = index_get(txn, index_key_slice(&key), &value);
	if (rc < 0)
		return rc;
	if (value.len < sizeof hash)
		return -EBADMSG;
	memcpy(&hash, value.ptr, sizeof hash);
	if (hash != hash_of(text->base))
		return -ENOENT;
	text->text = slice_skip(value, sizeof hash);
	return 0;
}

/* Makes room: the oldest messages of this mailbox first, then any. */
static int
make_room(struct index_txn *txn, uint32_t number)
{
	struct index_key key;
	int rc;

	index_key_prefix(&key, INDEX_TEXT, number);
	rc = index_texts_drop(txn, index_key_slice(&key));
	if (rc == 0) {
		key.len = 1; /* of any mailbox */
		rc = index_texts_drop(txn, index_key_slice(&key));
	}
	return rc;
}

int
index_text_put(struct index_txn *txn, uint32_t number,
    const struct index_text *text, uint64_t max)
{
	uint64_t octets, hash = hash_of(text->base);
	size_t size = sizeof hash + text->text.len;
	STR_AUTO value = STR_INIT;
	struct index_key key;
	int rc;

	if (size > max)
		return 0;
	index_key_text(&key, number, text->uid, text->kind);
	rc = index_texts_drop(txn, index_key_slice(&key));
	if (rc >= 0)
		rc = get_octets(txn, &octets);
	while (rc >= 0 && octets + size > max) {
		rc = make_room(txn, number);
		if (rc == 0)
			octets = 0; /* the sum was wrong */
		else if (rc > 0)
			rc = get_octets(txn, &octets);
	}
	if (rc < 0)
		return rc;
	str_append_mem(&value, &hash, sizeof hash);
	str_append(&value, text->text);
	rc = index_put(txn, index_key_slice(&key), str_slice(&value));
	return rc < 0 ? rc : put_octets(txn, octets + size);
}
