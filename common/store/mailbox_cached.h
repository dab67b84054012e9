/* Texts made of a message that are kept beside it, because to make them takes
 * reading it.  They may be lost at any time: never the only place of anything,
 * and never of another message than the one asked for. */
#ifndef NJIWA_STORE_MAILBOX_CACHED_H
#define NJIWA_STORE_MAILBOX_CACHED_H

#include "common/store/mailbox.h"

/* Each as a client is told it, PREVIEW and FIELDS as they are.  Who words one
 * otherwise gives it another number: an index outlives a program. */
enum cached {
	CACHED_ENVELOPE,
	CACHED_BODY,
	CACHED_BODYSTRUCTURE,
	CACHED_PREVIEW,
	CACHED_FIELDS /* the header fields that clients ask for */
};

/* Octets of a text; longer ones are not kept.  What all may have together is
 * half of the setting index_size. */
#define MAILBOX_CACHED_MAX 65536

/* The kept text of that kind, whole and of this message, borrowed until this
 * is asked again for that kind; false when there is none.  Quick where messages
 * are asked for in their order: some are then read ahead. */
bool mailbox_cached(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice *ret_text);

/* Keeps a text, if there is room. */
void mailbox_cache(
    struct mailbox *mb, uint32_t seq, enum cached kind, struct slice text);

/* Gives back the memory of what was read ahead. */
void mailbox_cached_rest(struct mailbox *mb);

#endif
