/* Texts made of a message that are kept beside it, because to make them takes
 * reading it.  They may be lost at any time: never the only place of anything,
 * and never of another message than the one asked for. */
#ifndef NJIWA_STORE_MAILBOX_CACHED_H
#define NJIWA_STORE_MAILBOX_CACHED_H

#include "common/store/mailbox.h"

enum cached {
	CACHED_ENVELOPE,
	CACHED_BODY,
	CACHED_BODYSTRUCTURE,
	CACHED_PREVIEW,
	CACHED_FIELDS /* the header fields that clients ask for */
};

#define MAILBOX_CACHED_MAX                                                     \
	65536 /* octets of a text; longer ones are not kept */

/* The kept text of that kind, borrowed until the next call on mb; false when
 * there is none. */
bool mailbox_cached(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice *ret_text);

/* Keeps a text, if there is room. */
void mailbox_cache(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice text);

#endif
