#include <errno.h>
#include <stdlib.h>

#include "cmd/pop3d/maildrop.h"
#include "common/base/mem.h"
#include "common/store/mailbox_message.h"

int
maildrop_open(struct maildrop *drop, const char *path,
    const struct store_config *config, struct err *err)
{
	uint32_t i;
	int r;

	*drop = (struct maildrop){ .store = NULL };
	r = store_open(path, STORE_CREATE, config, &drop->store, err);
	if (r == 0)
		r = mailbox_open(drop->store, slice_from("INBOX"),
		    MAILBOX_READ_WRITE, &drop->inbox, err);
	if (r < 0)
		return r;
	drop->count = mailbox_count(drop->inbox);
	drop->marks = mem_zalloc(drop->count, sizeof *drop->marks);
	drop->sizes = mem_zalloc(drop->count, sizeof *drop->sizes);
	for (i = 0; i < drop->count; i++)
		drop->sizes[i] = MAILDROP_SIZE_UNKNOWN;
	return 0;
}

void
maildrop_release(struct maildrop *drop)
{
	free(drop->marks);
	free(drop->sizes);
	mailbox_free(drop->inbox);
	store_free(drop->store);
}

bool
maildrop_has(const struct maildrop *drop, uint32_t number)
{
	return number >= 1 && number <= drop->count &&
	       (drop->marks[number - 1] & MAILDROP_DELETED) == 0;
}

int
maildrop_size(
    struct maildrop *drop, uint32_t number, uint64_t *ret_size, struct err *err)
{
	uint64_t *size = &drop->sizes[number - 1];
	int r = 0;

	if (*size == MAILDROP_SIZE_UNKNOWN &&
	    !mailbox_message_size_said(drop->inbox, number, size))
		r = mailbox_message_size(drop->inbox, number, size, err);
	if (r == -ENOENT) {
		*size = 0;
		r = 0;
	}
	if (r == 0)
		*ret_size = *size;
	return r;
}

int
maildrop_total(struct maildrop *drop, uint32_t *ret_count, uint64_t *ret_octets,
    struct err *err)
{
	uint32_t i, count = 0;
	uint64_t octets = 0, size = 0;
	int r;

	for (i = 1; i <= drop->count; i++) {
		if (!maildrop_has(drop, i))
			continue;
		r = maildrop_size(drop, i, &size, err);
		if (r < 0)
			return r;
		octets += size;
		count++;
	}
	*ret_count = count;
	*ret_octets = octets;
	return 0;
}

void
maildrop_mark(struct maildrop *drop, uint32_t number, uint8_t mark)
{
	drop->marks[number - 1] |= mark;
}

void
maildrop_reset(struct maildrop *drop)
{
	if (drop->count)
		memset(drop->marks, 0, drop->count);
}

/* Gives the retrieved messages \Seen that lack it and stay. */
static void
mark_seen(struct maildrop *drop)
{
	const struct flags_change seen = { FLAGS_ADD, FLAG_SEEN, 0,
		FLAGS_WHATEVER };
	uint32_t i;

	mailbox_batch(drop->inbox, true);
	for (i = 1; i <= drop->count; i++) {
		const struct message *message = mailbox_message(drop->inbox, i);

		if (drop->marks[i - 1] != MAILDROP_RETRIEVED ||
		    message == NULL || (message->flags & FLAG_SEEN))
			continue;
		/* one that cannot be marked is retrieved all the same */
		(void)mailbox_set_flags(drop->inbox, i, &seen, NULL);
	}
	mailbox_batch(drop->inbox, false);
}

int
maildrop_update(struct maildrop *drop, uint32_t *ret_deleted, struct err *err)
{
	uint32_t *uids = mem_zalloc(drop->count, sizeof *uids);
	uint32_t i, n = 0;
	int r = 0;

	mark_seen(drop);
	for (i = 1; i <= drop->count; i++)
		if (drop->marks[i - 1] & MAILDROP_DELETED)
			uids[n++] = mailbox_message(drop->inbox, i)->uid;
	if (n)
		r = mailbox_expunge(drop->inbox, EXPUNGE_ANY, uids, n, err);
	free(uids);
	*ret_deleted = n;
	return r;
}
