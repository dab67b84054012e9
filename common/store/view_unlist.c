#include <fcntl.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/view_lock.h"
#include "common/store/view_removal.h"

/* Dovecot's record of what it does in a folder, unless its settings put that
 * elsewhere; and for how long after an entry somebody may still be there. */
#define DOVECOT_LOG "dovecot.index.log"
#define DOVECOT_ABOUT_S 3600

static bool
is_dovecot_about(const struct mailbox *mb)
{
	struct stat st;

	return fstatat(mb->folder.dir, DOVECOT_LOG, &st, AT_SYMLINK_NOFOLLOW) ==
		   0 &&
	       st.st_mtime > clock_now().tv_sec - DOVECOT_ABOUT_S;
}

/* Does the view know that the message is gone?  A view passes none by: what is
 * there below its last one is in it. */
static bool
is_gone(struct mailbox *mb, uint32_t uid)
{
	const struct record *record =
	    view_record(mb, mailbox_seq_of(mb, uid, NULL));

	if (record == NULL)
		return mb->count &&
		       uid < mb->records[mb->count - 1].message.uid;
	return record->state & RECORD_GONE;
}

/* The list without those who are gone. */
static void
put_others(struct mailbox *mb, const struct uidfile *list, struct str *text)
{
	struct uidlist_reader reader = { .version = list->header.version,
		.rest = list->entries };
	struct uidlist_header header = list->header;
	struct uidlist_entry entry;
	STR_AUTO entries = STR_INIT;

	while (uidlist_next(&reader, &entry))
		if (!is_gone(mb, entry.uid))
			uidlist_put_entry(&entry, &entries);
	if (header.guid[0] == '\0')
		uidfile_new_guid(header.guid);
	if (reader.last_uid >= header.nextuid)
		header.nextuid = reader.last_uid + 1;
	uidlist_put_header(&header, text);
	str_append(text, str_slice(&entries));
}

/* Who knew all of the old list knows all of the new one. */
static void
replace(struct mailbox *mb, const struct uidfile *list)
{
	const struct index_seen before = view_list_seen(list);
	STR_AUTO text = STR_INIT;

	put_others(mb, list, &text);
	if (uidfile_replace(mb->store, &mb->lock, str_slice(&text)) < 0)
		return; /* as it is it is right, too */
	if (index_seen_same(&before, &mb->uidlist))
		(void)view_list_look(mb, &mb->uidlist); /* else it is read */
}

void
view_unlist(struct mailbox *mb, int64_t wait_ms)
{
	struct uidfile list = UIDFILE_INIT;

	if (!is_dovecot_about(mb) || view_lock(mb, wait_ms) < 0)
		return;
	if (uidfile_load(mb->folder.dir, &list) == 0 &&
	    list.state == UIDFILE_GOOD &&
	    list.header.uidvalidity == mb->uidvalidity)
		replace(mb, &list);
	uidfile_release(&list);
}
