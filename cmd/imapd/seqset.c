#include "cmd/imapd/seqset.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/num.h"

void
seqset_release(struct seqset *set)
{
	free(set->ranges);
	*set = (struct seqset){ NULL, 0, 0, false };
}

static void
append(struct seqset *set, struct seqset_range range)
{
	set->ranges = mem_grow(
	    set->ranges, &set->cap, set->count + 1, sizeof *set->ranges);
	set->ranges[set->count++] = range;
}

/* A number from 1, or "*". */
static bool
eat_number(struct slice *rest, uint32_t *ret_number)
{
	uint64_t value;

	if (rest->len && rest->ptr[0] == '*') {
		*rest = slice_skip(*rest, 1);
		*ret_number = SEQSET_STAR;
		return true;
	}
	if (!num_eat(rest, UINT32_MAX, &value) || value == 0)
		return false;
	*ret_number = (uint32_t)value;
	return true;
}

static bool
eat_range(struct slice *rest, struct seqset_range *ret_range)
{
	if (!eat_number(rest, &ret_range->first))
		return false;
	ret_range->last = ret_range->first;
	if (rest->len == 0 || rest->ptr[0] != ':')
		return true;
	*rest = slice_skip(*rest, 1);
	return eat_number(rest, &ret_range->last);
}

bool
seqset_parse(struct slice text, struct seqset *set)
{
	struct seqset_range range;

	set->count = 0;
	set->star = false;
	for (;;) {
		if (set->count == SEQSET_RANGES_MAX ||
		    !eat_range(&text, &range))
			return false;
		if (range.first == SEQSET_STAR || range.last == SEQSET_STAR)
			set->star = true;
		append(set, range);
		if (text.len == 0)
			return true;
		if (text.ptr[0] != ',')
			return false;
		text = slice_skip(text, 1);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct seqset_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Numbers for stars, first not above last. */
static void
straighten(struct seqset *set, uint32_t last)
{
	size_t i, kept = 0;

	for (i = 0; i < set->count; i++) {
		struct seqset_range r = set->ranges[i];

		if (r.first == SEQSET_STAR)
			r.first = last;
		if (r.last == SEQSET_STAR)
			r.last = last;
		if (r.first == 0 || r.last == 0)
			continue;
		if (r.first > r.last)
			r = (struct seqset_range){ r.last, r.first };
		set->ranges[kept++] = r;
	}
	set->count = kept;
}

static bool
touches(const struct seqset_range *a, const struct seqset_range *b)
{
	return a->last == UINT32_MAX || b->first <= a->last + 1;
}

static void
merge(struct seqset *set)
{
	size_t i, kept = 0;

	for (i = 1; i < set->count; i++) {
		struct seqset_range *into = &set->ranges[kept];
		const struct seqset_range *next = &set->ranges[i];

		if (!touches(into, next))
			set->ranges[++kept] = *next;
		else if (next->last > into->last)
			into->last = next->last;
	}
	if (set->count)
		set->count = kept + 1;
}

void
seqset_resolve(struct seqset *set, uint32_t last)
{
	straighten(set, last);
	if (set->count > 1)
		qsort(set->ranges, set->count, sizeof *set->ranges, compare);
	merge(set);
}

bool
seqset_has(const struct seqset *set, uint32_t number)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->ranges[mid].last < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set->count && set->ranges[low].first <= number;
}

uint32_t
seqset_last(const struct seqset *set)
{
	return set->count ? set->ranges[set->count - 1].last : 0;
}

void
seqset_add_range(struct seqset *set, uint32_t first, uint32_t last)
{
	struct seqset_range range = { first, last };
	struct seqset_range *end =
	    set->count ? &set->ranges[set->count - 1] : NULL;

	if (end && first >= end->first && touches(end, &range))
		end->last = last > end->last ? last : end->last;
	else
		append(set, range);
}

void
seqset_add(struct seqset *set, uint32_t number)
{
	seqset_add_range(set, number, number);
}

uint64_t
seqset_size(const struct seqset *set)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < set->count; i++)
		size +=
		    (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
	return size;
}

void
seqset_cut(const struct seqset *set, uint64_t first, uint64_t last,
    struct seqset *part)
{
	uint64_t before = 0; /* numbers of the ranges that were passed */
	size_t i;

	for (i = 0; i < set->count && before < last; i++) {
		struct seqset_range r = set->ranges[i];
		uint64_t size = (uint64_t)r.last - r.first + 1;

		if (last < before + size)
			r.last = r.first + (uint32_t)(last - before - 1);
		if (first > before + 1 && first <= before + size)
			r.first += (uint32_t)(first - before - 1);
		if (first <= before + size && r.first <= r.last)
			seqset_add_range(part, r.first, r.last);
		before += size;
	}
}

void
seqset_intersect(
    const struct seqset *a, const struct seqset *b, struct seqset *common)
{
	size_t i = 0, j = 0;

	while (i < a->count && j < b->count) {
		const struct seqset_range *x = &a->ranges[i];
		const struct seqset_range *y = &b->ranges[j];
		uint32_t first = x->first > y->first ? x->first : y->first;
		uint32_t last = x->last < y->last ? x->last : y->last;

		if (first <= last)
			seqset_add_range(common, first, last);
		if (x->last < y->last)
			i++;
		else
			j++;
	}
}

void
seqset_print(const struct seqset *set, struct str *out)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		const struct seqset_range *r = &set->ranges[i];

		str_appendf(out, "%s%u", i ? "," : "", r->first);
		if (r->last != r->first)
			str_appendf(out, ":%u", r->last);
	}
}
