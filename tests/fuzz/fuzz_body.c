#include <stdint.h>

#include "common/base/str.h"
#include "common/store/body.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
put(void *ctx, struct slice piece)
{
	str_append(ctx, piece);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STR_AUTO all = STR_INIT;
	STR_AUTO part = STR_INIT;
	struct slice want;
	struct body body;
	uint64_t from, n;

	if (size < 2)
		return 0;
	from = data[0];
	n = data[1];
	body_set(&body, slice_of((const char *)data + 2, size - 2));
	body_write(&body, 0, UINT64_MAX, put, &all);
	if (all.len != body.total || body.header > body.total)
		__builtin_trap();
	want = slice_head(slice_skip(str_slice(&all), from), n);
	body_write(&body, from, n, put, &part);
	if (!slice_equal(str_slice(&part), want))
		__builtin_trap();
	str_clear(&part);
	body_write(&body, body.header, UINT64_MAX, put, &part);
	if (!slice_equal(str_slice(&part),
		slice_skip(str_slice(&all), (size_t)body.header)))
		__builtin_trap();
	return 0;
}
