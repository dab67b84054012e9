#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/view.h"

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

int
mailbox_vanished(struct mailbox *mb, uint64_t since_modseq,
    struct uid_range **ret_ranges, size_t *ret_n, struct err *err)
{
	(void)since_modseq;
	(void)err;
	*ret_ranges = gaps(mb, ret_n);
	return 0;
}
