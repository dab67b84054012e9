#include <stdint.h>

#include "common/base/enc.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes encodes to the same text, and back. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	STR_AUTO octets = STR_INIT, again = STR_INIT, shown = STR_INIT;
	size_t i;

	if (enc_base64_decode(text, &octets)) {
		enc_base64(str_slice(&octets), &again);
		if (!slice_equal(str_slice(&again), text))
			__builtin_trap();
	}
	str_clear(&again);
	str_clear(&octets);
	enc_base64(text, &again);
	if (!enc_base64_decode(str_slice(&again), &octets) ||
	    !slice_equal(str_slice(&octets), text))
		__builtin_trap();
	enc_printable(text, &shown);
	for (i = 0; i < shown.len; i++)
		if (shown.ptr[i] < ' ' || shown.ptr[i] > '~')
			__builtin_trap();
	(void)enc_utf8_valid(text); /* reads no further than it may */
	return 0;
}
