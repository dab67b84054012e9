#include <stdint.h>

#include "common/store/mailbox.h"
#include "common/store/maildir.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice name = slice_of((const char *)data, size);
	uint32_t keywords, keywords2;
	uint8_t flags, flags2;
	uint64_t octets = 0;
	struct maildir_arrival arrival;
	STR_AUTO out = STR_INIT;

	if (!maildir_is_message(name))
		return 0;
	if (maildir_get_size(name, 'S', &octets) && octets > INT64_MAX)
		__builtin_trap();
	maildir_get_flags(name, &flags, &keywords);
	if (flags & FLAG_RECENT || keywords >> MAILBOX_KEYWORDS_MAX)
		__builtin_trap();
	maildir_put_flags(name, flags, keywords, &out);
	maildir_get_flags(str_slice(&out), &flags2, &keywords2);
	if (flags != flags2 || keywords != keywords2 ||
	    !slice_equal(maildir_base(name), maildir_base(str_slice(&out))))
		__builtin_trap();
	arrival = maildir_get_arrival(name);
	if (maildir_compare(&arrival, &arrival) != 0)
		__builtin_trap();
	return 0;
}
