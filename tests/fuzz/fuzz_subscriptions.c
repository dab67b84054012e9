#include <stdint.h>

#include "common/store/folder.h"
#include "common/store/subscriptions.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
count(struct slice text, struct slice name)
{
	STR_AUTO found = STR_INIT;
	unsigned version = 0, n = 0;

	while (subscriptions_next(&text, &version, &found))
		n += slice_equal(str_slice(&found), name);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct slice name = slice_from("a/K\xc3\xb6ln");
	STR_AUTO with = STR_INIT;
	STR_AUTO without = STR_INIT;

	(void)subscriptions_set(text, name, true, &with); /* either is fine */
	if (count(str_slice(&with), name) < 1)
		__builtin_trap();
	if (!subscriptions_set(str_slice(&with), name, false, &without) ||
	    count(str_slice(&without), name) != 0)
		__builtin_trap();
	return 0;
}
