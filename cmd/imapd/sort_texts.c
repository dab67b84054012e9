#include "cmd/imapd/sort_texts.h"

#include <stdlib.h>

#include "common/base/mem.h"

void
sort_texts_release(struct sort_texts *texts)
{
	str_release(&texts->octets);
	free(texts->list);
	hash_index_release(&texts->known);
	*texts = (struct sort_texts){ .max = texts->max };
}

bool
sort_texts_add(struct sort_texts *texts, struct slice text, uint32_t *ret_index)
{
	uint64_t hash;
	uint32_t index;

	text = slice_head(text, SORT_TEXT_MAX);
	hash = hash_index_hash(&texts->known, text);
	index = hash_index_find(&texts->known, hash);
	if (index) {
		*ret_index = index - 1;
		return true;
	}
	if (texts->octets.len + text.len + (texts->count + 1) * SORT_TEXT_COST >
	    texts->max)
		return false;
	texts->list = mem_grow(
	    texts->list, &texts->cap, texts->count + 1, sizeof *texts->list);
	texts->list[texts->count] =
	    (struct sort_text){ .at = (uint32_t)texts->octets.len,
		    .len = (uint32_t)text.len };
	str_append(&texts->octets, text);
	*ret_index = (uint32_t)texts->count++;
	*hash_index_at(&texts->known, hash) = *ret_index + 1;
	return true;
}

/* An index that is sorted, with the beginning of its text beside it, which
 * decides in most cases without a look at the rest. */
struct entry {
	uint64_t start;
	struct slice text;
	uint32_t index;
};

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t shorter = x->text.len < y->text.len ? x->text.len : y->text.len;
	int order;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	order = memcmp(x->text.ptr, y->text.ptr, shorter);
	if (order)
		return order;
	return (x->text.len > y->text.len) - (x->text.len < y->text.len);
}

/* The first octets as a number that is compared as they are. */
static uint64_t
start_of(struct slice text)
{
	uint64_t start = 0;
	size_t i;

	for (i = 0; i < sizeof start; i++)
		start = start << 8 |
			(i < text.len ? (unsigned char)text.ptr[i] : 0);
	return start;
}

void
sort_texts_rank(struct sort_texts *texts)
{
	struct entry *entries = mem_zalloc(texts->count + 1, sizeof *entries);
	uint32_t i;

	hash_index_release(&texts->known); /* makes room */
	for (i = 0; i < texts->count; i++) {
		const struct sort_text *t = &texts->list[i];

		entries[i].index = i;
		entries[i].text =
		    slice_of(str_cstr(&texts->octets) + t->at, t->len);
		entries[i].start = start_of(entries[i].text);
	}
	if (texts->count)
		qsort(entries, texts->count, sizeof *entries, compare);
	for (i = 0; i < texts->count; i++)
		texts->list[entries[i].index].rank = i;
	free(entries);
}
