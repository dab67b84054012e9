#include <errno.h>

#include "common/base/request.h"

static bool
row_allows(const struct request *row, uint32_t times, uint32_t state,
    const struct ipc_msg *msg)
{
	if ((row->states & state) == 0 || msg->body.len > row->max_body)
		return false;
	return row->max_times == REQUEST_UNLIMITED || times < row->max_times;
}

int
request_dispatch(const struct request *table, size_t n,
    struct request_counts *counts, uint32_t state, struct ipc_msg *msg,
    void *ctx, const struct request **ret_row)
{
	const struct request *row = NULL;
	struct ipc_reader args = { str_slice(&msg->body), false };
	size_t i;

	for (i = 0; i < n && i < REQUEST_TYPES_MAX && row == NULL; i++)
		if (table[i].type == msg->type)
			row = &table[i];
	if (ret_row)
		*ret_row = row;
	if (row == NULL || !row_allows(row, counts->times[i - 1], state, msg))
		return -EPROTO;
	counts->times[i - 1]++;
	return row->handler(ctx, &args, msg);
}
