#include "common/base/num.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	uint64_t value = 0;

	if (num_parse(text, 1000, &value) && value > 1000)
		__builtin_trap();
	if (num_parse_size(text, 1 << 20, &value) && value > 1 << 20)
		__builtin_trap();
	if (num_parse_time(text, 5000, &value) && value > 5000)
		__builtin_trap();
	return 0;
}
