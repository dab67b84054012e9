#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/view_index.h"

/* All uids below the next one that the view has not. */
static struct uid_range *
gaps(const struct mailbox *mb, size_t *ret_n)
{
	struct uid_range *ranges = NULL;
	uint32_t next = 1, i, uid;
	size_t n = 0, cap = 0;

	for (i = 0; i <= mb->count; i++) {
		uid = i < mb->count ? mb->records[i].message.uid : mb->nextuid;
		if (uid > next) {
			ranges = mem_grow(ranges, &cap, n + 1, sizeof *ranges);
			ranges[n++] = (struct uid_range){ next, uid - 1 };
		}
		next = uid + 1;
	}
	*ret_n = n;
	return ranges;
}

struct vanished {
	struct mailbox *mb;
	uint64_t since;
	struct uid_range *ranges;
	size_t n, cap;
};

static int
each_range(void *ctx, struct slice key, struct slice value)
{
	struct vanished *found = ctx;
	uint32_t first, last;
	uint64_t modseq;

	if (!index_key_get_change(key, &modseq, &first) ||
	    !index_last_read(key, value, &last) || last < first ||
	    last >= found->mb->nextuid)
		return -EBADMSG;
	/* the view does not know it yet, and will be told */
	if (modseq > found->mb->index.modseq)
		return 0;
	found->ranges = mem_grow(
	    found->ranges, &found->cap, found->n + 1, sizeof *found->ranges);
	found->ranges[found->n++] = (struct uid_range){ first, last };
	return 0;
}

static int
find_vanished(struct index_txn *txn, void *ctx)
{
	struct vanished *found = ctx;
	struct index_key prefix, from;
	struct index_mailbox head;
	uint32_t number;
	int rc = view_index_find(txn, found->mb, &number, &head);

	if (rc == 0 && found->since < head.floor)
		rc = -ENOENT;
	if (rc < 0)
		return rc;
	index_key_prefix(&prefix, INDEX_VANISHED, number);
	index_key_change(&from, INDEX_VANISHED, number, found->since + 1, 0);
	return index_walk(txn, index_key_slice(&prefix), index_key_slice(&from),
	    each_range, found);
}

static int
by_first(const void *a, const void *b)
{
	const struct uid_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* In the order of uids, what touches in one. */
static void
tidy(struct vanished *found)
{
	struct uid_range *ranges = found->ranges;
	size_t i, kept = 0;

	if (found->n == 0)
		return;
	qsort(ranges, found->n, sizeof *ranges, by_first);
	for (i = 1; i < found->n; i++) {
		if (ranges[i].first > ranges[kept].last + 1)
			ranges[++kept] = ranges[i];
		else if (ranges[i].last > ranges[kept].last)
			ranges[kept].last = ranges[i].last;
	}
	found->n = kept + 1;
}

int
mailbox_vanished(struct mailbox *mb, uint64_t since_modseq,
    struct uid_range **ret_ranges, size_t *ret_n, struct err *err)
{
	struct vanished found = { .mb = mb, .since = since_modseq };
	struct index *index = view_index_open(mb);
	int rc = -ENOENT;

	(void)err; /* more is told then, which is always right */
	if (index)
		rc = index_read(index, find_vanished, &found);
	if (rc == 0) {
		tidy(&found);
		*ret_ranges = found.ranges;
		*ret_n = found.n;
		return 0;
	}
	free(found.ranges);
	if (rc != -ENOENT)
		view_index_failed(mb, rc);
	*ret_ranges = gaps(mb, ret_n);
	return 0;
}
