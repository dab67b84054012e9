/* The addresses of a From field. */
#include <stdint.h>

#include "cmd/smtpd/front/submission.h"
#include "common/msg/address.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* Whatever is found is an address in its canonical form. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STR_AUTO list = STR_INIT;
	bool good =
	    submission_addresses(slice_of((const char *)data, size), &list);
	struct slice rest = str_slice(&list), one;
	struct address address;

	want(!good || list.len > 0);
	while (slice_next(&rest, '\n', &one)) {
		STR_AUTO again = STR_INIT;

		if (one.len == 0)
			continue;
		want(address_parse(one, ADDRESS_ALLOW_UTF8, &address) ==
		     ADDRESS_OK);
		address_canonical(&address, &again);
		want(slice_equal(str_slice(&again), one));
	}
	return 0;
}
