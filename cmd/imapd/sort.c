#include "cmd/imapd/sort.h"

#include <stdlib.h>

#include "common/base/mem.h"

/* Makes signed numbers compare as unsigned ones. */
#define SIGN ((uint64_t)1 << 63)

void
sort_release(struct sort *sort)
{
	sort_texts_release(&sort->texts);
	free(sort->rows);
	str_release(&sort->text);
	sort->rows = NULL;
	sort->count = sort->cap = 0;
}

static size_t
width(const struct sort *sort)
{
	return sort->criteria->count + 1;
}

static bool
text_value(struct sort *sort, enum sort_key key,
    const struct message_fields *fields, uint64_t *ret_value)
{
	uint32_t index;

	str_clear(&sort->text);
	sort_key_text(key, fields, &sort->text);
	if (!sort_texts_add(&sort->texts, str_slice(&sort->text), &index))
		return false;
	*ret_value = index;
	return true;
}

static bool
value_of(struct sort *sort, enum sort_key key, const struct sort_facts *facts,
    uint64_t *ret_value)
{
	if (sort_key_is_text(key))
		return text_value(sort, key, &facts->fields, ret_value);
	if (key == SORT_SIZE)
		*ret_value = facts->size;
	else if (key == SORT_DATE)
		*ret_value = (uint64_t)facts->sent ^ SIGN;
	else
		*ret_value = (uint64_t)facts->arrival ^ SIGN;
	return true;
}

bool
sort_add(struct sort *sort, uint32_t seq, const struct sort_facts *facts)
{
	size_t i, columns = width(sort);
	uint64_t *row;

	sort->rows = mem_grow(sort->rows, &sort->cap, sort->count + 1,
	    columns * sizeof *sort->rows);
	row = sort->rows + sort->count * columns;
	for (i = 0; i + 1 < columns; i++)
		if (!value_of(
			sort, sort->criteria->list[i].key, facts, &row[i]))
			return false;
	row[i] = seq;
	sort->count++;
	return true;
}

/* Texts get their places, and what is to be reversed is turned round. */
static void
settle(struct sort *sort)
{
	size_t i, column, columns = width(sort);

	for (i = 0; i < sort->count; i++) {
		uint64_t *row = sort->rows + i * columns;

		for (column = 0; column + 1 < columns; column++) {
			if (sort_key_is_text(sort->criteria->list[column].key))
				row[column] =
				    sort->texts.list[row[column]].rank;
			if (sort->criteria->list[column].reverse)
				row[column] = ~row[column];
		}
	}
}

static int
compare(const void *a, const void *b, void *columns)
{
	const uint64_t *x = a, *y = b;
	size_t i;

	for (i = 0; i < *(const size_t *)columns; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

void
sort_finish(struct sort *sort)
{
	size_t columns = width(sort);

	sort_texts_rank(&sort->texts);
	settle(sort);
	sort_texts_release(&sort->texts); /* makes room */
	if (sort->count > 1)
		qsort_r(sort->rows, sort->count, columns * sizeof *sort->rows,
		    compare, &columns);
}

uint32_t
sort_seq(const struct sort *sort, size_t place)
{
	size_t columns = width(sort);

	return (uint32_t)sort->rows[(place + 1) * columns - 1];
}
