#include <stdint.h>
#include <string.h>

#include "common/account/greylist.h"
#include "common/base/ipc.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sender that was made normal is normal, but for what was cut. */
static void
normalize(struct slice sender)
{
	STR_AUTO once = STR_INIT;
	STR_AUTO twice = STR_INIT;

	str_append_char(&once, 'x');
	greylist_sender(sender, &once);
	if (once.len > GREYLIST_PART_MAX + 1 || once.ptr[0] != 'x')
		__builtin_trap();
	if (sender.len >= GREYLIST_PART_MAX)
		return;
	greylist_sender(slice_skip(str_slice(&once), 1), &twice);
	if (!slice_equal(str_slice(&twice), slice_skip(str_slice(&once), 1)))
		__builtin_trap();
}

/* What the service takes it can be asked again. */
static void
read_question(struct slice body)
{
	struct ipc_reader in = { body, false };
	struct greylist_question question;
	STR_AUTO again = STR_INIT;

	if (!greylist_get(&in, &question))
		return;
	greylist_put(&question, &again);
	if (!slice_equal(str_slice(&again), body))
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice octets = slice_of((const char *)data, size);

	normalize(octets);
	read_question(octets);
	return 0;
}
