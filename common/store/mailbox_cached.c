#include "common/store/mailbox_cached.h"

bool
mailbox_cached(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice *ret_text)
{
	(void)mb;
	(void)seq;
	(void)kind;
	(void)ret_text;
	return false;
}

void
mailbox_cache(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice text)
{
	(void)mb;
	(void)seq;
	(void)kind;
	(void)text;
}
