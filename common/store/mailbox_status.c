#include "common/store/mailbox_status.h"

#include <errno.h>
#include <string.h>

#include "common/store/view.h"

/* Octets of all messages, with CRLF. */
static int
add_sizes(struct mailbox *mb, uint64_t *ret_size, struct err *err)
{
	uint64_t sum = 0, size;
	uint32_t seq;
	int rc = 0;

	for (seq = 1; rc == 0 && seq <= mb->count; seq++) {
		rc = mailbox_message_size(mb, seq, &size, err);
		if (rc == 0)
			sum += size;
		else if (rc == -ENOENT)
			rc = 0; /* gone meanwhile */
	}
	*ret_size = sum;
	return rc;
}

static void
put_id(const struct mailbox *mb, char *id)
{
	STR_AUTO text = STR_INIT;

	mailbox_id(mb, &text);
	str_truncate(&text, MAILBOX_ID_MAX);
	memcpy(id, str_cstr(&text), text.len + 1);
}

int
mailbox_status(struct store *store, struct slice name, bool sizes,
    struct mailbox_status *ret_status, struct err *err)
{
	struct mailbox_status status = { .messages = 0 };
	struct mailbox *mb;
	uint32_t i;
	int rc = mailbox_open(store, name, MAILBOX_READ_ONLY, &mb, err);

	if (rc < 0)
		return rc;
	status.messages = mb->count;
	status.recent = mb->recent;
	status.uidnext = mb->nextuid;
	status.uidvalidity = mb->uidvalidity;
	status.highest_modseq = mailbox_highest_modseq(mb);
	put_id(mb, status.id);
	for (i = 0; i < mb->count; i++) {
		status.unseen += !(mb->records[i].message.flags & FLAG_SEEN);
		status.deleted +=
		    (mb->records[i].message.flags & FLAG_DELETED) != 0;
	}
	if (sizes)
		rc = add_sizes(mb, &status.size, err);
	if (rc == 0)
		*ret_status = status;
	mailbox_free(mb);
	return rc;
}
