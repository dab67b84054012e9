#include "common/base/ipc.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octets say which fields to read, the rest is the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t script = size < 8 ? size : 8, i;
	struct ipc_reader in = {
		slice_of((const char *)data + script, size - script), false
	};

	for (i = 0; i < script; i++) {
		size_t left = in.rest.len, max = data[i] >> 2;
		struct slice text;

		switch (data[i] & 3) {
		case 0:
			(void)ipc_get_u32(&in); /* any value is one */
			break;
		case 1:
			(void)ipc_get_u64(&in); /* any value is one */
			break;
		default:
			text = ipc_get_text(&in, max);
			if (text.len > max || text.len > left)
				__builtin_trap();
			if (in.bad && text.len)
				__builtin_trap();
		}
	}
	if (ipc_reader_done(&in) && (in.bad || in.rest.len))
		__builtin_trap();
	return 0;
}
